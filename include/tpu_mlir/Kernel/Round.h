//===- Round.h - Every rounding and saturation of the project ---*- C++ -*-===//
// Integer shifts with a rounding rule, saturation, and float to integer
// conversion: the one header from which each rounding is reached.
#ifndef TPU_MLIR_KERNEL_ROUND_H
#define TPU_MLIR_KERNEL_ROUND_H

#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir::kernel {

/// v · 2^shift: shift > 0 shifts left, shift < 0 shifts right with rounding.
/// Right amounts above 63 count as 63; left shifts wrap in 64 bits like the hardware's register.
int64_t shiftRound(int64_t v, int shift, Round round);

/// Clamps to the range of integer format `t`.
int64_t saturate(int64_t v, DType t);

/// Rounds `v` to an integer by `round` and saturates to integer format `t`; NaN becomes 0.
int64_t floatToInt(float v, DType t, Round round);

/// One requantisation: sat(shiftRound(v · multiplier, shift, round) + zeroPoint).
int64_t requantOne(int64_t v, int32_t multiplier, int32_t shift, int32_t zeroPoint, Round round, DType t);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_ROUND_H
