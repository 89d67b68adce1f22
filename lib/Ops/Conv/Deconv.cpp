//===- Deconv.cpp - Transposed convolutions -------------------------------===//
// All of top.Deconv. It is a convolution with the filter turned round over the
// input with zeros between its pixels, in fp32 as on the chip, where integers
// so get a convolution of integers. Conv.cpp makes that.
#include "ConvChecks.h"
#include "ConvParts.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Ops/Moves.h"
#include "tpu_mlir/Ops/WindowOf.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(DeconvOp op) {
  if (failed(detail::verifyConvRanks(op, 2)))
    return failure();
  ArrayRef<int64_t> in = shapeOf(op.getInput()), filter = shapeOf(op.getFilter());
  const int64_t group = op.getGroup(), channels = saturatingProduct(filter[1], group);
  if (in[1] != filter[0])
    return op.emitOpError("'input' has ") << in[1] << " channels but 'filter' has " << filter[0];
  if (in[1] % group)
    return op.emitOpError("'input' has ") << in[1] << " channels, which " << group << " groups do not divide";
  if (failed(detail::verifyKernelAndBias(op, channels)))
    return failure();
  Shape out{in[0], channels};
  for (size_t axis : {0, 1}) {
    const int64_t pads = op.getPads()[axis] + op.getPads()[axis + 2],
                  whole = (in[2 + axis] - 1) * op.getStrides()[axis] +
                          op.getDilations()[axis] * (filter[2 + axis] - 1) + 1 + op.getOutputPadding()[axis];
    if (whole <= pads)
      return op.emitOpError("'pads' take ")
             << pads << detail::unitOf(axis, 2) << " off the " << whole << " that 'filter' and 'output_padding' give";
    out.push_back(whole - pads);
  }
  return out;
}

