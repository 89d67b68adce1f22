//===- ConvLowering.cpp - tpu.Conv2D: verifier, arithmetic, lowering ------===//
// Sections: Verify, Form, Lower. The same form serves convolutions, products
// with a weight matrix (1x1 convolutions over rows) and per-channel scales
// (depth-wise 1x1).
#include "../Activation/CreateLines.h"
#include "ConvParts.h"
#include "Grouped.h"
#include "Unfold.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Kernel/Round.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/QuantizedFilter.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Ops/WideWindow.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::Conv2DOp::verify() {
  if (failed(verifyTensors(*this, {2, 3})) ||
      failed(verifyWindow(*this, getInput(), getOutput(), getKernelShape(), getStrides(), getPads(), getDilations())))
    return failure();
  Dims in = nchwOf(getInput()), out = nchwOf(getOutput());
  ArrayRef<int64_t> filter = shapeOf(getFilter());
  int64_t group = getGroup();
  if (filter.size() != 4 || filter[2] != getKernelShape()[0] || filter[3] != getKernelShape()[1])
    return emitOpError() << "'filter' is [oc, ic / group, " << getKernelShape()[0] << ", " << getKernelShape()[1]
                         << "], got " << getFilter().getType();
  if (filter[0] != out.c)
    return emitOpError() << "'filter' has " << filter[0] << " output channels but 'output' has " << out.c;
  if (group < 1 || in.c % group || out.c % group)
    return emitOpError() << "'group' " << group << " splits neither " << in.c << " input channels nor " << out.c
                         << " output channels";
  constexpr int64_t kLargestBand = 4096;
  if (getBand() < 0 || getBand() > kLargestBand ||
      (getBand() > 0 && (group == 1 || !formatOf(getOutput()).isQuantized())))
    return emitOpError() << "'band' is a number of channels up to " << kLargestBand
                         << " of a convolution of integers in "
                         << "groups, or 0, got " << getBand();
  int64_t channels = getBand() ? bandWidth(AxisMap::band(out.c / group, in.c / group, getBand()), in.c) : in.c / group;
  if (filter[1] != channels)
    return emitOpError() << "'group' " << group << " splits " << in.c << " input channels, but 'filter' has "
                         << filter[1];
  if (isPresent(getBias()) && cast<ShapedType>(getBias().getType()).getNumElements() != out.c)
    return emitOpError() << "'filter' has " << out.c << " output channels but 'bias' has "
                         << cast<ShapedType>(getBias().getType()).getNumElements() << " elements";
  if (formatOf(getOutput()).isQuantized() != isPresent(getQuant()))
    return emitOpError() << "'quant' is there exactly when 'output' is an integer tensor";
  if (formatOf(getOutput()).isQuantized() != formatOf(getInput()).isQuantized())
    return emitOpError() << "'input' and 'output' are both integers or both f32";
  if (isPresent(getQuant()) && cast<ShapedType>(getQuant().getType()).getNumElements() != out.c * 3)
    return emitOpError() << "'quant' has 3 entries for each of " << out.c << " channels, got "
                         << cast<ShapedType>(getQuant().getType()).getNumElements();
  bool integers = formatOf(getOutput()).isQuantized();
  if (failed(verifyType(*this, "filter", getFilter(), integers ? DType::I8 : DType::F32)) ||
      failed(verifyType(*this, "bias", getBias(), integers ? DType::I32 : DType::F32)))
    return failure();
  return verifyType(*this, "quant", getQuant(), DType::I32);
}

//===- Form ---------------------------------------------------------------===//

ConvShape shapeOfConv(ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                      ArrayRef<int64_t> dilations, int64_t group, int64_t band) {
  ConvShape s;
  s.window = {kernel[0],    kernel[1], strides[0], strides[1], dilations[0],
              dilations[1], pads[0],   pads[1],    pads[2],    pads[3]};
  s.group = group, s.band = band;
  return s;
}

void addReluSteps(Recipe &r, bool doRelu, double limit, const NumberFormat &format) {
  if (!doRelu)
    return;
  auto clamp = [&](kernel::BinaryOp op, double real) {
    const double bound = format.isQuantized() ? std::round(real / format.scale) : real;
    r.steps.push_back(primitive::binary(op, r.output, r.output, primitive::Constant{bound, format.dtype}));
  };
  // Unsigned results have clamped at 0 when they saturated.
  if (kernel::isSigned(format.dtype))
    clamp(kernel::BinaryOp::Max, 0);
  double top = format.dtype == DType::U8   ? 255 * format.scale
               : format.dtype == DType::I8 ? 127 * format.scale
                                           : INFINITY;
  if (limit > 0 && limit < top)
    clamp(kernel::BinaryOp::Min, limit);
}

