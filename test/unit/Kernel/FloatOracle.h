//===- FloatOracle.h - The true functions of floats -------------*- C++ -*-===//
// Every function in the C library's long double, whose 64 bits of mantissa are
// 40 more than fp32 has, and what an error is in units of a format.
#ifndef TPU_MLIR_TEST_UNIT_KERNEL_FLOATORACLE_H
#define TPU_MLIR_TEST_UNIT_KERNEL_FLOATORACLE_H

#include "Reference.h"
#include "tpu_mlir/Kernel/FloatFunctions.h"

#include <cmath>

namespace tpu_mlir::test {

using kernel::FloatFunction;
using kernel::FunctionParameters;
using Real = long double;

/// The true functions have the parameters as fp32 rounds them.
inline FunctionParameters parametersOf(FloatFunction f) {
  switch (f) {
  case FloatFunction::HardSigmoid:
    return {0.2f, 0.5f};
  case FloatFunction::HardSwish:
    return {1 / 6.0f, 0.5f};
  case FloatFunction::Elu:
    return {0.75f, 0};
  default:
    return {};
  }
}

inline Real truth(FloatFunction f, Real x, Real y) {
  const FunctionParameters p = parametersOf(f);
  const Real hard = std::isnan(x) ? x : std::fmin(Real(1), std::fmax(Real(0), x * p.alpha + p.beta));
  // √(2/π), to more bits than long double has
  const Real slope = 0.797884560802865355879892119868763737L;
  switch (f) {
  case FloatFunction::Exp:
    return std::exp(x);
  case FloatFunction::Log:
    return std::log(x);
  case FloatFunction::Sigmoid:
    return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
  case FloatFunction::Tanh:
    return std::tanh(x);
  case FloatFunction::Erf:
    return std::erf(x);
  case FloatFunction::Gelu:
    return x < -1e3L ? -Real(0) : x / 2 * std::erfc(-x / std::sqrt(Real(2)));
  case FloatFunction::GeluTanh: {
    const Real v = 2 * slope * x * (1 + 0.044715L * x * x);
    return x < -1e3L ? -Real(0) : v < 0 ? x * std::exp(v) / (1 + std::exp(v)) : x / (1 + std::exp(-v));
  }
  case FloatFunction::Silu:
    return x < -1e3L ? -Real(0) : x < 0 ? x * std::exp(x) / (1 + std::exp(x)) : x / (1 + std::exp(-x));
  case FloatFunction::Mish:
    return x < -1e3L ? -Real(0) : x * std::tanh(x > 100 ? x : std::log1p(std::exp(x)));
  case FloatFunction::Softplus:
    return x > 100 ? x : std::log1p(std::exp(x));
  case FloatFunction::HardSigmoid:
    return hard;
  case FloatFunction::HardSwish:
    return x * hard;
  case FloatFunction::Elu:
    return x > 0 ? x : p.alpha * std::expm1(x);
  case FloatFunction::Sqrt:
    return std::sqrt(x);
  case FloatFunction::Rsqrt:
    return 1 / std::sqrt(x);
  case FloatFunction::Reciprocal:
    return 1 / x;
  case FloatFunction::Divide:
    return x / y;
  case FloatFunction::Pow:
    return std::pow(x, y);
  case FloatFunction::Sin:
    return std::sin(x);
  case FloatFunction::Cos:
    return std::cos(x);
  }
  return 0;
}

struct Shape {
  int least, bits, most; ///< exponent of the least normal number, of bits in a mantissa, of the largest
};
inline Shape shapeOf(DType t) {
  return t == DType::F32 ? Shape{-126, 24, 127} : t == DType::F16 ? Shape{-14, 11, 15} : Shape{-126, 8, 127};
}

/// The error in units of the format, and the absolute one.
struct Error {
  double ulp, absolute;
};
inline Error errorOf(DType t, Real got, Real exact) {
  const Shape s = shapeOf(t);
  const Real beyond = std::ldexp(Real(1), s.most + 1);
  if (std::isinf(got))
    got = std::copysign(beyond, got);
  if (std::fabs(exact) > beyond)
    exact = std::copysign(beyond, exact);
  const int exponent = exact == 0 ? s.least : std::max(std::ilogb(exact), s.least);
  const Real difference = std::fabs(got - exact);
  return {double(std::ldexp(difference, s.bits - 1 - exponent)), double(difference)};
}

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_KERNEL_FLOATORACLE_H
