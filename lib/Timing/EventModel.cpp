//===- EventModel.cpp - When commands start and end -----------------------===//
// A command starts when its engine is free and the commands that it waits for
// have ended. An engine that copies takes one copy at a time, so copies of one
// engine never share the memory's bandwidth.

#include "tpu_mlir/Timing/EventModel.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir::timing {

EventModel::EventModel(std::span<const EngineClock> clocks) {
  for (const EngineClock &c : clocks)
    engines.push_back({c, {}, 0});
}

Interval EventModel::issue(size_t engine, double cycles, std::span<const Awaited> after) {
  Engine &own = engines[engine];
  double start = own.ends.empty() ? groupStart : own.ends.back() + own.clock.gap;
  for (const Awaited &a : after) {
    assert(a.command <= engines[a.engine].ends.size() && "a command waits for one that has not been issued");
    if (a.command)
      start = std::max(start, engines[a.engine].ends[a.command - 1]);
  }
  double taken = cycles * own.clock.perCycle, end = start + taken;
  own.ends.push_back(end);
  own.busy += taken;
  clock = std::max(clock, end);
  return {start, end};
}

void EventModel::startGroup() {
  for (Engine &e : engines)
    e.ends.clear();
  groupStart = clock;
}

} // namespace tpu_mlir::timing