Recipe convRecipe(const ConvShape &shape, const Dims &in, const Dims &out, const NumberFormat &inFormat,
                  const NumberFormat &outFormat, bool hasBias, int64_t pack, bool doRelu, double reluLimit) {
  Recipe r;
  const kernel::Window &w = shape.window;
  bool integers = outFormat.isQuantized(), isDepthwise = !shape.band && shape.isDepthwise(in.c, out.c);
  AxisMap h = AxisMap::window(w.kh, w.strideH, w.dilationH, w.padTop),
          v = AxisMap::window(w.kw, w.strideW, w.dilationW, w.padLeft);
  AxisMap channels = shape.band        ? AxisMap::band(out.c / shape.group, in.c / shape.group, shape.band)
                     : isDepthwise     ? AxisMap::same()
                     : shape.group > 1 ? AxisMap::group(out.c / shape.group, in.c / shape.group)
                                       : AxisMap::full();
  std::array<AxisMap, 4> perChannel = {AxisMap::full(), AxisMap::same(), AxisMap::full(), AxisMap::full()};
  int x = r.addInput(0, inFormat.dtype, in, {AxisMap::same(), channels, h, v});
  DType filterType = integers ? DType::I8 : DType::F32;
  int64_t ic = shape.band ? bandWidth(channels, in.c) : in.c / shape.group;
  Dims packed = isDepthwise ? Dims{1, out.c, w.kh, w.kw} : Dims{1, out.c, (ic + pack - 1) / pack, w.kh * w.kw * pack};
  int filter = r.addWeight(1, filterType, packed, Layout::Compact, perChannel);
  int bias =
      hasBias ? r.addWeight(2, integers ? DType::I32 : DType::F32, {1, out.c, 1, 1}, Layout::Compact, perChannel) : -1;
  int quant = integers ? r.addWeight(3, DType::I32, {1, out.c, 1, 3}, Layout::Aligned, perChannel) : -1;
  int y = r.addOutput(outFormat.dtype, out);
  int acc = integers ? r.addScratch(DType::I32, out) : y;
  // Sums with the bias stand apart from those without, so that no instruction writes what it reads.
  int sum = integers && hasBias ? r.addScratch(DType::I32, out) : acc;

  const int added = integers ? -1 : bias;
  r.steps.push_back(isDepthwise ? primitive::depthwise(acc, x, filter, w, added)
                                : primitive::conv(acc, x, filter, w, added));
  if (integers) {
    if (hasBias)
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, sum, bias, acc));
    r.steps.push_back(primitive::requant(y, sum, quant));
  }
  addReluSteps(r, doRelu, reluLimit, outFormat);
  return r;
}

Form tpu::Conv2DOp::form() {
  NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  ConvShape shape = shapeOfConv(getKernelShape(), getStrides(), getPads(), getDilations(), getGroup(), getBand());
  return convRecipe(shape, nchwOf(getInput()), nchwOf(getOutput()), in, out, isPresent(getBias()),
                    channelPack(targetOf(*this), in.dtype), getDoRelu(), getReluLimit().convertToDouble());
}

} // namespace tpu_mlir

//===- Lower --------------------------------------------------------------===//

