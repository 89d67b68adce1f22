//===- Unary.cpp - The scalar functions of unary ops ----------------------===//
// The formulas, in forms that neither overflow nor cancel, and which op stands
// for which.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Ops/Activation.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cassert>
#include <cmath>

using namespace mlir;

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
  }
  assert(false && "unknown unary function");
  return 0;
}

std::optional<UnaryFunction> unaryFunctionOf(Operation *op) {
  using Result = std::optional<UnaryFunction>;
  auto plain = [](UnaryKind kind) { return Result(UnaryFunction{kind}); };
  auto real = [](const llvm::APFloat &value) { return value.convertToDouble(); };
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](top::ReluOp o) { return Result({UnaryKind::Relu, real(o.getReluLimit())}); })
      .Case([&](top::LeakyReluOp o) { return Result({UnaryKind::LeakyRelu, real(o.getAlpha())}); })
      .Case([&](top::ClipOp o) { return Result({UnaryKind::Clip, real(o.getMin()), real(o.getMax())}); })
      .Case([&](top::EluOp o) { return Result({UnaryKind::Elu, real(o.getAlpha())}); })
      .Case(
          [&](top::HardSigmoidOp o) { return Result({UnaryKind::HardSigmoid, real(o.getAlpha()), real(o.getBeta())}); })
      .Case([&](top::SigmoidOp) { return plain(UnaryKind::Sigmoid); })
      .Case([&](top::SiLUOp) { return plain(UnaryKind::SiLU); })
      .Case([&](top::TanhOp) { return plain(UnaryKind::Tanh); })
      .Case([&](top::GELUOp) { return plain(UnaryKind::GELU); })
      .Case([&](top::ExpOp) { return plain(UnaryKind::Exp); })
      .Case([&](top::LogOp) { return plain(UnaryKind::Log); })
      .Case([&](top::SqrtOp) { return plain(UnaryKind::Sqrt); })
      .Case([&](top::AbsOp) { return plain(UnaryKind::Abs); })
      .Case([&](top::ErfOp) { return plain(UnaryKind::Erf); })
      .Case([&](top::SoftplusOp) { return plain(UnaryKind::Softplus); })
      .Case([&](top::MishOp) { return plain(UnaryKind::Mish); })
      .Case([&](top::HardSwishOp) { return plain(UnaryKind::HardSwish); })
      .Default([](Operation *) { return Result(); });
}

double evalUnary(Operation *op, double x) {
  auto function = unaryFunctionOf(op);
  assert(function && "not a unary op");
  return evalUnary(*function, x);
}

} // namespace tpu_mlir
