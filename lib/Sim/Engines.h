//===- Engines.h - In-order engines and their dependencies -----*- C++ -*-===//
// Runs a command group: each engine takes its commands in order, a command
// waits for the id of the other engine that it names. Keeps the clock.
// Source: shared ISA notes, isa.md §7 (verified).
#ifndef TPU_MLIR_LIB_SIM_ENGINES_H
#define TPU_MLIR_LIB_SIM_ENGINES_H

#include "tpu_mlir/Isa/PerEngine.h"
#include "tpu_mlir/Sim/Simulator.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <random>

namespace tpu_mlir::sim {

/// The decoded commands of one group, each stream with its end command.
struct Group {
  isa::PerEngine<std::vector<isa::Command>> streams;
};

/// UserError unless ids count from 1 and no command waits for one that does not exist.
void checkIds(const Group &group, size_t index);

/// "group 0 tiu command 12 (SCONV conv.normal)".
std::string describe(size_t group, const isa::Command &command);

class Engines {
public:
  Engines(const target::Chip &chip, const RunOptions &options, RunResult &result)
      : chip(chip), options(options), result(result), random(options.seed), events(timing::engineClocks(chip)) {}

  /// Calls `execute` for every command in a legal order and adds its cost to the result.
  void run(const Group &group, size_t index, const std::function<void(const isa::Command &)> &execute);
  /// TIU cycles when everything so far is complete.
  double now() const { return events.now(); }

private:
  isa::Engine choose(const isa::PerEngine<bool> &ready);
  const target::Chip &chip;
  const RunOptions &options;
  RunResult &result;
  std::mt19937_64 random;
  timing::EventModel events;
};

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_ENGINES_H
