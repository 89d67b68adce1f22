//===- Scale.cpp - An affine map for each channel -------------------------===//
// All of top.Scale. On the chip a depth-wise 1x1 tpu.Conv2D, or, of one channel of
// integers, lines. Joining scales and multiplying them into convolutions is done
// by passes over the Top dialect.
#include "../Activation/CreateLines.h"
#include "Elements.h"
#include "PerChannel.h"
#include "tpu_mlir/Kernel/Round.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/QuantizedFilter.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input", "scale", "bias"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ScaleOp op) { return perChannelShape(op, kOperands); }

LogicalResult ScaleOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ScaleOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t ScaleOp::flops() { return (1 + !isNone(getBias()) + getDoRelu()) * elementCount(getOutput()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult ScaleOp::plan(EvalPlan &plan) {
  int64_t channels = elementCount(getScale());
  auto scale = elements(plan, *this, getScale(), channels, 1), offset = elements(plan, *this, getBias(), channels, 0);
  if (failed(scale) || failed(offset))
    return failure();
  host::Affine affine{{scale->begin(), scale->end()}, {offset->begin(), offset->end()}};
  return plan.compute(*this, std::move(affine), {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

/// What a scale of one channel gives for each of the 256 inputs, as lines: its plane would lie in one lane, and what
/// each of three instructions does there, one of lines does in any shape.
std::optional<Lines> linesOf(top::ScaleOp scale, const QuantizedFilter &q, const NumberFormat &in,
                             const NumberFormat &out, Round round) {
  const int64_t first = kernel::rangeOf(in.dtype).low;
  const auto [least, most] = kernel::rangeOf(out.dtype);
  const double limit = scale.getReluLimit().convertToDouble() / out.scale;
  std::vector<int64_t> results;
  for (int64_t x = first; x < first + 256; ++x) {
    const int64_t sum = x * q.filter[0] + (q.bias.empty() ? 0 : q.bias[0]);
    int64_t y = kernel::requantOne(sum, q.quant[0], q.quant[1], q.quant[2], round, out.dtype);
    if (scale.getDoRelu())
      y = std::max<int64_t>(y, out.zeroPoint);
    if (scale.getDoRelu() && limit > 0)
      y = std::min(y, int64_t(std::round(limit)) + out.zeroPoint);
    results.push_back(y);
  }
  return findLines(results, first, least, most, round);
}

/// y = x * scale[c] + bias[c]: a depth-wise 1x1 convolution.
struct ScaleLower : LowerInterface::ExternalModel<ScaleLower, top::ScaleOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto scale = cast<top::ScaleOp>(op);
    bool constant = isWeight(scale.getScale()) && (!isPresent(scale.getBias()) || isWeight(scale.getBias()));
    return constant ? "" : "'scale' or 'bias' is computed by the network";
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto scale = cast<top::ScaleOp>(op);
    Value in = l.operand(scale.getInput());
    int64_t c = nchwOf(in).c;
    NumberFormat outFormat = l.formatOfResult(scale.getOutput());
    ArrayRef<float> filter = l.weightData(scale.getScale()), bias;
    if (isPresent(scale.getBias()))
      bias = l.weightData(scale.getBias());
    Value filterValue, biasValue = l.none(op->getLoc()), quantValue = biasValue;
    if (l.isQuantized()) {
      FailureOr<QuantizedFilter> q = quantizeFilter(op, FilterView{filter, false, nullptr}, bias, c, formatOf(in),
                                                    outFormat, l.chip.quant.weightLevels);
      if (failed(q))
        return failure();
      const Round round = kernel::roundNamed(l.chip.quant.requantRound);
      if (std::optional<Lines> lines = c == 1 ? linesOf(scale, *q, formatOf(in), outFormat, round) : std::nullopt) {
        l.map(scale.getOutput(), createLines(l, op->getLoc(), l.typeOf(scale.getOutput(), outFormat), in, *lines));
        return success();
      }
      filterValue = l.addWeight<int8_t>(op, "filter_i8", q->filter, {c, 1, 1, 1}, DType::I8);
      if (!q->bias.empty())
        biasValue = l.addWeight<int32_t>(op, "bias_int32", q->bias, {1, c, 1, 1}, DType::I32);
      quantValue = l.addWeight<int32_t>(op, "quant", q->quant, {1, c, 1, 3}, DType::I32);
    } else {
      const DType type = l.mode.weights;
      filterValue = l.addFloats(op, ("filter_" + shortName(type)).str(), filter, {c, 1, 1, 1}, type);
      if (!bias.empty())
        biasValue = l.floatWeight(scale.getBias(), biasTypeOf(outFormat, c > 1));
    }
    Builder &b = l.builder;
    NamedAttrList attrs(op->getAttrDictionary());
    attrs.set("kernel_shape", b.getDenseI64ArrayAttr({1, 1}));
    attrs.set("strides", b.getDenseI64ArrayAttr({1, 1}));
    attrs.set("pads", b.getDenseI64ArrayAttr({0, 0, 0, 0}));
    attrs.set("group", b.getI64IntegerAttr(c));
    l.map(scale.getOutput(),
          tpu::Conv2DOp::create(l.builder, op->getLoc(), TypeRange{l.typeOf(scale.getOutput(), outFormat)},
                                ValueRange{in, filterValue, biasValue, quantValue}, attrs.getAttrs()));
    return success();
  }
};

} // namespace

void registerScaleLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::ScaleOp::attachInterface<ScaleLower>(*context); });
}

} // namespace tpu_mlir
