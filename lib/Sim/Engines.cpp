//===- Engines.cpp - Two in-order engines and their dependencies ----------===//
// Execution order and time are separate: any legal order gives the same start
// and end times, since those follow from the dependencies alone.

#include "Engines.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::sim {

namespace {
const char *engineName(int e) { return e == 0 ? "tiu" : "gdma"; }
} // namespace

std::string describe(size_t group, const isa::Command &command) {
  const isa::KindInfo *kind = command.kind();
  return "group " + std::to_string(group) + " " + engineName(int(command.engine())) + " command " +
         std::to_string(command.id()) + " (" + std::string(command.info->name) +
         (kind ? " " + std::string(kind->name) : "") + ")";
}

void checkIds(const Group &group, size_t index) {
  for (int e : {0, 1})
    for (size_t i = 0; i < group.streams[e].size(); ++i) {
      const isa::Command &c = group.streams[e][i];
      if (c.id() != i + 1)
        throw UserError(describe(index, c) + " is number " + std::to_string(i + 1) +
                        " of its stream; ids must count from 1");
      if (c.dep() > group.streams[1 - e].size())
        throw UserError(describe(index, c) + " waits for " + engineName(1 - e) + " command " + std::to_string(c.dep()) +
                        ", but that stream has " + std::to_string(group.streams[1 - e].size()));
    }
}

int Engines::choose(bool tiuReady, bool gdmaReady) {
  if (tiuReady != gdmaReady)
    return tiuReady ? 0 : 1;
  switch (options.policy) {
  case Policy::TiuFirst:
    return 0;
  case Policy::GdmaFirst:
    return 1;
  case Policy::Random:
    return int(random() >> 40 & 1);
  }
  return 0;
}

void Engines::run(const Group &group, size_t index, const std::function<void(const isa::Command &)> &execute) {
  size_t next[2] = {0, 0};
  events.startGroup();
  while (next[0] < group.streams[0].size() || next[1] < group.streams[1].size()) {
    bool ready[2];
    for (int e : {0, 1})
      ready[e] = next[e] < group.streams[e].size() && group.streams[e][next[e]].dep() <= next[1 - e];
    if (!ready[0] && !ready[1]) {
      std::string stuck;
      for (int e : {0, 1})
        if (next[e] < group.streams[e].size())
          stuck += (stuck.empty() ? "" : ", ") + describe(index, group.streams[e][next[e]]) + " waits for " +
                   engineName(1 - e) + " command " + std::to_string(group.streams[e][next[e]].dep());
      throw UserError("the streams wait for each other: " + stuck);
    }
    int e = choose(ready[0], ready[1]);
    const isa::Command &command = group.streams[e][next[e]];
    Cost cost = costOf(command, chip);
    auto [start, end] = events.issue(size_t(e), cost.cycles, {size_t(1 - e), command.dep()});
    if (options.beforeCommand)
      options.beforeCommand({index, command, start, start});
    execute(command);
    ++next[e];
    EngineReport &report = e == 0 ? result.tiu : result.gdma;
    ++report.commands;
    report.busyCycles += end - start;
    result.work += cost.work;
    if (options.afterCommand)
      options.afterCommand({index, command, start, end});
  }
}

} // namespace tpu_mlir::sim
