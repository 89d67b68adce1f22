//===- Flops.h - The network's FLOPs ----------------------------*- C++ -*-===//
// Adds up what ops say of themselves.
#ifndef TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_FLOPS_H
#define TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_FLOPS_H

#include "mlir/IR/BuiltinOps.h"

namespace tpu_mlir::top {

/// Writes the sum of the ops' FLOPs to `module.FLOPs`; a sum beyond 64 bits is the largest number.
void noteFlops(mlir::ModuleOp module);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_FLOPS_H
