//===- Elementwise.h - Arithmetic element by element ------------*- C++ -*-===//
// One operation of the vector engine on each element, for every format that it
// has. Each dimension of an operand equals the result's or is 1 (broadcast).
#ifndef TPU_MLIR_KERNEL_ELEMENTWISE_H
#define TPU_MLIR_KERNEL_ELEMENTWISE_H

#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Kernel/Round.h"

namespace tpu_mlir::kernel {

enum class BinaryOp { Add, Sub, Mul, Max, Min };
/// out = op(a, b); planes may be apart. Integers: computed in 64 bits, shiftRound(v, shift, round), saturated to out's
/// format (any mix of integer formats). Floats, all of one format: one IEEE operation, rounded once to nearest even;
/// shift and round are ignored.
void binary(BinaryOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, int shift = 0,
            Round round = Round::HalfUp);

/// out = fma(a, b, out) in F32: one rounding.
void multiplyAdd(const Tensor &out, const ConstTensor &a, const ConstTensor &b);

enum class LinearOp { MulAdd, SquareOfSum, SquareOfDifference };
/// F32: fma(a, b, c); (a + b)²; (a − b)², a sum and a product rounded each.
void linear(LinearOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, const ConstTensor &c);

/// |a|: integers saturate, so that the least of a format becomes its largest; floats lose their sign bit, NaN too.
void absolute(const Tensor &out, const ConstTensor &a);
/// |a − b|. Integers: the difference is shifted as in `binary` and saturated to I32 before its magnitude is taken.
void absoluteDifference(const Tensor &out, const ConstTensor &a, const ConstTensor &b, int shift = 0,
                        Round round = Round::HalfUp);

enum class BitOp { And, Or, Xor, Not };
/// Operates on bits; integers that are narrower than out are extended by their sign first. Not ignores b.
void bitwise(BitOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b);

enum class ShiftOp { Arithmetic, Logical, Rotate };
/// a shifted left by b, or right where b is negative, on integers. Arithmetic: with rounding, saturated to out's
/// format. Logical: in a's bits, 0 from as many places on as those; Rotate: within a's bits.
void shiftEach(ShiftOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, Round round);

/// out = a as bits, elements of one width: copies and broadcasts.
void copyElements(const Tensor &out, const ConstTensor &a);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_ELEMENTWISE_H
