//===- Curve.h - Curved tables as chains of lines ---------------*- C++ -*-===//
// Whether a smooth function of bytes is the largest or smallest of a few
// lines, and which. What it costs beside a table is weighed in Results.cpp.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_CURVE_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_CURVE_H

#include "tpu_mlir/Kernel/Round.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace tpu_mlir {

/// sat((u * multiplier >> kCurveShift, rounded) + zeroPoint). With start 0 on both sides u = x; else u = x' - start,
/// saturated to -128 to 127, with x' = x, or the larger of x and `start` where the line is one-sided: flat before it.
struct CurveLine {
  int64_t start = 0, multiplier = 0, zeroPoint = 0;
  bool isOneSided = false;
  bool takesMax = true; ///< the larger of this line and what the lines before it give, or the smaller; not of the first

  bool isConstant() const { return multiplier == 0; }
  bool isShifted() const { return start != 0 || isOneSided; }
  /// Element-wise instructions, that which joins it to the lines before it left out.
  int64_t instructions() const { return isConstant() ? 0 : 1 + isShifted() + isOneSided; }
};
using Curve = std::vector<CurveLine>;

inline constexpr int64_t kCurveShift = 22;

/// A curve with exactly the results of a table: `results[i]` is that of the input `firstInput + i`, `least` and `most`
/// bound the output's format, `round` is the target's (and half up what the search assumes: others find fewer curves).
/// Nothing where none of up to `mostLines` lines is found.
std::optional<Curve> findCurve(const std::vector<int64_t> &results, int64_t firstInput, int64_t least, int64_t most,
                               size_t mostLines, kernel::Round round);

/// The result of a curve for one input.
int64_t evaluate(const Curve &curve, int64_t x, int64_t least, int64_t most, kernel::Round round);

/// Element-wise instructions that a curve takes.
int64_t instructionsOf(const Curve &curve);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_CURVE_H
