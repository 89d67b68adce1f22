//===- Conv2D.cpp - Convolutions on the chip ------------------------------===//
// All of tpu.Conv2D: what it accepts, and its recipe, which also serves products
// with a weight matrix (1x1 convolutions over rows) and per-channel scales
// (depth-wise 1x1).
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/FilterPacking.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Ops/WindowOf.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

using namespace mlir;

namespace tpu_mlir {

//===- Verify (tpu) -------------------------------------------------------===//

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
  if (failed(verifyOneKind(*this, getInput(), getOutput())))
    return failure();
  if (isPresent(getQuant()) && cast<ShapedType>(getQuant().getType()).getNumElements() != out.c * 3)
    return emitOpError() << "'quant' has 3 entries for each of " << out.c << " channels, got "
                         << cast<ShapedType>(getQuant().getType()).getNumElements();
  const NumberFormat format = formatOf(getOutput());
  const bool isDepthwise =
      !getBand() &&
      shapeOfConv(getKernelShape(), getStrides(), getPads(), getDilations(), group).isDepthwise(in.c, out.c);
  if (failed(verifyType(*this, "filter", getFilter(), format.isQuantized() ? DType::I8 : format.dtype)) ||
      failed(verifyType(*this, "bias", getBias(), biasTypeOf(format, isDepthwise))))
    return failure();
  return verifyType(*this, "quant", getQuant(), DType::I32);
}

//===- Form ---------------------------------------------------------------===//

DType biasTypeOf(const NumberFormat &out, bool isDepthwise) {
  return out.isQuantized() ? DType::I32 : isDepthwise ? out.dtype : DType::F32;
}

ConvShape shapeOfConv(ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                      ArrayRef<int64_t> dilations, int64_t group, int64_t band) {
  ConvShape s;
  s.window = windowOf(kernel, strides, pads, dilations);
  s.group = group, s.band = band;
  return s;
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
  const DType filterType = integers ? DType::I8 : outFormat.dtype;
  int64_t ic = shape.band ? bandWidth(channels, in.c) : in.c / shape.group;
  Dims packed = isDepthwise ? Dims{1, out.c, w.kh, w.kw} : Dims{1, out.c, (ic + pack - 1) / pack, w.kh * w.kw * pack};
  int filter = r.addWeight(1, filterType, packed, Layout::Compact, perChannel);
  int bias =
      hasBias ? r.addWeight(2, biasTypeOf(outFormat, isDepthwise), {1, out.c, 1, 1}, Layout::Compact, perChannel) : -1;
  int quant = integers ? r.addWeight(3, DType::I32, {1, out.c, 1, 3}, Layout::Aligned, perChannel) : -1;
  int y = r.addOutput(outFormat.dtype, out);
  int acc = integers ? r.addScratch(DType::I32, out) : y;
  // Sums with the bias stand apart from those without, so that no instruction writes what it reads.
  int sum = integers && hasBias ? r.addScratch(DType::I32, out) : acc;

  const int added = integers ? -1 : bias;
  r.steps.push_back(isDepthwise ? primitive::depthwise(acc, x, filter, w, added, inFormat.zeroPoint)
                                : primitive::conv(acc, x, filter, w, added, inFormat.zeroPoint));
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
