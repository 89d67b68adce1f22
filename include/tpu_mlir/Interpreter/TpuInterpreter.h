//===- TpuInterpreter.h - The Tpu dialect on the host -----------*- C++ -*-===//
// Runs lowered modules with the chip's numerics, op by op, from their recipes.
#ifndef TPU_MLIR_INTERPRETER_TPUINTERPRETER_H
#define TPU_MLIR_INTERPRETER_TPUINTERPRETER_H

#include "tpu_mlir/Interpreter/Interpreter.h"

namespace tpu_mlir {

/// The interpreter of a module in one of the TPU_* states; see createInterpreter.
mlir::FailureOr<std::unique_ptr<Interpreter>> createTpuInterpreter(mlir::ModuleOp module);

} // namespace tpu_mlir

#endif // TPU_MLIR_INTERPRETER_TPUINTERPRETER_H
