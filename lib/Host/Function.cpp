//===- Function.cpp - The scalar functions of unary work -------------------===//
// The formulas, in forms that neither overflow nor cancel.
#include "tpu_mlir/Host/Function.h"

#include <cassert>
#include <cmath>

namespace tpu_mlir {

/// min(max(x, low), high) that lets NaN through.
static double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static double sigmoid(double x) {
  double e = std::exp(-std::fabs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/// ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(-|x|)).
static double softplus(double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }

/// x * g where g vanishes towards minus infinity: 0 there, not NaN.
static double gated(double x, double gate) { return gate == 0 ? 0 : x * gate; }

static constexpr double kPi = 3.14159265358979323846;

double evalUnary(const UnaryFunction &f, double x) {
  if (std::isnan(x))
    return x;
  switch (f.kind) {
  case UnaryKind::Relu:
    return clamp(x, 0, f.a > 0 ? f.a : HUGE_VAL);
  case UnaryKind::LeakyRelu:
    return x > 0 ? x : f.a * x;
  case UnaryKind::Clip:
    return std::fmin(std::fmax(x, f.a), f.b);
  case UnaryKind::Sigmoid:
    return sigmoid(x);
  case UnaryKind::SiLU:
    return gated(x, sigmoid(x));
  case UnaryKind::Tanh:
    return std::tanh(x);
  case UnaryKind::GELU:
    return gated(x, 0.5 * std::erfc(-x / std::sqrt(2.0)));
  case UnaryKind::Exp:
    return std::exp(x);
  case UnaryKind::Log:
    return std::log(x);
  case UnaryKind::Sqrt:
    return std::sqrt(x);
  case UnaryKind::Abs:
    return std::fabs(x);
  case UnaryKind::Erf:
    return std::erf(x);
  case UnaryKind::Softplus:
    return softplus(x);
  case UnaryKind::Mish:
    return gated(x, std::tanh(softplus(x)));
  case UnaryKind::HardSwish:
    return gated(x, clamp(x / 6 + 0.5, 0, 1));
  case UnaryKind::Elu:
    return x > 0 ? x : f.a * std::expm1(x);
  case UnaryKind::HardSigmoid:
    return clamp(f.a * x + f.b, 0, 1);
  case UnaryKind::GELUTanh:
    // (1 + tanh(u)) / 2 is sigmoid(2 u), which does not cancel.
    return gated(x, sigmoid(2 * std::sqrt(2 / kPi) * (x + 0.044715 * x * x * x)));
  case UnaryKind::Rsqrt:
    return 1 / std::sqrt(x);
  case UnaryKind::Reciprocal:
    return f.a / x;
  case UnaryKind::Pow:
    return std::pow(x, f.a);
  case UnaryKind::Sin:
    return std::sin(x);
  case UnaryKind::Cos:
    return std::cos(x);
  }
  assert(false && "unknown unary function");
  return 0;
}

} // namespace tpu_mlir
