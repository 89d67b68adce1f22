//===- CheckLowered.h - What passes rely on of a lowered module -*- C++ -*-===//
// Whether a module is one that lowering has made, or could have: passes over the
// Tpu dialect and its interpreter ask before they read it.
#ifndef TPU_MLIR_DIALECT_TPU_IR_CHECKLOWERED_H
#define TPU_MLIR_DIALECT_TPU_IR_CHECKLOWERED_H

#include "mlir/IR/BuiltinOps.h"

namespace tpu_mlir {

/// Fails, with a diagnostic, unless `pass` can rely on the module: its chip is known, it has one function of lowered
/// ops, and what local memory takes in an order of its own are weights.
mlir::LogicalResult checkLowered(mlir::ModuleOp module, llvm::StringRef pass);

} // namespace tpu_mlir

#endif // TPU_MLIR_DIALECT_TPU_IR_CHECKLOWERED_H
