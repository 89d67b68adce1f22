//===- FloatFunctions.h - Functions of floats as engine programs -*- C++ -*-===//
// Exponentials, roots and their like, each a program of commands with stated
// bits (Sequence.h), and how far each is from the true function. Decides the
// arithmetic of these functions, for the interpreter and for code generation
// alike. docs/design/float-functions.md has the measured errors.
#ifndef TPU_MLIR_KERNEL_FLOATFUNCTIONS_H
#define TPU_MLIR_KERNEL_FLOATFUNCTIONS_H

#include "tpu_mlir/Kernel/Sequence.h"

namespace tpu_mlir::kernel {

enum class FloatFunction : uint8_t {
  Exp,
  Log,
  Sigmoid,
  Tanh,
  Erf,
  Gelu,
  GeluTanh,
  Silu,
  Mish,
  Softplus,
  HardSigmoid,
  HardSwish,
  Elu,
  Sqrt,
  Rsqrt,
  Reciprocal,
  Divide,
  Pow,
  Sin,
  Cos,
};
inline constexpr int kFloatFunctions = int(FloatFunction::Cos) + 1;

/// Elu: alpha. HardSigmoid, HardSwish: alpha · x + beta between 0 and 1.
struct FunctionParameters {
  float alpha = 1, beta = 0;
};

/// How far a result may be from the true one: `ulp` units in the last place of the format for operands from `low` to
/// `high`; elsewhere `absolute`, for operands up to `reach` in magnitude; nothing is promised beyond, and what needs
/// more must run elsewhere. A unit is the distance of the format's numbers around the true result, the least denormal
/// where that is denormal; infinity counts as the number after the largest. Of two operands, the range is that of the
/// first.
struct FunctionBound {
  double ulp, low, high, absolute, reach;
};

struct FloatFunctionInfo {
  const char *name;
  int operands;
  FunctionBound f32, f16, bf16;
  const FunctionBound &bound(DType t) const { return t == DType::F32 ? f32 : t == DType::F16 ? f16 : bf16; }
};
const FloatFunctionInfo &infoOf(FloatFunction f);

/// The program that computes the function in F32, F16 or BF16. The 16-bit formats are computed in F32 and rounded once
/// more at the end.
Sequence sequenceOf(FloatFunction f, DType format, FunctionParameters parameters = {});

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_FLOATFUNCTIONS_H
