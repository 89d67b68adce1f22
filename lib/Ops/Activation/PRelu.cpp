//===- PRelu.cpp - Rectification by slopes --------------------------------===//
// All of top.PRelu and tpu.PRelu: a slope for each channel, or whatever the slopes
// broadcast over. With integers and a slope per channel, two requantisations and
// the larger (or smaller) of them; with slopes that broadcast otherwise, their
// product is requantised.
#include "../Eltwise/Broadcast.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/LeakySteps.h"
#include "tpu_mlir/Ops/ZeroPoints.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input", "slope"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(PReluOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput()), slope = shapeOf(op.getSlope());
  FailureOr<Shape> wider = broadcast(in, slope);
  if (failed(wider) || ArrayRef<int64_t>(*wider) != in)
    return op.emitOpError("'slope' has shape ")
           << shapeText(slope) << ", which does not broadcast to 'input', " << shapeText(in);
  return Shape(in);
}

LogicalResult PReluOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult PReluOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t PReluOp::flops() { return elementCount(getOutput()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult PReluOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Combine{host::Combine::Kind::Rectify, {}}, {getInput(), getSlope()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

/// Whether slopes of that shape are one for each channel (axis 1) of a tensor of shape `in`.
bool isPerChannel(ArrayRef<int64_t> slope, ArrayRef<int64_t> in) {
  if (in.size() < 2 || slope.size() + 1 < in.size())
    return false;
  for (size_t axis = 0; axis < slope.size(); ++axis)
    if (int64_t size = slope[axis]; axis + in.size() - slope.size() == 1 ? size != in[1] : size != 1)
      return false;
  return true;
}

struct PReluLower : LowerInterface::ExternalModel<PReluLower, top::PReluOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    return isWeight(cast<top::PReluOp>(op).getSlope()) ? "" : "'slope' is computed by the network; it must be constant";
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto prelu = cast<top::PReluOp>(op);
    Value in = l.operand(prelu.getInput());
    const NumberFormat inFormat = formatOf(in), out = l.formatOfResult(prelu.getOutput());
    Type type = l.typeOf(prelu.getOutput(), out);
    ArrayRef<int64_t> shape = shapeOf(prelu.getOutput());
    NamedAttrList attrs;
    Value slope;
    if (!l.isQuantized()) {
      Value operands[] = {in, l.operand(prelu.getSlope())};
      repeatToFourAxes(l, op, operands, shape);
      slope = operands[1];
    } else {
      slope = quantise(prelu, l, inFormat.scale / out.scale, in, attrs);
      if (!slope)
        return failure();
    }
    l.map(prelu.getOutput(),
          tpu::PReluOp::create(l.builder, op->getLoc(), TypeRange{type}, ValueRange{in, slope}, attrs.getAttrs()));
    return success();
  }

  /// The slopes as integers, and the attributes that go with them. `factor`: steps of the result per step of the input.
  static Value quantise(top::PReluOp prelu, Lowering &l, double factor, Value in, NamedAttrList &attrs) {
    ArrayRef<float> slopes = l.weightData(prelu.getSlope());
    Builder &b = l.builder;
    auto set = [&](StringRef multiplier, StringRef rshift, const Multiplier &m) {
      attrs.set(multiplier, b.getI64IntegerAttr(m.multiplier));
      attrs.set(rshift, b.getI64IntegerAttr(m.rshift));
    };
    auto isPossible = [&](double by) {
      if (multiplierOf(by).rshift >= -31)
        return true;
      prelu.emitOpError() << "needs a multiplier beyond int32; its output's range is too small for its input's";
      return false;
    };
    float largest = 0;
    for (float s : slopes)
      largest = std::max(largest, std::fabs(s));
    if (!isPossible(factor) || !isPossible(factor * largest))
      return {};
    set("multiplier", "rshift", multiplierOf(factor));
    // The line above 0 and the one below it meet there, so the larger of the two is right where no slope exceeds 1.
    auto [least, most] = std::minmax_element(slopes.begin(), slopes.end());
    if (*most <= 1 || *least >= 1)
      attrs.set("takes_max", b.getBoolAttr(*most <= 1));
    if (isPerChannel(shapeOf(prelu.getSlope()), shapeOf(prelu.getInput()))) {
      const auto zeroPoint = int32_t(l.formatOfResult(prelu.getOutput()).zeroPoint);
      std::vector<int32_t> entries;
      for (float s : slopes) {
        Multiplier m = multiplierOf(factor * s);
        entries.insert(entries.end(), {int32_t(m.multiplier), int32_t(-m.rshift), zeroPoint});
      }
      const auto c = int64_t(slopes.size());
      return l.addWeight<int32_t>(prelu, "slopes", entries, {1, c, 1, 3}, DType::I32);
    }
    Value operands[] = {in, l.operand(prelu.getSlope())};
    const double step = formatOf(operands[1]).scale;
    set("slope_multiplier", "slope_rshift", multiplierOf(factor * step));
    // Rounded slopes may cross 1, where the larger and the smaller change sides.
    if (*most <= 1 ? std::round(*most / step) * step > 1 : std::round(*least / step) * step < 1)
      attrs.erase("takes_max");
    repeatToFourAxes(l, prelu, operands, shapeOf(prelu.getOutput()));
    return operands[1];
  }
};

} // namespace

void registerPReluLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::PReluOp::attachInterface<PReluLower>(*context); });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::PReluOp::verify() {
  if (failed(verifyTensors(*this, {1})) || failed(verifySameShape(*this, getInput(), getOutput())) ||
      failed(verifyRequant(*this, getMultiplier(), getRshift())) ||
      failed(verifyRequant(*this, getSlopeMultiplier(), getSlopeRshift())))
    return failure();
  if (failed(verifyOneKind(*this, getInput(), getOutput())))
    return failure();
  const NumberFormat format = formatOf(getInput());
  DType slope = formatOf(getSlope()).dtype;
  if (slope != DType::I32) {
    if (failed(verifyType(*this, "slope", getSlope(), format.isQuantized() ? DType::I8 : format.dtype)))
      return failure();
    return verifyBroadcastDims(*this, {getInput(), getSlope()}, getOutput());
  }
  const int64_t c = nchwOf(getInput()).c;
  if (!format.isQuantized() || shapeOf(getSlope()) != ArrayRef<int64_t>({1, c, 1, 3}))
    return emitOpError() << "int32 'slope' holds [1, " << c << ", 1, 3] entries of a requantisation of integers, got "
                         << getSlope().getType();
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::PReluOp::form() {
  Recipe r;
  const NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  const DType slopeType = formatOf(getSlope()).dtype;
  const bool hasEntries = slopeType == DType::I32;
  BroadcastDims dims;
  if (hasEntries)
    dims = {{nchwOf(getInput())}, nchwOf(getOutput())};
  else
    dims = broadcastDims(*this, {getInput(), getSlope()}, getOutput());
  const Dims all = dims.result;
  const int x = r.addInput(0, in.dtype, all);
  auto full = AxisMap::full();
  const int slope =
      hasEntries ? r.addWeight(1, DType::I32, {1, all.c, 1, 3}, Layout::Aligned, {full, AxisMap::same(), full, full})
                 : addBroadcast(r, 1, getSlope(), dims.operands[1], all);
  const int y = r.addOutput(out.dtype, all);
  auto binary = [&](kernel::BinaryOp op, int dst, int a, int b) {
    r.steps.push_back(b < 0 ? primitive::binary(op, dst, a, primitive::Constant{0, r.buffers[a].dtype})
                            : primitive::binary(op, dst, a, b));
  };
  auto requant = [&](int dst, int a, int64_t multiplier, int64_t rshift, int64_t zeroPoint) {
    r.steps.push_back(primitive::requant(dst, a, {int32_t(multiplier), int32_t(-rshift), int32_t(zeroPoint)}));
  };
  constexpr int kZero = -1;
  if (!in.isQuantized()) {
    addLeakySteps(r, x, y, {Slopes::Range::Any, 0, slope});
    return r;
  }
  const int straight = r.addScratch(out.dtype, all), sloped = r.addScratch(out.dtype, all);
  const int centre = centred(r, x, in, all);
  int above = centre, below = centre;
  if (!getTakesMax()) {
    const DType type = r.buffers[centre].dtype;
    above = r.addScratch(type, all), below = r.addScratch(type, all);
    binary(kernel::BinaryOp::Max, above, centre, kZero);
    binary(kernel::BinaryOp::Min, below, centre, kZero);
  }
  requant(straight, above, getMultiplier(), getRshift(), out.zeroPoint);
  if (hasEntries) {
    r.steps.push_back(primitive::requant(sloped, below, slope));
  } else {
    const int product = r.addScratch(DType::I16, all);
    binary(kernel::BinaryOp::Mul, product, below, slope);
    requant(sloped, product, getSlopeMultiplier(), getSlopeRshift(), out.zeroPoint);
  }
  if (!getTakesMax() && out.zeroPoint) { // the sum has it twice
    const int sum = r.addScratch(DType::I16, all);
    binary(kernel::BinaryOp::Add, sum, straight, sloped);
    r.steps.push_back(
        primitive::binary(kernel::BinaryOp::Sub, y, sum, primitive::Constant{double(out.zeroPoint), DType::I16}));
    return r;
  }
  binary(!getTakesMax()                 ? kernel::BinaryOp::Add
         : getTakesMaxAttr().getValue() ? kernel::BinaryOp::Max
                                        : kernel::BinaryOp::Min,
         y, straight, sloped);
  return r;
}

} // namespace tpu_mlir
