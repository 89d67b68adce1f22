//===- Lowerings.h - The chip halves of the op families ---------*- C++ -*-===//
// One registration per family; a new family adds its line here and in InitAll.
#ifndef TPU_MLIR_OPS_LOWERINGS_H
#define TPU_MLIR_OPS_LOWERINGS_H

#include "mlir/IR/DialectRegistry.h"

namespace tpu_mlir {
void registerActivationLowering(mlir::DialectRegistry &registry);
void registerConvLowering(mlir::DialectRegistry &registry);
void registerEltwiseLowering(mlir::DialectRegistry &registry);
void registerGatherLowering(mlir::DialectRegistry &registry);
void registerMatMulLowering(mlir::DialectRegistry &registry);
void registerPoolLowering(mlir::DialectRegistry &registry);
void registerPReluLowering(mlir::DialectRegistry &registry);
void registerShapeLowering(mlir::DialectRegistry &registry);
} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_LOWERINGS_H
