//===- Engines.cpp - In-order engines and their dependencies --------------===//
// Execution order and time are separate: any legal order gives the same start
// and end times, since those follow from the dependencies alone.

#include "Engines.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::sim {

using isa::Engine;

std::string describe(size_t group, const isa::Command &command) {
  const isa::KindInfo *kind = command.kind();
  return "group " + std::to_string(group) + " " + std::string(isa::wordFor(command.engine())) + " command " +
         std::to_string(command.id()) + " (" + std::string(command.info->name) +
         (kind ? " " + std::string(kind->name) : "") + ")";
}

void checkIds(const Group &group, size_t index) {
  for (Engine e : isa::kEngines)
    for (size_t i = 0; i < group.streams[e].size(); ++i) {
      const isa::Command &c = group.streams[e][i];
      const Engine other = isa::otherThan(e);
      if (c.id() != i + 1)
        throw UserError(describe(index, c) + " is number " + std::to_string(i + 1) +
                        " of its stream; ids must count from 1");
      if (c.dep() > group.streams[other].size())
        throw UserError(describe(index, c) + " waits for " + std::string(isa::wordFor(other)) + " command " +
                        std::to_string(c.dep()) + ", but that stream has " +
                        std::to_string(group.streams[other].size()));
    }
}

Engine Engines::choose(const isa::PerEngine<bool> &ready) {
  for (Engine e : isa::kEngines)
    if (!ready[isa::otherThan(e)])
      return e;
  switch (options.policy) {
  case Policy::TiuFirst:
    return Engine::TIU;
  case Policy::GdmaFirst:
    return Engine::GDMA;
  case Policy::Random:
    return Engine(random() >> 40 & 1);
  }
  return Engine::TIU;
}

void Engines::run(const Group &group, size_t index, const std::function<void(const isa::Command &)> &execute) {
  isa::PerEngine<size_t> next;
  auto isLeft = [&](Engine e) { return next[e] < group.streams[e].size(); };
  events.startGroup();
  while (isLeft(Engine::TIU) || isLeft(Engine::GDMA)) {
    isa::PerEngine<bool> ready;
    for (Engine e : isa::kEngines)
      ready[e] = isLeft(e) && group.streams[e][next[e]].dep() <= next[isa::otherThan(e)];
    if (!ready[Engine::TIU] && !ready[Engine::GDMA]) {
      std::string stuck;
      for (Engine e : isa::kEngines)
        if (isLeft(e))
          stuck += (stuck.empty() ? "" : ", ") + describe(index, group.streams[e][next[e]]) + " waits for " +
                   std::string(isa::wordFor(isa::otherThan(e))) + " command " +
                   std::to_string(group.streams[e][next[e]].dep());
      throw UserError("the streams wait for each other: " + stuck);
    }
    const Engine e = choose(ready);
    const isa::Command &command = group.streams[e][next[e]];
    Cost cost = costOf(command, chip);
    auto [start, end] = events.issue(size_t(e), cost.cycles, {size_t(isa::otherThan(e)), command.dep()});
    if (options.beforeCommand)
      options.beforeCommand({index, command, start, start});
    execute(command);
    ++next[e];
    result.engines[e].add(end - start);
    result.work += cost.work;
    if (options.afterCommand)
      options.afterCommand({index, command, start, end});
  }
}

} // namespace tpu_mlir::sim
