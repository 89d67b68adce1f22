//===- FloatSteps.h - Parts that several float functions share --*- C++ -*-===//
// Exponentials, logarithms, quotients and roots as formulas on values of a
// program, without the special operands, which each function handles itself.
#ifndef TPU_MLIR_LIB_KERNEL_FLOATSTEPS_H
#define TPU_MLIR_LIB_KERNEL_FLOATSTEPS_H

#include "SequenceBuilder.h"
#include "tpu_mlir/Kernel/FloatFunctions.h"

namespace tpu_mlir::kernel {

using B = SequenceBuilder;

#include "FloatConstants.inc"

/// y · 2^n, −252 ≤ n ≤ 254, rounded once where the result is denormal and y is not.
Value scaled(B &b, Value y, Value n);

/// p · 2^n with p near 1. What multiplies a power should multiply p, so that a denormal result is rounded once.
struct Power {
  Value p, n;
};
/// e^(high + low), |low| small beside 1; `sum` is near both together, −120 to 89. NaN is not kept.
Power expOf(B &b, Value sum, Value high, Value low);
/// e^−|x|.
Power expOfMinus(B &b, Value magnitude);
inline Value scaled(B &b, Power power) { return scaled(b, power.p, power.n); }
/// y · e^x where x < 0, else y.
Value timesSmall(B &b, Value x, Value y, Power ofMinus);
/// e^x − 1 for −20 ≤ x ≤ 0.
Value expMinusOne(B &b, Value x);

/// A positive number as m · 2^e, 1 ≤ m < 2^`span` or around 1 where `low` says so; denormals too.
struct Parts {
  Value mantissa, exponent; ///< exponent: an integer
};
Parts partsOf(B &b, Value x, uint32_t low, int exponentBits);

/// log(1 + f), |f| ≤ 1/3, and k · ln 2, k a whole number in fp32.
Value logOf(B &b, Value f, Value k);

/// n / d for operands far from the ends of fp32.
Value quotient(B &b, Value n, Value d);
/// 1 / d with an error of about two units: the start of what is made exact afterwards.
Value roughReciprocal(B &b, Value d);

// The functions: of each operand, in fp32.
Value reciprocalFunction(B &b, Value x);
Value divisionFunction(B &b, Value x, Value y);
Value sqrtFunction(B &b, Value x);
Value rsqrtFunction(B &b, Value x);
Value expFunction(B &b, Value x);
Value sigmoidFunction(B &b, Value x);
Value siluFunction(B &b, Value x);
Value tanhFunction(B &b, Value x);
Value softplusFunction(B &b, Value x);
Value mishFunction(B &b, Value x);
Value eluFunction(B &b, Value x, float alpha);
Value logFunction(B &b, Value x);
Value powFunction(B &b, Value x, Value y);
Value erfFunction(B &b, Value x);
Value geluFunction(B &b, Value x);
Value geluTanhFunction(B &b, Value x);
Value sinFunction(B &b, Value x, bool isCosine);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_FLOATSTEPS_H
