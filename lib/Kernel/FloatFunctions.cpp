//===- FloatFunctions.cpp - Functions of floats as engine programs --------===//
// The table of functions with their bounds, and the frame that all programs
// have: operands into F32, the function, the result back.

#include "tpu_mlir/Kernel/FloatFunctions.h"
#include "FloatSteps.h"

#include <cassert>

namespace tpu_mlir::kernel {
namespace {

constexpr double kAll = INFINITY;
constexpr FunctionBound everywhere(double ulp) { return {ulp, -kAll, kAll, 0, kAll}; }
/// A result with 17 right bits, rounded to 11 or 8: half a unit and a little.
constexpr FunctionBound kHalf = everywhere(0.55);

constexpr FloatFunctionInfo kInfos[] = {
    {"exp", 1, everywhere(1), kHalf, kHalf},
    {"log", 1, everywhere(1), kHalf, kHalf},
    {"sigmoid", 1, everywhere(3), kHalf, kHalf},
    {"tanh", 1, everywhere(2), kHalf, kHalf},
    {"erf", 1, everywhere(2), kHalf, kHalf},
    {"gelu", 1, everywhere(6), kHalf, kHalf},
    {"gelu_tanh", 1, {8, -2, kAll, 0x1p-24, kAll}, kHalf, kHalf},
    {"silu", 1, everywhere(4), kHalf, kHalf},
    {"mish", 1, everywhere(5), kHalf, kHalf},
    {"softplus", 1, everywhere(2), kHalf, kHalf},
    {"hard_sigmoid", 1, {2, -1, kAll, 0x1p-24, kAll}, everywhere(0.65), kHalf},
    {"hard_swish", 1, {2, -1, kAll, 0x1p-23, kAll}, everywhere(0.65), kHalf},
    {"elu", 1, everywhere(2), kHalf, kHalf},
    {"sqrt", 1, everywhere(0.51), kHalf, kHalf},
    {"rsqrt", 1, everywhere(0.51), kHalf, kHalf},
    {"reciprocal", 1, everywhere(0.8), kHalf, kHalf},
    {"divide", 2, everywhere(0.8), kHalf, kHalf},
    {"pow", 2, everywhere(16), kHalf, kHalf},
    {"sin", 1, {3, -100, 100, 0x1p-23, 65536}, {0.55, -65536, 65536, 0, 65536}, {0.55, -65536, 65536, 0, 65536}},
    {"cos", 1, {3, -100, 100, 0x1p-23, 65536}, {0.55, -65536, 65536, 0, 65536}, {0.55, -65536, 65536, 0, 65536}},
};
static_assert(std::size(kInfos) == kFloatFunctions);

Value hardSigmoid(B &b, Value x, FunctionParameters p) {
  return b.max(b.min(b.add(b.mul(x, p.alpha), p.beta), 1.0f), 0.0f);
}

Value build(B &b, FloatFunction f, Value x, Value y, FunctionParameters p) {
  switch (f) {
  case FloatFunction::Exp:
    return expFunction(b, x);
  case FloatFunction::Log:
    return logFunction(b, x);
  case FloatFunction::Sigmoid:
    return sigmoidFunction(b, x);
  case FloatFunction::Tanh:
    return tanhFunction(b, x);
  case FloatFunction::Erf:
    return erfFunction(b, x);
  case FloatFunction::Gelu:
    return geluFunction(b, x);
  case FloatFunction::GeluTanh:
    return geluTanhFunction(b, x);
  case FloatFunction::Silu:
    return siluFunction(b, x);
  case FloatFunction::Mish:
    return mishFunction(b, x);
  case FloatFunction::Softplus:
    return softplusFunction(b, x);
  case FloatFunction::HardSigmoid:
    return b.keepNaN(x, hardSigmoid(b, x, p));
  case FloatFunction::HardSwish:
    return b.keepNaN(x, b.mul(x, hardSigmoid(b, x, p)));
  case FloatFunction::Elu:
    return eluFunction(b, x, p.alpha);
  case FloatFunction::Sqrt:
    return sqrtFunction(b, x);
  case FloatFunction::Rsqrt:
    return rsqrtFunction(b, x);
  case FloatFunction::Reciprocal:
    return reciprocalFunction(b, x);
  case FloatFunction::Divide:
    return divisionFunction(b, x, y);
  case FloatFunction::Pow:
    return powFunction(b, x, y);
  case FloatFunction::Sin:
    return sinFunction(b, x, false);
  case FloatFunction::Cos:
    return sinFunction(b, x, true);
  }
  __builtin_unreachable();
}

} // namespace

const FloatFunctionInfo &infoOf(FloatFunction f) { return kInfos[size_t(f)]; }

Sequence sequenceOf(FloatFunction f, DType format, FunctionParameters parameters) {
  assert(isFloat(format));
  const int operands = infoOf(f).operands;
  B b(operands, format != DType::F32);
  Value in[2] = {b.input(0), b.input(operands - 1)};
  if (format != DType::F32)
    for (int i = 0; i < operands; ++i)
      in[i] = b.cast(in[i], format, DType::F32);
  Value result = build(b, f, in[0], in[operands - 1], parameters);
  if (format != DType::F32)
    result = b.cast(result, DType::F32, format);
  b.program.format = format;
  b.program.result = result.reg;
  return withFewRegisters(b.program);
}

} // namespace tpu_mlir::kernel
