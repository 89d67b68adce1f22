//===- Forms.h - What the simulator knows of a command's form ---*- C++ -*-===//
// One row for each form of the instruction table: who executes a decoded
// command, and who prices it. Decides neither.
#ifndef TPU_MLIR_SIM_FORMS_H
#define TPU_MLIR_SIM_FORMS_H

#include "tpu_mlir/Sim/Timing.h"

namespace tpu_mlir::sim {

class Exec;

struct Form {
  /// Runs the command on the memories; null where the simulator cannot.
  void (*execute)(Exec &) = nullptr;
  Cost (*cost)(const isa::Command &, const target::Chip &) = nullptr;
};
/// The row of a form; of long and short forms the same.
const Form &formOf(const isa::CommandInfo &info);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_FORMS_H
