//===- InitAll.h - Every dialect and pass of the project --------*- C++ -*-===//
// The one list of what a tool or a Python session can be asked for. Decides no
// order of passes.
#ifndef TPU_MLIR_INITALL_H
#define TPU_MLIR_INITALL_H

#include "mlir/IR/DialectRegistry.h"

namespace tpu_mlir {

/// Registers the dialects and the op lowerings with `registry`.
void registerAllDialects(mlir::DialectRegistry &registry);
/// Registers every pass under its name, once per process.
void registerAllPasses();

} // namespace tpu_mlir

#endif // TPU_MLIR_INITALL_H
