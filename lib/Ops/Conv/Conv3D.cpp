//===- Conv3D.cpp - Convolutions over depth -------------------------------===//
// All of top.Conv3D. What each tap of the depth axis sees is a channel of its own
// and every depth of the result an image of its own, so that it is one
// convolution of images, in fp32 as on the chip. Conv.cpp makes that.
#include "ConvChecks.h"
#include "ConvParts.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Ops/WideWindow.h"
#include "tpu_mlir/Ops/WindowOf.h"

#include <numeric>

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(Conv3DOp op) { return detail::convShape(op, 3); }

LogicalResult Conv3DOp::inferShape() { return inferResult(*this, resultShape, detail::kConvOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult Conv3DOp::verify() {
  if (failed(detail::verifyConvAttributes(*this, 3)))
    return failure();
  return verifyResult(*this, resultShape, detail::kConvOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t Conv3DOp::flops() { return detail::convFlops(*this); }

//===- Interpret ----------------------------------------------------------===//

/// The window over the images.
static kernel::Window imageWindow(Conv3DOp op) {
  ArrayRef<int64_t> pads = op.getPads();
  return windowOf(op.getKernelShape().drop_front(), op.getStrides().drop_front(), {pads[1], pads[2], pads[4], pads[5]},
                  op.getDilations().drop_front());
}

LogicalResult Conv3DOp::plan(EvalPlan &plan) {
  FailureOr<int> input = plan.tensorOf(*this, getInput());
  FailureOr<ArrayRef<float>> filter = plan.constant(*this, getFilter());
  if (failed(input) || failed(filter))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput()), kernel = getKernelShape();
  const int64_t n = in[0], ic = in[1], oc = out[1], depth = in[2], plane = in[3] * in[4], outPlane = out[3] * out[4];
  const int rows = plan.step(host::View{}, {*input}, {n, ic, depth, plane});
  auto indices = [](int64_t count) {
    std::vector<int64_t> list(count);
    std::iota(list.begin(), list.end(), 0);
    return list;
  };
  // [n, od, ic, plane] of every tap.
  std::vector<int> taps;
  for (int64_t tap = 0; tap < kernel[0]; ++tap) {
    host::Gather gather{{0, 2, 1, 3}, {}, 0};
    for (int64_t count : {n, out[2], ic, plane})
      gather.index.emplace_back(indices(count));
    for (int64_t &place : gather.index[1]) {
      place = place * getStrides()[0] + tap * getDilations()[0] - getPads()[0];
      if (place < 0 || place >= depth)
        place = -1;
    }
    const int seen = plan.step(std::move(gather), {rows}, {n, out[2], ic, plane});
    taps.push_back(plan.step(host::View{}, {seen}, {n, out[2], ic, 1, plane}));
  }
  const int stacked =
      taps.size() == 1 ? taps[0] : plan.step(host::Concat{3}, std::move(taps), {n, out[2], ic, kernel[0], plane});
  std::vector<int> inputs = {
      plan.step(host::View{}, {stacked}, {n * out[2], ic * kernel[0], in[3], in[4]}),
      plan.addConstantView(*filter, {oc, ic / int64_t(getGroup()) * kernel[0], kernel[1], kernel[2]})};
  if (!isNone(getBias())) {
    FailureOr<int> bias = plan.tensorOf(*this, getBias());
    if (failed(bias))
      return failure();
    inputs.push_back(*bias);
  }
  const int images = plan.step(host::Conv{imageWindow(*this), int64_t(getGroup())}, std::move(inputs),
                               {n * out[2], oc, out[3], out[4]}, EvalPlan::postsOf(*this));
  host::Gather turn{{0, 2, 1, 3}, {}, 0};
  for (int64_t count : {n, oc, out[2], outPlane})
    turn.index.emplace_back(indices(count));
  const int turned = plan.step(std::move(turn), {plan.step(host::View{}, {images}, {n, out[2], oc, outPlane})},
                               {n, oc, out[2], outPlane});
  return plan.finish(*this, host::View{}, {turned});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct Conv3DLower : LowerInterface::ExternalModel<Conv3DLower, top::Conv3DOp> {
  std::string whyNotLowered(Operation *op, const Lowering &l) const {
    auto conv = cast<top::Conv3DOp>(op);
    return whyNoConv(l, conv.getFilter(), top::imageWindow(conv));
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto conv = cast<top::Conv3DOp>(op);
    Moves moves(l, op);
    ArrayRef<int64_t> in = shapeOf(conv.getInput()), out = shapeOf(conv.getOutput()), kernel = conv.getKernelShape();
    const int64_t n = in[0], ic = in[1], oc = out[1], plane = in[3] * in[4], outPlane = out[3] * out[4];
    // A channel's planes are rows, and the window over depth one of rows.
    const kernel::Window depths = windowOf({kernel[0], 1}, {conv.getStrides()[0], 1},
                                           {conv.getPads()[0], 0, conv.getPads()[3], 0}, {conv.getDilations()[0], 1});
    Value rows = moves.reshape(l.operand(conv.getInput()), {n, ic, in[2], plane}, "planes");
    Value taps = layOutWindows(moves, rows, depths, {n, ic, out[2], plane}, 0, true, false);
    taps = moves.permute(taps, {0, 2, 1, 3, 4, 5}, "taps");
    ConvParts parts{moves.reshape(taps, {n * out[2], ic * kernel[0], in[3], in[4]}, "images"),
                    {},
                    viewOf(l, conv.getFilter()),
                    {n * out[2], oc, out[3], out[4]},
                    l.roleOf(op, "convolution")};
    parts.shape.window = top::imageWindow(conv), parts.shape.group = conv.getGroup();
    FailureOr<Value> images = createAnyConv({op, conv.getBias(), Value()}, l, std::move(parts));
    if (failed(images))
      return failure();
    Value turned = moves.reshape(*images, {n, out[2], oc, outPlane}, "depths");
    l.map(conv.getOutput(), moves.reshapeAsResult(moves.permute(turned, {0, 2, 1, 3}, "channels")));
    return success();
  }
};

} // namespace

void registerConv3DLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::Conv3DOp::attachInterface<Conv3DLower>(*context); });
}

} // namespace tpu_mlir