LogicalResult DeconvOp::inferShape() { return inferResult(*this, resultShape, detail::kConvOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult DeconvOp::verify() {
  if (failed(detail::verifyConvAttributes(*this, 2)) ||
      failed(verifyList(*this, "output_padding", getOutputPadding(), 2, 0)))
    return failure();
  return verifyResult(*this, resultShape, detail::kConvOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t DeconvOp::flops() {
  if (!hasStaticShape(getFilter()))
    return 0;
  const int64_t products =
      saturatingProduct(2 * elementCount(shapeOf(getFilter()).drop_front()), elementCount(getInput()));
  return products + saturatingProduct(!isNone(getBias()) + getDoRelu(), elementCount(getOutput()));
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

namespace {

/// One axis of the input as the convolution sees it: `stride - 1` zeros behind every element, then `before` and `after`
/// zeros around all of it, or that many elements fewer where they are negative.
struct Spread {
  int64_t stride, before, after;
};

Spread spreadOf(top::DeconvOp op, int axis) {
  const int64_t reach = op.getDilations()[axis] * (op.getKernelShape()[axis] - 1), stride = op.getStrides()[axis];
  return {stride, reach - op.getPads()[axis],
          reach - op.getPads()[axis + 2] + op.getOutputPadding()[axis] - (stride - 1)};
}

/// The filter [ic, oc / group, kh, kw] as that of the convolution, [oc, ic / group, kh, kw], every plane turned round.
std::vector<float> turned(ArrayRef<float> filter, ArrayRef<int64_t> shape, int64_t group) {
  const int64_t ic = shape[0] / group, oc = shape[1], taps = shape[2] * shape[3];
  std::vector<float> result(filter.size());
  for (int64_t g = 0; g < group; ++g)
    for (int64_t i = 0; i < ic; ++i)
      for (int64_t o = 0; o < oc; ++o) {
        const float *from = filter.data() + ((g * ic + i) * oc + o) * taps;
        std::reverse_copy(from, from + taps, result.begin() + ((g * oc + o) * ic + i) * taps);
      }
  return result;
}

} // namespace

//===- Interpret ----------------------------------------------------------===//

LogicalResult top::DeconvOp::plan(EvalPlan &plan) {
  FailureOr<int> input = plan.tensorOf(*this, getInput());
  FailureOr<ArrayRef<float>> filter = plan.constant(*this, getFilter());
  if (failed(input) || failed(filter))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), shape = shapeOf(getFilter());
  const int64_t group = getGroup();
  host::Gather gather;
  std::vector<int64_t> seen;
  for (int64_t axis = 0; axis < 4; ++axis) {
    const Spread s = axis < 2 ? Spread{1, 0, 0} : spreadOf(*this, axis - 2);
    gather.sourceAxis.push_back(axis);
    auto &list = gather.index.emplace_back();
    for (int64_t i = -s.before; i < in[axis] * s.stride + s.after; ++i)
      list.push_back(i >= 0 && i % s.stride == 0 && i / s.stride < in[axis] ? i / s.stride : -1);
    seen.push_back(int64_t(list.size()));
  }
  const int spread = plan.step(std::move(gather), {*input}, std::move(seen));
  std::vector<int> inputs = {spread, plan.addConstant(turned(*filter, shape, group),
                                                      {shape[1] * group, shape[0] / group, shape[2], shape[3]})};
  if (!isNone(getBias())) {
    FailureOr<int> bias = plan.tensorOf(*this, getBias());
    if (failed(bias))
      return failure();
    inputs.push_back(*bias);
  }
  return plan.finish(*this, host::Conv{windowOf(getKernelShape(), {1, 1}, {0, 0, 0, 0}, getDilations()), group},
                     std::move(inputs), EvalPlan::postsOf(*this));
}

//===- Lower --------------------------------------------------------------===//

namespace {

struct DeconvLower : LowerInterface::ExternalModel<DeconvLower, top::DeconvOp> {
  /// The convolution's window; what it cannot pad is in `spread`.
  static kernel::Window windowOf(top::DeconvOp op) {
    return tpu_mlir::windowOf(op.getKernelShape(), {1, 1}, {0, 0, 0, 0}, op.getDilations());
  }

  std::string whyNotLowered(Operation *op, const Lowering &l) const {
    auto deconv = cast<top::DeconvOp>(op);
    return whyNoConv(l, deconv.getFilter(), windowOf(deconv));
  }

  /// Zeros between the pixels: every pixel is the first of a block of its own.
  static Value spread(Moves &moves, Value in, int64_t down, int64_t across) {
    if (down == 1 && across == 1)
      return in;
    const Dims d = nchwOf(in);
    Value blocks = moves.reshape(in, {d.n, d.c, d.h, 1, d.w, 1}, "pixels");
    blocks = moves.pad(blocks, {0, 0, 0, 0, 0, 0}, {0, 0, 0, down - 1, 0, across - 1}, 0);
    return moves.reshape(blocks, {d.n, d.c, d.h * down, d.w * across}, "spread");
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto deconv = cast<top::DeconvOp>(op);
    Moves moves(l, op);
    const Spread rows = spreadOf(deconv, 0), columns = spreadOf(deconv, 1);
    ConvShape shape;
    shape.window = windowOf(deconv), shape.group = deconv.getGroup();
    Value in = spread(moves, l.operand(deconv.getInput()), rows.stride, columns.stride);
    if (std::min({rows.before, rows.after, columns.before, columns.after}) >= 0) {
      kernel::Window &w = shape.window;
      w.padTop = rows.before, w.padBottom = rows.after, w.padLeft = columns.before, w.padRight = columns.after;
    } else {
      // Padded first, so that what is cut off may be more than there was.
      auto more = [](int64_t count) { return std::max<int64_t>(count, 0); };
      auto fewer = [](int64_t count) { return std::max<int64_t>(-count, 0); };
      in = moves.pad(in, {0, 0, more(rows.before), more(columns.before)}, {0, 0, more(rows.after), more(columns.after)},
                     0);
      const Dims d = nchwOf(in);
      in = moves.slice(in, {0, 0, fewer(rows.before), fewer(columns.before)},
                       {d.n, d.c, d.h - fewer(rows.after), d.w - fewer(columns.after)}, {1, 1, 1, 1}, "crop");
    }
    const std::vector<float> filter =
        turned(l.weightData(deconv.getFilter()), shapeOf(deconv.getFilter()), shape.group);
    FailureOr<Value> result = createAnyConv(
        {op, deconv.getBias(), Value()}, l,
        {in, shape, FilterView{filter, false, {}}, SmallVector<int64_t>(shapeOf(deconv.getOutput())), op->getLoc()});
    if (failed(result))
      return failure();
    l.map(deconv.getOutput(), *result);
    return success();
  }
};

} // namespace

void registerDeconvLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::DeconvOp::attachInterface<DeconvLower>(*context); });
}

} // namespace tpu_mlir
