//===- Conv.cpp - Convolutions: meaning and lowering ----------------------===//
// All of top.Conv, but for windows beyond what a command holds (WideConv.cpp): which
// attributes and operands fit together, its result, its cost, the zero padding
// it can take over from a top.Pad, and its tpu.Conv2D, with groups and few
// channels arranged as is cheapest (Grouped.h, Unfold.h).
#include "ConvChecks.h"
#include "ConvParts.h"
#include "Grouped.h"
#include "Unfold.h"
#include "mlir/IR/PatternMatch.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Ops/WideWindow.h"
#include "tpu_mlir/Ops/WindowOf.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ConvOp op) { return detail::convShape(op, 2); }

LogicalResult ConvOp::inferShape() { return inferResult(*this, resultShape, detail::kConvOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ConvOp::verify() {
  if (failed(detail::verifyConvAttributes(*this, 2)))
    return failure();
  return verifyResult(*this, resultShape, detail::kConvOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t ConvOp::flops() { return detail::convFlops(*this); }

//===- Fold / canonicalise ------------------------------------------------===//

namespace {
/// Pad with zeros above, below, left and right of the image is the convolution's own padding.
struct TakeOverPadding : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    if (!pad || pad.getMode() != "constant" || !pad.getVal().isZero())
      return failure();
    ArrayRef<int64_t> counts = pad.getPaddings();
    if (counts.size() != 8 || counts[0] || counts[1] || counts[4] || counts[5])
      return failure();
    ArrayRef<int64_t> own = op.getPads();
    int64_t pads[] = {own[0] + counts[2], own[1] + counts[3], own[2] + counts[6], own[3] + counts[7]};
    rewriter.modifyOpInPlace(op, [&] {
      op.setPads(pads);
      op.getInputMutable().assign(pad.getInput());
    });
    return success();
  }
};
} // namespace

void ConvOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<TakeOverPadding>(context);
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult ConvOp::plan(EvalPlan &plan) {
  host::Conv conv{windowOf(getKernelShape(), getStrides(), getPads(), getDilations()),
                  static_cast<int64_t>(getGroup())};
  return plan.compute(*this, conv, {getInput(), getFilter(), getBias()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

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

FailureOr<Value> createConv(const ConvSource &source, Lowering &l, ConvParts parts) {
  Operation *op = source.op;
  Value result = op->getResult(0);
  ConvShape &shape = parts.shape;
  Dims inDims = nchwOf(parts.in), outDims = nchwOf(parts.out);
  int64_t oc = outDims.c, ic = inDims.c / shape.group, taps = shape.window.kh * shape.window.kw;
  NumberFormat inFormat = formatOf(parts.in), outFormat = l.formatOfResult(result);
  ArrayRef<float> bias;
  if (isPresent(source.bias))
    bias = l.weightData(source.bias);
  Grouping g = groupingOf(shape, inDims, outDims, inFormat.dtype, l.chip);
  const std::optional<Unfolding> u = l.isQuantized() ? unfoldingOf(l, shape, g, parts.in, outDims) : std::nullopt;
  SmallVector<int64_t> filterShape = {oc, g.width, shape.window.kh, shape.window.kw};

  OpBuilder &b = l.builder;
  NamedAttrList attrs;
  for (StringRef name : {"do_relu", "relu_limit"})
    attrs.set(name, op->getAttr(name));
  if (g.band)
    attrs.set("band", b.getI64IntegerAttr(g.band));
  Value filterValue, biasValue = l.none(op->getLoc()), quantValue = biasValue;
  if (l.isQuantized()) {
    FailureOr<QuantizedFilter> q =
        quantizeFilter(op, parts.filter, bias, oc, inFormat, outFormat, l.chip.quant.weightLevels);
    if (failed(q))
      return failure();
    q->filter = g.arrange<int8_t>(q->filter, oc, ic, taps, shape.group);
    if (u) {
      parts.in = unfold(l, op, parts.in, *u, outDims.h);
      q->filter = unfoldFilter(q->filter, oc, inDims.c, *u, shape.window);
      filterShape = {oc, u->channels, 1, u->kernelW};
      shape.window = {1, u->kernelW, 1, u->strideW, 1, u->dilationW, 0, 0, 0, 0};
    }
    filterValue = l.addWeight<int8_t>(op, "filter_i8", q->filter, filterShape, DType::I8);
    if (!q->bias.empty())
      biasValue = l.addWeight<int32_t>(op, "bias_int32", q->bias, {1, oc, 1, 1}, DType::I32);
    quantValue = l.addWeight<int32_t>(op, "quant", q->quant, {1, oc, 1, 3}, DType::I32);
  } else {
    const DType type = l.mode.weights;
    if (source.filter && shapeOf(source.filter) == ArrayRef<int64_t>(filterShape))
      filterValue = l.floatWeight(source.filter, type);
    else
      filterValue = l.addFloats(op, ("filter_" + shortName(type)).str(),
                                g.arrange<float>(parts.filter.elements, oc, ic, taps, shape.group), filterShape, type);
    if (!bias.empty())
      biasValue = l.floatWeight(source.bias, biasTypeOf(outFormat, shape.isDepthwise(inDims.c, outDims.c)));
  }
  attrs.set("group", b.getI64IntegerAttr(shape.group / g.join));
  const kernel::Window &w = shape.window;
  attrs.set("kernel_shape", b.getDenseI64ArrayAttr({w.kh, w.kw}));
  attrs.set("strides", b.getDenseI64ArrayAttr({w.strideH, w.strideW}));
  attrs.set("dilations", b.getDenseI64ArrayAttr({w.dilationH, w.dilationW}));
  attrs.set("pads", b.getDenseI64ArrayAttr({w.padTop, w.padLeft, w.padBottom, w.padRight}));
  Type type = RankedTensorType::get(parts.out, cast<ShapedType>(l.typeOf(result, outFormat)).getElementType());
  return tpu::Conv2DOp::create(b, parts.loc, TypeRange{type}, ValueRange{parts.in, filterValue, biasValue, quantValue},
                               attrs.getAttrs())
      .getOutput();
}

std::string whyNoConv(const Lowering &l, Value filter, const kernel::Window &w) {
  if (!isWeight(filter))
    return "'filter' is computed by the network; only constant filters have a form";
  const bool isWide = hasWideStride(l, w) || hasWideDilation(l, w);
  const int64_t kernel = isWide ? w.kh * w.kw : std::max(w.kh, w.kw);
  return kernel <= l.chip.limits.maxDim
             ? ""
             : (isWide ? "its windows, laid out as rows, have " : "its kernel has ") + std::to_string(kernel) +
                   " elements, more than " + std::string(l.chip.identity.name) + " takes, " +
                   std::to_string(l.chip.limits.maxDim);
}

FailureOr<Value> createAnyConv(const ConvSource &source, Lowering &l, ConvParts parts) {
  const kernel::Window &w = parts.shape.window;
  const bool wideStride = hasWideStride(l, w);
  if (wideStride && !hasFewerTaps(w, nchwOf(parts.out)))
    return createWideStride(source, l, parts);
  if (wideStride || hasWideDilation(l, w))
    return createWideDilation(source, l, parts);
  parts.in = padWhereTooLarge(l, parts.in, parts.shape.window, source.op, 0);
  return createConv(source, l, std::move(parts));
}

namespace {

struct ConvLower : LowerInterface::ExternalModel<ConvLower, top::ConvOp> {
  static ConvShape shapeOf(top::ConvOp conv) {
    return shapeOfConv(conv.getKernelShape(), conv.getStrides(), conv.getPads(), conv.getDilations(), conv.getGroup());
  }
  std::string whyNotLowered(Operation *op, const Lowering &l) const {
    auto conv = cast<top::ConvOp>(op);
    return whyNoConv(l, conv.getFilter(), shapeOf(conv).window);
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto conv = cast<top::ConvOp>(op);
    Value in = l.operand(conv.getInput());
    FailureOr<Value> result = createAnyConv({op, conv.getBias(), conv.getFilter()}, l,
                                            {in, shapeOf(conv), viewOf(l, conv.getFilter()),
                                             SmallVector<int64_t>(tpu_mlir::shapeOf(conv.getOutput())), op->getLoc()});
    if (failed(result))
      return failure();
    l.map(conv.getOutput(), *result);
    return success();
  }
};

} // namespace

void registerConvLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::ConvOp::attachInterface<ConvLower>(*context); });
}

} // namespace tpu_mlir
