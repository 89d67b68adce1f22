//===- TopInterpreter.h - The Top dialect in fp32 on the host ---*- C++ -*-===//
// Runs Top modules in fp32 with all cores. The module is planned when it is
// loaded; nothing but arithmetic is left for invoke().
#ifndef TPU_MLIR_INTERPRETER_TOPINTERPRETER_H
#define TPU_MLIR_INTERPRETER_TOPINTERPRETER_H

#include "tpu_mlir/Interpreter/Interpreter.h"

namespace tpu_mlir {

/// The interpreter of a module in one of the TOP_* states; see createInterpreter. Calibrated and quantised element
/// types are computed as fp32.
mlir::FailureOr<std::unique_ptr<Interpreter>> createTopInterpreter(mlir::ModuleOp module,
                                                                   const TopInterpreterOptions &options);

} // namespace tpu_mlir

#endif // TPU_MLIR_INTERPRETER_TOPINTERPRETER_H
