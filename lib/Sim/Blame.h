//===- Blame.h - Which command made an element wrong ------------*- C++ -*-===//
// A log of what each command touched, and the search from a wrong element back
// to the command to name.
#ifndef TPU_MLIR_LIB_SIM_BLAME_H
#define TPU_MLIR_LIB_SIM_BLAME_H

#include "tpu_mlir/Sim/Compare.h"

namespace tpu_mlir::sim {

/// Commands in order of execution with their operands.
struct AccessLog {
  struct Step {
    CommandRef command;
    const isa::Command *code;
    std::vector<Operand> operands;
  };
  std::vector<Step> steps;

  void add(size_t group, const isa::Command &command, const Operand &operand);
  /// The last step before `end` that wrote a byte; −1 where none did.
  int64_t lastWriter(const ElementPlace &place, int64_t end, int64_t lanes) const;
};

/// What a blame is found from.
struct Evidence {
  const AccessLog &log;
  const TensorTable &table;
  const Difference &difference;
  const std::vector<uint8_t> &expected; ///< stored values of the whole tensor
  /// Pieces of the tensor that were equal, in memory before the difference.
  const std::vector<const TensorPiece *> &verified;
  int64_t lanes;
  /// The operands of a command just before it runs.
  std::function<std::vector<OperandValue>(const CommandRef &)> operandsAt;
  const Memory &memory;
};

Blame findBlame(const Evidence &evidence);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_BLAME_H
