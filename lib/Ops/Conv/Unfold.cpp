//===- Unfold.cpp - tpu.Unfold: verifier, arithmetic, and when it pays ----===//
// A convolution of three channels leaves most of the array's input lanes idle.
// Sections: Verify, Form, Choice.
#include "Unfold.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/WindowOf.h"
#include "tpu_mlir/Primitive/Window.h"
#include "tpu_mlir/Timing/CostModel.h"

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::UnfoldOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())) ||
      failed(verifyWindow(*this, getInput(), getOutput(), getKernelShape(), getStrides(), getPads(), getDilations())))
    return failure();
  Dims in = nchwOf(getInput()), out = nchwOf(getOutput());
  int64_t taps = getKernelShape()[0] * getKernelShape()[1];
  if (out.c != in.c * taps)
    return emitOpError() << "unfolds " << in.c << " channels with " << taps << " taps each, but 'output' has " << out.c
                         << " channels";
  if (kernel::bitWidth(formatOf(getInput()).dtype) != 8)
    return emitOpError() << "'input' has 8-bit elements, got " << getInput().getType();
  if (cast<ShapedType>(getSelector().getType()).getNumElements() != out.c * taps)
    return emitOpError() << "'selector' is [1, " << out.c << ", " << getKernelShape()[0] << ", " << getKernelShape()[1]
                         << "], got " << getSelector().getType();
  return verifyType(*this, "selector", getSelector(), formatOf(getInput()).dtype);
}

//===- Form ---------------------------------------------------------------===//

Form tpu::UnfoldOp::form() {
  Recipe r;
  kernel::Window w = windowOf(getKernelShape(), getStrides(), getPads(), getDilations());
  Dims in = nchwOf(getInput()), out = nchwOf(getOutput());
  const NumberFormat format = formatOf(getInput());
  const DType type = format.dtype;
  int x = r.addInput(0, type, {in.n, out.c, in.h, in.w},
                     {AxisMap::same(), AxisMap::full(), AxisMap::window(w.kh, w.strideH, w.dilationH, w.padTop),
                      AxisMap::window(w.kw, w.strideW, w.dilationW, w.padLeft)});
  r.buffers[x].repeat = out.c / in.c;
  int selector = r.addWeight(1, type, {1, out.c, w.kh, w.kw}, Layout::Compact,
                             {AxisMap::full(), AxisMap::same(), AxisMap::full(), AxisMap::full()});
  int y = r.addOutput(type, out);
  r.steps.push_back(primitive::depthwise(y, x, selector, w, /*bias=*/-1, format.zeroPoint));
  return r;
}

//===- Choice -------------------------------------------------------------===//

/// What loading every channel by itself, to as many lanes as it has taps, costs beyond the plain load; or beyond no
/// transfer at all, where the operand would stay in local memory.
static double carryCycles(const Dims &in, bool isMade, const target::Chip &chip) {
  const double batches = double(in.n), plane = double(in.h * in.w);
  auto copy = [&](timing::Copy direction, double rows) {
    return timing::copyCycles(chip, direction, rows, plane) + double(chip.time.gdmaIssueCycles);
  };
  const double channels = double(in.c) * copy(timing::Copy::Load, batches);
  const double other =
      isMade ? copy(timing::Copy::Store, batches * double(in.c)) : -copy(timing::Copy::Load, batches * double(in.c));
  return (channels + other) * timing::gdmaToTiu(chip);
}

std::optional<Unfolding> chooseUnfolding(const kernel::Window &w, const Dims &in, const Dims &out, bool isMade,
                                         const target::Chip &chip) {
  const int64_t pack = chip.compute.icParallel8;
  auto convCost = [&](int64_t ic, int64_t kh, int64_t kw) {
    const double weights = double(out.c * ((ic + pack - 1) / pack * pack) * kh * kw);
    return timing::convCycles(chip, {double(out.n), double(ic), double(out.c), double(out.h), double(out.w), double(kh),
                                     double(kw), 1}) +
           weights / timing::copyRate(chip, timing::Copy::Load) * timing::gdmaToTiu(chip);
  };
  double best = convCost(in.c, w.kh, w.kw);
  std::optional<Unfolding> found;
  for (int64_t columns : {int64_t(1), w.strideW, w.kw}) {
    if (columns > w.kw)
      continue;
    Unfolding u;
    u.columns = columns;
    u.channels = in.c * w.kh * columns;
    u.kernelW = (w.kw + columns - 1) / columns;
    bool steps = columns > 1 || w.strideW == 1; // the unfolding takes the stride; else the convolution does
    u.strideW = steps ? 1 : w.strideW;
    int64_t stride = steps ? w.strideW : 1;
    u.dilationW = columns == 1 ? w.dilationW : 1;
    const int64_t dilation = columns == 1 ? 1 : w.dilationW; // of the unfolding
    u.width = (out.w - 1) * u.strideW + u.dilationW * (u.kernelW - 1) + 1;
    // Columns lie one convolution step apart only when they are as many as the stride, or all there are.
    if (u.kernelW > 1 && (columns != stride || dilation > 1))
      continue;
    int64_t right = std::max<int64_t>(0, (u.width - 1) * stride + dilation * (columns - 1) + 1 - in.w - w.padLeft);
    u.window = {w.kh, columns, w.strideH, stride, w.dilationH, dilation, w.padTop, w.padLeft, w.padBottom, right};
    bool legal = u.channels <= chip.local.lanes && right <= chip.limits.maxWindowPad &&
                 u.window.outW(in.w) == u.width && u.width <= chip.limits.maxDim;
    if (!legal)
      continue;
    timing::Spread result{double(out.n), double(u.channels), double(out.h), double(u.width)};
    double cost = timing::depthwiseCycles(chip, {result, double(w.kh), double(columns), 1, 1}) +
                  convCost(u.channels, 1, u.kernelW) + carryCycles(in, isMade, chip);
    if (cost < best)
      best = cost, found = u;
  }
  return found;
}

std::vector<int8_t> unfoldFilter(const std::vector<int8_t> &filter, int64_t oc, int64_t ic, const Unfolding &u,
                                 const kernel::Window &w) {
  std::vector<int8_t> unfolded(oc * u.channels * u.kernelW, 0);
  for (int64_t o = 0; o < oc; ++o)
    for (int64_t c = 0; c < ic; ++c)
      for (int64_t i = 0; i < w.kh; ++i)
        for (int64_t t = 0; t < w.kw; ++t) {
          int64_t channel = (c * w.kh + i) * u.columns + t % u.columns;
          unfolded[(o * u.channels + channel) * u.kernelW + t / u.columns] =
              filter[((o * ic + c) * w.kh + i) * w.kw + t];
        }
  return unfolded;
}

std::vector<uint8_t> selectorOf(int64_t ic, const Unfolding &u) {
  int64_t taps = u.window.kh * u.columns;
  std::vector<uint8_t> selector(u.channels * taps, 0);
  for (int64_t channel = 0; channel < ic * taps; ++channel)
    selector[channel * taps + channel % taps] = 1;
  return selector;
}

} // namespace tpu_mlir