namespace tpu_mlir {

namespace {

/// The unfolding of a convolution, and of one in groups as a whole: `grouping` becomes one filter then.
std::optional<Unfolding> unfoldingOf(const Lowering &l, const ConvShape &shape, Grouping &grouping, Value in,
                                     const Dims &out) {
  // Unfolding loads its operand from global memory, a channel at a time; more would rather stay where they are. Groups
  // are worth more: together, each multiplies the others' zeros.
  constexpr int64_t kFewChannels = 4, kFewGroups = 8;
  const int64_t channels = nchwOf(in).c;
  if (channels > (shape.group > 1 ? kFewGroups : kFewChannels) || shape.isDepthwise(channels, out.c) ||
      kernel::bitWidth(formatOf(in).dtype) != 8)
    return std::nullopt;
  Value from = in;
  if (auto cast = from.getDefiningOp<tpu::CastOp>())
    from = cast.getInput();
  std::optional<Unfolding> found =
      chooseUnfolding(shape.window, nchwOf(in), out, !from.getDefiningOp<top::InputOp>(), l.chip);
  if (found && shape.group > 1) {
    grouping = Grouping();
    grouping.join = shape.group, grouping.width = channels;
  }
  return found;
}

Value unfold(Lowering &l, Operation *op, Value in, const Unfolding &u, int64_t rows) {
  Dims d = nchwOf(in);
  const kernel::Window &w = u.window;
  Value selector =
      l.addWeight<uint8_t>(op, "selector", selectorOf(d.c, u), {1, u.channels, w.kh, w.kw}, formatOf(in).dtype);
  Builder &b = l.builder;
  auto type = RankedTensorType::get({d.n, u.channels, rows, u.width}, cast<ShapedType>(in.getType()).getElementType());
  return tpu::UnfoldOp::create(
      l.builder, l.roleOf(op, "unfold"), TypeRange{type}, ValueRange{in, selector},
      ArrayRef<NamedAttribute>{
          b.getNamedAttr("kernel_shape", b.getDenseI64ArrayAttr({w.kh, w.kw})),
          b.getNamedAttr("strides", b.getDenseI64ArrayAttr({w.strideH, w.strideW})),
          b.getNamedAttr("dilations", b.getDenseI64ArrayAttr({w.dilationH, w.dilationW})),
          b.getNamedAttr("pads", b.getDenseI64ArrayAttr({w.padTop, w.padLeft, w.padBottom, w.padRight}))});
}

} // namespace

FailureOr<Value> createConv(top::ConvOp conv, Lowering &l, ConvParts parts) {
  ConvShape &shape = parts.shape;
  Dims inDims = nchwOf(parts.in), outDims = nchwOf(parts.out);
  int64_t oc = outDims.c, ic = inDims.c / shape.group, taps = shape.window.kh * shape.window.kw;
  NumberFormat inFormat = formatOf(parts.in), outFormat = l.formatOfResult(conv.getOutput());
  ArrayRef<float> bias;
  if (isPresent(conv.getBias()))
    bias = l.weightData(conv.getBias());
  Grouping g = groupingOf(shape, inDims, outDims, inFormat.dtype, l.chip);
  const std::optional<Unfolding> u = l.isInt8() ? unfoldingOf(l, shape, g, parts.in, outDims) : std::nullopt;
  SmallVector<int64_t> filterShape = {oc, g.width, shape.window.kh, shape.window.kw};

  OpBuilder &b = l.builder;
  NamedAttrList attrs(conv->getAttrDictionary());
  if (g.band)
    attrs.set("band", b.getI64IntegerAttr(g.band));
  Value filterValue, biasValue = l.none(conv.getLoc()), quantValue = biasValue;
  if (l.isInt8()) {
    FailureOr<QuantizedFilter> q =
        quantizeFilter(conv, parts.filter, bias, oc, inFormat, outFormat, l.chip.quant.weightLevels);
    if (failed(q))
      return failure();
    q->filter = g.arrange<int8_t>(q->filter, oc, ic, taps, shape.group);
    if (u) {
      parts.in = unfold(l, conv, parts.in, *u, outDims.h);
      q->filter = unfoldFilter(q->filter, oc, inDims.c, *u, shape.window);
      filterShape = {oc, u->channels, 1, u->kernelW};
      shape.window = {1, u->kernelW, 1, u->strideW, 1, u->dilationW, 0, 0, 0, 0};
    }
    filterValue = l.addWeight<int8_t>(conv, "filter_i8", q->filter, filterShape, DType::I8);
    if (!bias.empty())
      biasValue = l.addWeight<int32_t>(conv, "bias_int32", q->bias, {1, oc, 1, 1}, DType::I32);
    quantValue = l.addWeight<int32_t>(conv, "quant", q->quant, {1, oc, 1, 3}, DType::I32);
  } else {
    filterValue = conv.getFilter();
    if (shapeOf(filterValue) != ArrayRef<int64_t>(filterShape))
      filterValue =
          l.addWeight<float>(conv, "filter_f32", g.arrange<float>(parts.filter.elements, oc, ic, taps, shape.group),
                             filterShape, DType::F32);
    if (!bias.empty())
      biasValue = conv.getBias();
  }
  attrs.set("group", b.getI64IntegerAttr(shape.group / g.join));
  const kernel::Window &w = shape.window;
  attrs.set("kernel_shape", b.getDenseI64ArrayAttr({w.kh, w.kw}));
  attrs.set("strides", b.getDenseI64ArrayAttr({w.strideH, w.strideW}));
  attrs.set("dilations", b.getDenseI64ArrayAttr({w.dilationH, w.dilationW}));
  attrs.set("pads", b.getDenseI64ArrayAttr({w.padTop, w.padLeft, w.padBottom, w.padRight}));
  Type type =
      RankedTensorType::get(parts.out, cast<ShapedType>(l.typeOf(conv.getOutput(), outFormat)).getElementType());
  return tpu::Conv2DOp::create(b, parts.loc, TypeRange{type}, ValueRange{parts.in, filterValue, biasValue, quantValue},
                               attrs.getAttrs())
      .getOutput();
}

namespace {

struct ConvLower : LowerInterface::ExternalModel<ConvLower, top::ConvOp> {
  static ConvShape shapeOf(top::ConvOp conv) {
    return shapeOfConv(conv.getKernelShape(), conv.getStrides(), conv.getPads(), conv.getDilations(), conv.getGroup());
  }
  std::string whyNotLowered(Operation *op, const Lowering &l) const {
    auto conv = cast<top::ConvOp>(op);
    if (!isWeight(conv.getFilter()))
      return "'filter' is computed by the network; only constant filters have a form";
    const kernel::Window w = shapeOf(conv).window;
    const bool isWide = hasWideStride(l, w) || hasWideDilation(l, w);
    const int64_t kernel = isWide ? w.kh * w.kw : std::max(w.kh, w.kw);
    return kernel <= l.chip.limits.maxDim
               ? ""
               : (isWide ? "its windows, laid out as rows, have " : "its kernel has ") + std::to_string(kernel) +
                     " elements, more than " + std::string(l.chip.identity.name) + " takes, " +
                     std::to_string(l.chip.limits.maxDim);
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto conv = cast<top::ConvOp>(op);
    Value in = l.operand(conv.getInput());
    ConvShape shape = shapeOf(conv);
    const FilterView filter = viewOf(l, conv.getFilter());
    FailureOr<Value> result;
    const bool wideStride = hasWideStride(l, shape.window);
    if (wideStride && !hasFewerTaps(shape.window, nchwOf(conv.getOutput()))) {
      result = createWideStride(conv, l, in, shape, filter);
    } else if (wideStride || hasWideDilation(l, shape.window)) {
      result = createWideDilation(conv, l, in, shape, filter);
    } else {
      in = padWhereTooLarge(l, in, shape.window, op, 0);
      result = createConv(conv, l,
                          {in, shape, filter, SmallVector<int64_t>(tpu_mlir::shapeOf(conv.getOutput())), op->getLoc()});
    }
    if (failed(result))
      return failure();
    l.map(conv.getOutput(), *result);
    return success();
  }
};

/// What a scale of one channel gives for each of the 256 inputs, as lines: its plane would lie in one lane, and what
/// each of three instructions does there, one of lines does in any shape.
std::optional<Lines> linesOf(top::ScaleOp scale, const QuantizedFilter &q, const NumberFormat &in,
                             const NumberFormat &out, Round round) {
  const int64_t first = in.dtype == DType::I8 ? -128 : 0, least = out.dtype == DType::I8 ? -128 : 0, most = least + 255;
  const double limit = scale.getReluLimit().convertToDouble() / out.scale;
  std::vector<int64_t> results;
  for (int64_t x = first; x < first + 256; ++x) {
    const int64_t sum = x * q.filter[0] + (q.bias.empty() ? 0 : q.bias[0]);
    int64_t y = kernel::requantOne(sum, q.quant[0], q.quant[1], q.quant[2], round, out.dtype);
    if (scale.getDoRelu())
      y = std::max<int64_t>(y, 0);
    if (scale.getDoRelu() && limit > 0)
      y = std::min(y, int64_t(std::round(limit)));
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
    if (l.isInt8()) {
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
      if (!bias.empty())
        biasValue = l.addWeight<int32_t>(op, "bias_int32", q->bias, {1, c, 1, 1}, DType::I32);
      quantValue = l.addWeight<int32_t>(op, "quant", q->quant, {1, c, 1, 3}, DType::I32);
    } else {
      filterValue = l.addWeight<float>(op, "filter_f32", filter, {c, 1, 1, 1}, DType::F32);
      if (!bias.empty())
        biasValue = scale.getBias();
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

void registerConvLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::ConvOp::attachInterface<ConvLower>(*context);
    top::ScaleOp::attachInterface<ScaleLower>(*context);
  });
}

} // namespace tpu_mlir
