//===- Lowerings.h - The lowerings of the ops -------------------*- C++ -*-===//
// One registration per file of lib/Ops that lowers; a new one adds its line here and
// in InitAll.
#ifndef TPU_MLIR_OPS_LOWERINGS_H
#define TPU_MLIR_OPS_LOWERINGS_H

#include "mlir/IR/DialectRegistry.h"

namespace tpu_mlir {
void registerAddLowering(mlir::DialectRegistry &registry);
void registerArgLowering(mlir::DialectRegistry &registry);
void registerCastLowering(mlir::DialectRegistry &registry);
void registerCompareLowering(mlir::DialectRegistry &registry);
void registerConcatLowering(mlir::DialectRegistry &registry);
void registerConvLowering(mlir::DialectRegistry &registry);
void registerConv3DLowering(mlir::DialectRegistry &registry);
void registerDeconvLowering(mlir::DialectRegistry &registry);
void registerCumSumLowering(mlir::DialectRegistry &registry);
void registerDivLowering(mlir::DialectRegistry &registry);
void registerExtremesLowering(mlir::DialectRegistry &registry);
void registerGatherLowering(mlir::DialectRegistry &registry);
void registerInterpLowering(mlir::DialectRegistry &registry);
void registerMatMulLowering(mlir::DialectRegistry &registry);
void registerMulLowering(mlir::DialectRegistry &registry);
void registerNormLowering(mlir::DialectRegistry &registry);
void registerPadLowering(mlir::DialectRegistry &registry);
void registerPermuteLowering(mlir::DialectRegistry &registry);
void registerPoolLowering(mlir::DialectRegistry &registry);
void registerPool3DLowering(mlir::DialectRegistry &registry);
void registerPReluLowering(mlir::DialectRegistry &registry);
void registerRecurrentLowering(mlir::DialectRegistry &registry);
void registerReduceLowering(mlir::DialectRegistry &registry);
void registerReshapeLowering(mlir::DialectRegistry &registry);
void registerScaleLowering(mlir::DialectRegistry &registry);
void registerSliceLowering(mlir::DialectRegistry &registry);
void registerSoftmaxLowering(mlir::DialectRegistry &registry);
void registerTakeLowering(mlir::DialectRegistry &registry);
void registerUnaryLowering(mlir::DialectRegistry &registry);
void registerUpsampleLowering(mlir::DialectRegistry &registry);
void registerWhereLowering(mlir::DialectRegistry &registry);
} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_LOWERINGS_H
