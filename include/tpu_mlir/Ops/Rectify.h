//===- Rectify.h - A relu behind an op that has none ------------*- C++ -*-===//
#ifndef TPU_MLIR_OPS_RECTIFY_H
#define TPU_MLIR_OPS_RECTIFY_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

/// Whether every value of the format lies in [0, limit] (not positive: no limit), so that saturating to it rectifies.
bool saturatesAsRelu(const NumberFormat &format, double limit);
/// An op that clamps `in` to [0, limit], in its own format.
mlir::Value createRectified(Lowering &lowering, mlir::Value in, double limit, mlir::Location loc);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_RECTIFY_H
