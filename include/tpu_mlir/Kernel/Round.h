//===- Round.h - Every rounding and saturation of the project ---*- C++ -*-===//
// Integer shifts with a rounding rule, saturation, float to integer conversion
// and narrowing of floats: the one header from which each rounding is reached.
// Which rounding a chip applies where is not decided here: its file names it,
// and `roundNamed` knows the names.
#ifndef TPU_MLIR_KERNEL_ROUND_H
#define TPU_MLIR_KERNEL_ROUND_H

#include "tpu_mlir/Kernel/Format.h"

#include <string_view>

namespace tpu_mlir::kernel {

/// The rounding that a chip file or the instruction table calls so ("half_up", ...): one of theirs, or an assert.
Round roundNamed(std::string_view name);

/// v · 2^shift: shift > 0 shifts left, shift < 0 shifts right with rounding.
/// Right amounts above 63 count as 63; left shifts wrap in 64 bits like the hardware's register.
int64_t shiftRound(int64_t v, int shift, Round round);

/// Clamps to the range of integer format `t`.
int64_t saturate(int64_t v, DType t);

/// Rounds `v` to an integer by `round` and saturates to integer format `t`; NaN becomes 0.
int64_t floatToInt(double v, DType t, Round round);

/// The bits of `v` in float format `t`, rounded once. Beyond the largest number, roundings to the nearest and away from
/// zero give infinity, the others the largest number; NaN stays NaN (quiet). F32 as the IEEE formats: denormals too.
uint32_t narrowFloat(double v, DType t, Round round = Round::HalfToEven);

/// One requantisation: sat(shiftRound(v · multiplier, shift, round) + zeroPoint).
int64_t requantOne(int64_t v, int32_t multiplier, int32_t shift, int32_t zeroPoint, Round round, DType t);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_ROUND_H
