//===- ScheduleOf.h - A module as the scheduler sees it ---------*- C++ -*-===//
// Between MLIR and lib/Schedule, which knows no MLIR: numbers for ops and
// values, and the schedule that layer-group wrote into the module.
#ifndef TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_SCHEDULEOF_H
#define TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_SCHEDULEOF_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Backend/MachineOf.h"
#include "tpu_mlir/Schedule/EmitTimeline.h"
#include "tpu_mlir/Schedule/Search.h"

namespace tpu_mlir::tpu {

/// The ops and values of a function by the scheduler's numbers: node ids are indices of `ops`.
struct FunctionNetwork {
  schedule::Network network;
  std::vector<mlir::Operation *> ops;
  std::vector<mlir::Value> values;
  llvm::DenseMap<mlir::Value, int> numbers;
};
FunctionNetwork networkOf(mlir::func::FuncOp function, const codegen::Machine &machine);

/// What layer-group decided, read back from the ops' `ginfo`.
struct ReadSchedule {
  FunctionNetwork function;
  schedule::Network network; ///< with fused nodes
  schedule::Plan plan;
  schedule::Timeline timeline; ///< not placed
};
mlir::FailureOr<ReadSchedule> readSchedule(mlir::func::FuncOp function, const codegen::Machine &machine);

/// The machine that a module is compiled for, with the local memory that layer-group was given. Throws UserError.
codegen::Machine machineOf(mlir::ModuleOp module);

} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_SCHEDULEOF_H
