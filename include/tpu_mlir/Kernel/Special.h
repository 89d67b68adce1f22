//===- Special.h - What the special function unit computes ------*- C++ -*-===//
// Polynomials, division and reciprocal square roots as our documented model:
// public sources say what the unit computes, not to which bit. The parts of a
// float are exact. Compositions whose bounds must hold on silicon take
// operations with stated bits instead (FloatFunctions.h).
#ifndef TPU_MLIR_KERNEL_SPECIAL_H
#define TPU_MLIR_KERNEL_SPECIAL_H

#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir::kernel {

/// Σ_k coefficients[k] · x^k in F32 by Horner's rule from the highest power down, each product and each sum rounded.
/// Model.
void polynomial(const Tensor &out, const ConstTensor &in, const float *coefficients, int64_t count);

/// a / b in F32, rounded once (model: however many iterations the command names). Broadcasts as `binary`.
void divide(const Tensor &out, const ConstTensor &a, const ConstTensor &b);

/// 1 / √x in F32, rounded once (model, as in `divide`).
void inverseRoot(const Tensor &out, const ConstTensor &in);

/// The exponent of a float as an integer (I32): floor(log2 |x|); of zeros and denormals −127, of infinities and NaN
/// 128. Source: shared ISA notes, isa.md §5 (inferred).
void exponentOf(const Tensor &out, const ConstTensor &in);
/// The mantissa of a float: x with exponent 0, so in [1, 2) or (−2, −1]; of zeros and denormals what their fraction
/// bits spell there. Source: as above.
void mantissaOf(const Tensor &out, const ConstTensor &in);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_SPECIAL_H
