//===- EventModel.cpp - When commands start and end -----------------------===//
// A command starts when its engine is free and the command that it waits for
// has ended. There is one copy engine per core and it takes one copy at a time,
// so copies never share the memory's bandwidth; the compute engine does not
// touch global memory.

#include "tpu_mlir/Timing/EventModel.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir::timing {

EventModel::EventModel(const target::Chip &chip)
    : perCycle{1, gdmaToTiu(chip)}, gap{chip.time.issueCycles, chip.time.gdmaIssueCycles * gdmaToTiu(chip)} {}

Interval EventModel::issue(Engine engine, double cycles, size_t dep) {
  size_t e = size_t(engine);
  assert(dep <= ends[1 - e].size() && "a command waits for one that has not been issued");
  double start = ends[e].empty() ? groupStart : ends[e].back() + gap[e];
  if (dep)
    start = std::max(start, ends[1 - e][dep - 1]);
  double taken = cycles * perCycle[e], end = start + taken;
  ends[e].push_back(end);
  sum[e] += taken;
  clock = std::max(clock, end);
  return {start, end};
}

void EventModel::startGroup() {
  for (auto &list : ends)
    list.clear();
  groupStart = clock;
}

} // namespace tpu_mlir::timing
