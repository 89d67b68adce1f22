//===- ClampedLine.cpp - Arithmetic with constants as a line --------------===//
// Reads products and sums with constants, relus and clips as lines with bounds, and
// composes them in fp64.
#include "ClampedLine.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

using namespace mlir;

namespace tpu_mlir::top {

/// The value of all elements of a weight.
static std::optional<double> oneValue(Value value) {
  auto weight = value.getDefiningOp<WeightOp>();
  if (!weight || weight.getStore() || !cast<TensorType>(weight.getType()).getElementType().isF32())
    return std::nullopt;
  const WeightArray *array = weight.getContext()->getLoadedDialect<TopDialect>()->weights().find(nameOf(weight));
  if (!array || array->floats().empty())
    return std::nullopt;
  auto values = array->floats();
  bool isOne = std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; });
  return isOne ? std::optional<double>(values[0]) : std::nullopt;
}

/// A sum, difference or product of a tensor and a weight that does not change the tensor's shape.
static std::optional<ClampedLine> lineOfPair(Operation *op, Value &x) {
  if (op->getNumOperands() != 2 || op->hasAttr("coeff"))
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    Value data = op->getOperand(side);
    std::optional<double> constant = oneValue(op->getOperand(1 - side));
    if (!constant || data.getType() != op->getResult(0).getType())
      continue;
    x = data;
    if (isa<MulOp>(op))
      return ClampedLine{*constant};
    const bool isSub = isa<SubOp>(op);
    return ClampedLine{isSub && side == 1 ? -1.0 : 1.0, isSub && side == 0 ? -*constant : *constant};
  }
  return std::nullopt;
}

static ClampedLine clampTo(double low, double high) { return {1, 0, low, high}; }

/// A limit that is not positive is none.
static ClampedLine reluOf(double limit) { return clampTo(0, limit > 0 ? limit : HUGE_VAL); }

ClampedLine compose(const ClampedLine &first, const ClampedLine &second) {
  auto at = [&](double y) { return second.factor * y + second.addend; };
  auto bounded = [&](double y) { return std::min(std::max(y, second.low), second.high); };
  double low = at(first.low), high = at(first.high);
  if (second.factor < 0)
    std::swap(low, high);
  return {second.factor * first.factor, at(first.addend), bounded(low), bounded(high)};
}

std::optional<ClampedLine> lineOf(Operation *op, Value &x) {
  using Result = std::optional<ClampedLine>;
  auto real = [](const APFloat &value) { return value.convertToDouble(); };
  if (op->getNumOperands() > 0)
    x = op->getOperand(0);
  Result line = llvm::TypeSwitch<Operation *, Result>(op)
                    .Case([&](MulConstOp o) { return ClampedLine{real(o.getConstVal())}; })
                    .Case([&](AddConstOp o) { return ClampedLine{1, real(o.getConstVal())}; })
                    .Case([&](ReluOp o) { return reluOf(real(o.getReluLimit())); })
                    .Case([&](ClipOp o) { return clampTo(real(o.getMin()), real(o.getMax())); })
                    .Case([&](HardSigmoidOp o) { return ClampedLine{real(o.getAlpha()), real(o.getBeta()), 0, 1}; })
                    .Case([&](ScaleOp o) -> Result {
                      auto scale = oneValue(o.getScale()), bias = isNone(o.getBias()) ? 0.0 : oneValue(o.getBias());
                      return scale && bias ? Result({*scale, *bias}) : std::nullopt;
                    })
                    .Case<MulOp, AddOp, SubOp>([&](Operation *o) { return lineOfPair(o, x); })
                    .Default([](Operation *) { return Result(); });
  // A product with zero is a constant, and would make bounds that are no numbers.
  if (!line || line->factor == 0 || !std::isfinite(line->factor) || !std::isfinite(line->addend))
    return std::nullopt;
  if (op->hasTrait<FusesRelu>() && cast<BoolAttr>(op->getAttr("do_relu")).getValue())
    line = compose(*line, reluOf(cast<FloatAttr>(op->getAttr("relu_limit")).getValueAsDouble()));
  return line;
}

Value followLine(Value value, ClampedLine &line, Value last) {
  Value before;
  while (value != last && value.hasOneUse() && value.getDefiningOp()) {
    std::optional<ClampedLine> first = lineOf(value.getDefiningOp(), before);
    if (!first)
      break;
    line = compose(*first, line);
    value = before;
  }
  return value;
}

} // namespace tpu_mlir::top
