//===- FloatMaps.h - Functions with a form of floats ------------*- C++ -*-===//
// Functions that a few exact float instructions make. All others are programs
// (Active.h).
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_FLOATMAPS_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_FLOATMAPS_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

/// Whether the element-wise Top op has a form of floats: those made of products, sums, maxima and minima.
bool hasFloatMap(mlir::Operation *op);
/// The Tpu op of that form, with the location of `op`.
mlir::Value createFloatMap(Lowering &lowering, mlir::Operation *op, mlir::Type type, mlir::Value in);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_FLOATMAPS_H
