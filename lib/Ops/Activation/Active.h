//===- Active.h - Functions of floats as programs ---------------*- C++ -*-===//
// Which unary Top ops are a program of the element-wise unit, and the op that is it.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_ACTIVE_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_ACTIVE_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

/// Whether the unary Top op is such a function.
bool hasFunction(mlir::Operation *op);
/// The tpu.Active of that function, with the location of `op`.
mlir::Value createActive(Lowering &lowering, mlir::Operation *op, mlir::Type type, mlir::Value in);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_ACTIVE_H
