//===- Cast.h - From format to format ---------------------------*- C++ -*-===//
// Between every pair of formats.
#ifndef TPU_MLIR_KERNEL_CAST_H
#define TPU_MLIR_KERNEL_CAST_H

#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Kernel/Round.h"

namespace tpu_mlir::kernel {

/// Float to integer rounds by `round` and saturates, NaN becomes 0; integer to integer saturates; float to a narrower
/// float and integer to float round once, by `toFloat`.
void cast(const Tensor &out, const ConstTensor &in, Round round, Round toFloat = Round::HalfToEven);

/// The nearest number of a float format, ties to even; beyond its largest finite number, that one. Infinity and NaN
/// stay.
float nearestIn(DType t, float value);
/// The bits of a constant operand: of a float those of `nearestIn`, of an integer its low bytes.
uint32_t bitsIn(DType t, double value);

/// Two numbers of 4 bits in a byte, the first in the low half: between bytes, as engines take them, and files. `packed`
/// has storageBytes(t, count) bytes; the half past an odd count is 0.
void pack4(const uint8_t *bytes, int64_t count, uint8_t *packed);
void unpack4(DType t, const uint8_t *packed, int64_t count, uint8_t *bytes);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_CAST_H
