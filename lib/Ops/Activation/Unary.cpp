//===- Unary.cpp - Functions of one element -------------------------------===//
// All of the unary ops of Top but their checks (Relu.cpp) and their formulas
// (Host/Function.cpp): which op stands for which, and the lowering:
// with integers a table of 256 results, lines, a curve, or one requantisation
// where the function is a multiple of x; in f32 FloatMaps.cpp's few steps.
#include "Active.h"
#include "CreateLines.h"
#include "FloatMaps.h"
#include "Results.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Ops/Activation.h"
#include "tpu_mlir/Ops/Rectify.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace mlir;

namespace tpu_mlir {

//===- Which function -----------------------------------------------------===//

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
      .Case([&](top::GELUOp o) { return plain(o.getApproxMode() == "tanh" ? UnaryKind::GELUTanh : UnaryKind::GELU); })
      .Case([&](top::RsqrtOp) { return plain(UnaryKind::Rsqrt); })
      .Case([&](top::ReciprocalOp o) { return Result({UnaryKind::Reciprocal, real(o.getConstVal())}); })
      .Case([&](top::PowOp o) { return Result({UnaryKind::Pow, real(o.getExponent())}); })
      .Case([&](top::SinOp) { return plain(UnaryKind::Sin); })
      .Case([&](top::CosOp) { return plain(UnaryKind::Cos); })
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

namespace tpu_mlir::top {

//===- Verify -------------------------------------------------------------===//

LogicalResult GELUOp::verify() {
  if (getApproxMode() != "none" && getApproxMode() != "tanh")
    return emitOpError("'approx_mode' must be \"none\" or \"tanh\", but it is \"") << getApproxMode() << "\"";
  return success();
}

//===- Interpret ----------------------------------------------------------===//

template <typename OpTy> static LogicalResult planUnary(OpTy op, EvalPlan &plan) {
  return plan.compute(op, host::Unary{*unaryFunctionOf(op)}, {op.getInput()});
}

LogicalResult ReluOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult LeakyReluOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult ClipOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SigmoidOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SiLUOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult TanhOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult GELUOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult ExpOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult LogOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SqrtOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult AbsOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult ErfOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SoftplusOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult MishOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult HardSwishOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult RsqrtOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult ReciprocalOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult PowOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SinOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult CosOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult EluOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult HardSigmoidOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

/// The factor of a function that is a multiple of x over the output's range: relu into an unsigned result, MulConst.
std::optional<double> multipleOf(Operation *op, const NumberFormat &out) {
  if (auto relu = dyn_cast<top::ReluOp>(op)) {
    bool saturates = saturatesAsRelu(out, relu.getReluLimit().convertToDouble());
    return saturates ? std::optional<double>(1.0) : std::nullopt;
  }
  if (auto mul = dyn_cast<top::MulConstOp>(op))
    if (!mul.getDoRelu() || saturatesAsRelu(out, -1))
      if (mul.getReluLimit().convertToDouble() <= 0)
        return mul.getConstVal().convertToDouble();
  return std::nullopt;
}

/// The scalar function of the op, with what is fused into it.
double scalarOf(Operation *op, double x) {
  auto clamp = [](double y, bool doRelu, double limit) {
    return !doRelu ? y : limit > 0 ? std::clamp(y, 0.0, limit) : std::max(y, 0.0);
  };
  if (auto add = dyn_cast<top::AddConstOp>(op))
    return clamp(x + add.getConstVal().convertToDouble(), add.getDoRelu(), add.getReluLimit().convertToDouble());
  if (auto mul = dyn_cast<top::MulConstOp>(op))
    return clamp(x * mul.getConstVal().convertToDouble(), mul.getDoRelu(), mul.getReluLimit().convertToDouble());
  return evalUnary(op, x);
}

template <typename OpT> struct UnaryLower : LowerInterface::ExternalModel<UnaryLower<OpT>, OpT> {
  std::string whyNotLowered(Operation *op, const Lowering &l) const {
    if (l.isQuantized() || hasFloatMap(op) || hasFunction(op))
      return "";
    return "it has no " + std::string(l.mode.name) + " form on " + std::string(l.chip.identity.name) + "; INT8 has";
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    Value topIn = op->getOperand(0), topOut = op->getResult(0), in = l.operand(topIn);
    NumberFormat inFormat = formatOf(in), out = l.formatOfResult(topOut);
    Type type = l.typeOf(topOut, out);
    Builder &b = l.builder;
    if (!l.isQuantized()) {
      l.map(topOut, hasFloatMap(op) ? createFloatMap(l, op, type, in) : createActive(l, op, type, in));
      return success();
    }
    if (std::optional<double> factor = multipleOf(op, out)) {
      Multiplier m = multiplierOf(*factor * inFormat.scale / out.scale);
      l.map(topOut, tpu::RequantIntOp::create(
                        l.builder, op->getLoc(), TypeRange{type}, ValueRange{in},
                        ArrayRef<NamedAttribute>{b.getNamedAttr("multiplier", b.getI64IntegerAttr(m.multiplier)),
                                                 b.getNamedAttr("rshift", b.getI64IntegerAttr(m.rshift))}));
      return success();
    }
    const Results results([&](double x) { return scalarOf(op, x); }, inFormat, out);
    auto [earlier, isNew] = l.found.try_emplace(results.key(nchwOf(topOut)), nullptr);
    if (isNew) {
      if (std::optional<Lines> lines = results.lines(l.chip))
        earlier->second = createLines(l, op->getLoc(), type, in, *lines).getDefiningOp();
      else if (std::optional<Curve> curve = results.curve(nchwOf(topOut), l.chip))
        earlier->second = createCurve(l, op->getLoc(), type, in, *curve).getDefiningOp();
      if (earlier->second)
        l.map(topOut, earlier->second->getResult(0));
    } else if (earlier->second) {
      Operation *same = l.builder.clone(*earlier->second);
      same->setLoc(op->getLoc());
      same->setOperand(0, in);
      same->getResult(0).setType(type);
      l.map(topOut, same->getResult(0));
    }
    if (earlier->second)
      return success();
    Value table = l.addWeightBytes(op, "table", results.table(), {1, 1, 1, 256}, out.dtype);
    l.map(topOut, tpu::LutOp::create(l.builder, op->getLoc(), type, ValueRange{in, table}));
    return success();
  }
};

template <typename... Ops> void attachUnary(MLIRContext *context) {
  (Ops::template attachInterface<UnaryLower<Ops>>(*context), ...);
}

} // namespace

void registerUnaryLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    using namespace top;
    attachUnary<ReluOp, LeakyReluOp, ClipOp, SigmoidOp, SiLUOp, TanhOp, GELUOp, ExpOp, LogOp, SqrtOp, AbsOp, ErfOp,
                SoftplusOp, MishOp, HardSwishOp, EluOp, HardSigmoidOp, RsqrtOp, ReciprocalOp, PowOp, SinOp, CosOp,
                AddConstOp, MulConstOp>(context);
  });
}

} // namespace tpu_mlir
