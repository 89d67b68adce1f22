//===- Rectify.h - A relu behind an op --------------------------*- C++ -*-===//
// Three ways to clamp a result to [0, limit], `limit` not positive: no limit. Which
// ops have a relu is said in Top; what it is on the chip, here.
#ifndef TPU_MLIR_OPS_RECTIFY_H
#define TPU_MLIR_OPS_RECTIFY_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Recipe/Recipe.h"

namespace tpu_mlir {

/// Whether every value of the format lies in [0, limit], so that saturating to it rectifies.
bool saturatesAsRelu(const NumberFormat &format, double limit);
/// Clamps the recipe's output to [0, limit] where the output's saturation has not done so.
void addReluSteps(Recipe &recipe, bool doRelu, double limit, const NumberFormat &format);
/// An op that clamps `in` to [0, limit], in its own format.
mlir::Value createRectified(Lowering &lowering, mlir::Value in, double limit, mlir::Location loc);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_RECTIFY_H
