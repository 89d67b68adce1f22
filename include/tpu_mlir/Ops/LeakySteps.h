//===- LeakySteps.h - x or slope * x of floats ------------------*- C++ -*-===//
// The steps of leaky rectification, with one slope or with one per channel.
#ifndef TPU_MLIR_OPS_LEAKYSTEPS_H
#define TPU_MLIR_OPS_LEAKYSTEPS_H

#include "tpu_mlir/Recipe/Recipe.h"

namespace tpu_mlir {

/// Slopes of the negative side: one constant, or a buffer that broadcasts to the input.
struct Slopes {
  /// Where all slopes lie: at most 1, the result is the larger of x and slope * x; at least 1, the smaller; else, in
  /// two steps more, both sides are cut apart first.
  enum class Range { AtMostOne, AtLeastOne, Any };
  Range range;
  double constant = 0;
  int buffer = -1; ///< number in the recipe, or -1
  /// With a slope of 0, an infinite x times it must not be compared with.
  static Slopes one(double slope) {
    return {slope == 0 ? Range::Any : slope < 1 ? Range::AtMostOne : Range::AtLeastOne, slope};
  }
};

/// y = x where x > 0, else slope * x; x and y are buffers of one float format and shape and may lie in one place. A
/// zero's sign may change; NaN stays NaN, and minus infinity times a slope of 0 is NaN, as in IEEE arithmetic and in
/// onnxruntime.
void addLeakySteps(Recipe &recipe, int x, int y, const Slopes &slopes);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_LEAKYSTEPS_H
