//===- ShapeLowering.cpp - Moving data on the chip ------------------------===//
// tpu.Concat, Slice, Pad, Reshape, Permute, Upsample: copy programs between
// global tensors, and their lowering. Sections: Verify, Form, Lower. Input and output
// share one number format, so nothing is computed.
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <cstring>
#include <numeric>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::ConcatOp::verify() {
  if (failed(verifyTensors(*this)))
    return failure();
  ArrayRef<int64_t> out = shapeOf(getOutput());
  if (getAxis() >= out.size() || getInputs().empty()) // unsigned: below 0 is far above
    return emitOpError() << "'axis' is below the rank " << out.size() << " and there are inputs, got " << getAxis();
  int64_t sum = 0;
  for (Value v : getInputs()) {
    SmallVector<int64_t> shape(shapeOf(v));
    if (failed(verifySameFormat(*this, v, getOutput())))
      return failure();
    if (shape.size() == out.size()) {
      sum += shape[getAxis()];
      shape[getAxis()] = out[getAxis()];
    }
    if (ArrayRef<int64_t>(shape) != out)
      return emitOpError() << "an input of type " << v.getType() << " does not fit " << getOutput().getType()
                           << " along axis " << getAxis();
  }
  if (sum != out[getAxis()])
    return emitOpError() << "inputs have " << sum << " elements along axis " << getAxis() << " but 'output' has "
                         << out[getAxis()];
  return success();
}

LogicalResult tpu::SliceOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput());
  if (failed(verifyArray(*this, "offset", getOffset(), in.size(), 0)) ||
      failed(verifyArray(*this, "steps", getSteps(), in.size(), 1)))
    return failure();
  bool fits = in.size() == out.size();
  for (size_t i = 0; fits && i < in.size(); ++i)
    fits = getOffset()[i] < in[i] && (in[i] - 1 - getOffset()[i]) / getSteps()[i] >= out[i] - 1;
  if (!fits)
    return emitOpError() << "the slice of " << getInput().getType() << " ends behind it, for " << getOutput().getType();
  return success();
}

LogicalResult tpu::PadOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput()), pads = getPaddings();
  if (failed(verifyArray(*this, "paddings", pads, 2 * in.size(), 0)))
    return failure();
  if (getMode() != "constant" && getMode() != "reflect" && getMode() != "edge")
    return emitOpError() << "'mode' is constant, reflect or edge, got '" << getMode() << "'";
  bool fits = in.size() == out.size();
  for (size_t i = 0; fits && i < in.size(); ++i) {
    fits = out[i] == in[i] + pads[i] + pads[in.size() + i];
    if (getMode() == "reflect" && std::max(pads[i], pads[in.size() + i]) >= in[i])
      return emitOpError() << "'paddings' of axis " << i << " reflect more than its " << in[i] << " elements have";
  }
  int64_t planes = 0;
  for (int64_t p : pads)
    planes += p;
  if (getMode() != "constant" && planes > kMostMoves)
    return emitOpError() << "repeats more than " << kMostMoves << " planes, which no copy program can";
  if (!fits)
    return emitOpError() << "'paddings' do not take " << getInput().getType() << " to " << getOutput().getType();
  return success();
}

LogicalResult tpu::ReshapeOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())))
    return failure();
  int64_t in = cast<ShapedType>(getInput().getType()).getNumElements(),
          out = cast<ShapedType>(getOutput().getType()).getNumElements();
  if (in != out)
    return emitOpError() << "'input' has " << in << " elements but 'output' has " << out;
  return success();
}

LogicalResult tpu::PermuteOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput());
  if (failed(verifyArray(*this, "order", getOrder(), in.size(), 0)))
    return failure();
  SmallVector<bool> seen(in.size());
  bool fits = in.size() == out.size();
  for (size_t i = 0; fits && i < in.size(); ++i) {
    int64_t axis = getOrder()[i];
    fits = axis < int64_t(in.size()) && !seen[axis] && out[i] == in[axis];
    if (fits)
      seen[axis] = true;
  }
  if (!fits)
    return emitOpError() << "'order' does not take " << getInput().getType() << " to " << getOutput().getType();
  return success();
}

LogicalResult tpu::UpsampleOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())) ||
      failed(verifyArray(*this, "scale_h", {int64_t(getScaleH())}, 1, 1)) ||
      failed(verifyArray(*this, "scale_w", {int64_t(getScaleW())}, 1, 1)))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput());
  bool fits = in.size() == 4 && out.size() == 4 && out[0] == in[0] && out[1] == in[1] && out[2] % in[2] == 0 &&
              out[2] / in[2] == int64_t(getScaleH()) && out[3] % in[3] == 0 && out[3] / in[3] == int64_t(getScaleW());
  if (fits && int64_t(getScaleH()) * int64_t(getScaleW()) > kMostMoves)
    return emitOpError() << "repeats each pixel more than " << kMostMoves << " times, which no copy program can";
  if (!fits)
    return emitOpError() << "scales " << getScaleH() << " and " << getScaleW() << " do not take "
                         << getInput().getType() << " to " << getOutput().getType();
  return success();
}

//===- Form ---------------------------------------------------------------===//

static std::vector<int64_t> denseStrides(ArrayRef<int64_t> shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (int64_t i = int64_t(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

Form tpu::ConcatOp::form() {
  CopyProgram p{formatOf(getOutput()).dtype, {}};
  std::vector<int64_t> target = denseStrides(shapeOf(getOutput()));
  int64_t offset = 0;
  for (auto [i, v] : llvm::enumerate(getInputs())) {
    Move m;
    m.source = i;
    m.dims = shapeOf(v).vec();
    m.sourceStrides = denseStrides(m.dims);
    m.targetStrides = target;
    m.targetOffset = offset * target[getAxis()];
    offset += m.dims[getAxis()];
    p.moves.push_back(m);
  }
  return p;
}

Form tpu::SliceOp::form() {
  Move m;
  m.source = 0;
  m.dims = shapeOf(getOutput()).vec();
  m.sourceStrides = denseStrides(shapeOf(getInput()));
  m.targetStrides = denseStrides(m.dims);
  for (size_t i = 0; i < m.dims.size(); ++i) {
    m.sourceOffset += getOffset()[i] * m.sourceStrides[i];
    m.sourceStrides[i] *= getSteps()[i];
  }
  return CopyProgram{formatOf(getOutput()).dtype, {m}};
}

Form tpu::PermuteOp::form() {
  Move m;
  m.source = 0;
  m.dims = shapeOf(getOutput()).vec();
  std::vector<int64_t> source = denseStrides(shapeOf(getInput()));
  for (int64_t axis : getOrder())
    m.sourceStrides.push_back(source[axis]);
  m.targetStrides = denseStrides(m.dims);
  return CopyProgram{formatOf(getOutput()).dtype, {m}};
}

Form tpu::UpsampleOp::form() {
  if (shapeOf(getOutput()).size() == 4) {
    Recipe r;
    Dims in = nchwOf(getInput());
    int x = r.addInput(0, formatOf(getInput()).dtype, in,
                       {AxisMap::same(), AxisMap::same(), AxisMap::repeat(getScaleH()), AxisMap::repeat(getScaleW())});
    int y = r.addOutput(formatOf(getOutput()).dtype, nchwOf(getOutput()));
    primitive::CopyAttributes with;
    with.channels = in.c, with.repeatH = getScaleH(), with.repeatW = getScaleW();
    r.steps.push_back(primitive::copy(y, x, with));
    return r;
  }
  CopyProgram p{formatOf(getOutput()).dtype, {}};
  std::vector<int64_t> target = denseStrides(shapeOf(getOutput()));
  int64_t sh = getScaleH(), sw = getScaleW();
  for (int64_t i = 0; i < sh; ++i)
    for (int64_t j = 0; j < sw; ++j) {
      Move m;
      m.source = 0;
      m.dims = shapeOf(getInput()).vec();
      m.sourceStrides = denseStrides(m.dims);
      m.targetStrides = {target[0], target[1], target[2] * sh, sw};
      m.targetOffset = i * target[2] + j;
      p.moves.push_back(m);
    }
  return p;
}

Form tpu::ReshapeOp::form() { return View{}; }

/// The bits of `real` in format `f`; what a fill writes.
static uint32_t fillBits(double real, const NumberFormat &f) {
  if (f.isQuantized())
    return static_cast<uint32_t>(quantizeOne(real, f.scale, f.dtype));
  float v = real;
  uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}

Form tpu::PadOp::form() {
  NumberFormat format = formatOf(getOutput());
  CopyProgram p{format.dtype, {}};
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput()), paddings = getPaddings();
  size_t rank = in.size();
  auto before = paddings.take_front(rank);
  std::vector<int64_t> target = denseStrides(out), source = denseStrides(in);
  Move interior;
  interior.source = 0;
  interior.dims = in.vec();
  interior.sourceStrides = source;
  interior.targetStrides = target;
  for (size_t i = 0; i < rank; ++i)
    interior.targetOffset += before[i] * target[i];

  if (getMode() == "constant") {
    // Slabs before and after each axis; axes to the left are inside, axes to the right whole, so that none overlap.
    p.moves.push_back(interior);
    for (size_t axis = 0; axis < rank; ++axis)
      for (bool after : {false, true}) {
        Move slab;
        slab.dims = out.vec();
        slab.dims[axis] = after ? out[axis] - before[axis] - in[axis] : before[axis];
        if (slab.dims[axis] == 0)
          continue;
        for (size_t i = 0; i < axis; ++i) {
          slab.dims[i] = in[i];
          slab.targetOffset += before[i] * target[i];
        }
        slab.targetOffset += after ? (before[axis] + in[axis]) * target[axis] : 0;
        slab.targetStrides = target;
        slab.value = fillBits(getVal().convertToDouble(), format);
        p.moves.push_back(slab);
      }
    return p;
  }
  // Axis by axis, planes of the result repeat planes that stand already; axes to the left are whole by then.
  p.moves.push_back(interior);
  for (size_t axis = 0; axis < rank; ++axis)
    for (int64_t plane = 0; plane < out[axis]; ++plane) {
      int64_t inside = plane - before[axis];
      if (inside >= 0 && inside < in[axis])
        continue;
      int64_t last = in[axis] - 1;
      int64_t origin = getMode() == "edge" ? std::clamp<int64_t>(inside, 0, last)
                       : inside < 0        ? -inside
                                           : 2 * last - inside;
      Move copy;
      copy.source = kFromResult;
      copy.dims = out.vec();
      copy.dims[axis] = 1;
      int64_t start = 0;
      for (size_t i = axis + 1; i < rank; ++i) {
        copy.dims[i] = in[i];
        start += before[i] * target[i];
      }
      copy.sourceStrides = copy.targetStrides = target;
      copy.sourceOffset = start + (origin + before[axis]) * target[axis];
      copy.targetOffset = start + plane * target[axis];
      p.moves.push_back(copy);
    }
  return p;
}

//===- Lower --------------------------------------------------------------===//

namespace {

/// Whether every reader of a pad takes maxima, in which a fill below all other values is lost.
bool losesFill(top::PadOp pad) {
  return llvm::all_of(pad.getOutput().getUsers(), [](Operation *user) { return isa<top::MaxPoolOp>(user); });
}

/// The pad's operand in a format that holds its fill: the operand as it is where that does, or where the fill does not
/// matter; else floats, where these may leave, or integers of the pad's own range.
FailureOr<Value> holdingFill(top::PadOp pad, Value in, Lowering &l) {
  NumberFormat have = formatOf(in);
  const double fill = pad.getVal().convertToDouble();
  if (pad.getMode() != "constant" || !have.isQuantized())
    return in;
  const int64_t least = have.dtype == DType::I8 ? -128 : 0;
  // A threshold itself is one step above the largest integer.
  if (fill >= double(least - 1) * have.scale && fill <= double(least + 256) * have.scale)
    return in;
  if (fill < 0 && losesFill(pad))
    return in;
  if (l.leavesAsFloat(pad.getOutput()))
    return l.dequantize(in);
  if (std::string why = l.whyNoFormat(pad.getOutput()); !why.empty())
    return pad.emitOpError() << "'" << top::nameOf(pad.getOperation()) << "' has no INT8 form: " << why;
  return l.requantize(in, l.formatOfResult(pad.getOutput()), l.roleOf(pad, "requant_0"));
}

/// Ops whose result keeps the operand's format, as tpu op `TpuOp` with attributes `keep`.
template <typename TopOp, typename TpuOp>
struct MoveLower : LowerInterface::ExternalModel<MoveLower<TopOp, TpuOp>, TopOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    const std::string most = std::to_string(kMostMoves);
    if (auto upsample = dyn_cast<top::UpsampleOp>(op))
      if (int64_t(upsample.getScaleH()) * int64_t(upsample.getScaleW()) > kMostMoves)
        return "it repeats each pixel more than " + most + " times; enlarge in two steps";
    if (auto pad = dyn_cast<top::PadOp>(op); pad && pad.getMode() != "constant")
      if (std::accumulate(pad.getPaddings().begin(), pad.getPaddings().end(), int64_t(0)) > kMostMoves)
        return "it repeats more than " + most + " planes; pad with a constant, or in two steps";
    return "";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    Value in = l.operandAsIs(op->getOperand(0));
    if (auto pad = dyn_cast<top::PadOp>(op)) {
      FailureOr<Value> holding = holdingFill(pad, in, l);
      if (failed(holding))
        return failure();
      in = *holding;
    }
    NamedAttrList attrs;
    auto keep = [&](StringRef name) {
      if (Attribute a = op->getAttr(name))
        attrs.set(name, a);
    };
    for (StringRef name : {"offset", "steps", "paddings", "val", "mode", "order", "scale_h", "scale_w"})
      if (llvm::is_contained(TpuOp::getAttributeNames(), name))
        keep(name);
    l.map(op->getResult(0), TpuOp::create(l.builder, op->getLoc(), TypeRange{l.typeOf(op->getResult(0), formatOf(in))},
                                          ValueRange{in}, attrs.getAttrs()));
    return success();
  }
};

/// Part `i` of a join, lowered to integers or floats, as floats with the join's relu.
Value asFloat(top::ConcatOp concat, size_t i, Value part, Lowering &l) {
  NumberFormat format = formatOf(part);
  const double limit = concat.getReluLimit().convertToDouble();
  if (concat.getDoRelu() && !format.isQuantized())
    return tpu::ReluOp::create(
        l.builder, l.roleOf(concat, "relu_" + std::to_string(i)), TypeRange{part.getType()}, ValueRange{part},
        ArrayRef<NamedAttribute>{l.builder.getNamedAttr("relu_limit", concat.getReluLimitAttr())});
  if (concat.getDoRelu()) {
    // Unsigned integers saturate at 0, and at the limit where their steps end there.
    double scale = limit > 0 ? std::min(format.scale, limit / 255) : format.scale;
    part = l.requantize(part, {DType::U8, scale, 0}, l.roleOf(concat, "requant_" + std::to_string(i)));
  }
  return l.dequantize(part);
}

struct ConcatLower : LowerInterface::ExternalModel<ConcatLower, top::ConcatOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto concat = cast<top::ConcatOp>(op);
    NumberFormat out = l.formatOfResult(concat.getOutput());
    SmallVector<Value> values;
    for (Value v : concat.getInputs())
      values.push_back(l.operandAsIs(v));
    // One format for all parts would cost the small ones their values; a result that leaves is float anyway.
    const bool isFree =
        l.leavesAsFloat(concat.getOutput()) && llvm::any_of(values, [&](Value v) { return formatOf(v) != out; });
    if (isFree)
      out = {};
    for (auto [i, v] : llvm::enumerate(values))
      if (isFree)
        v = isWeight(concat.getInputs()[i]) && !concat.getDoRelu() ? concat.getInputs()[i] : asFloat(concat, i, v, l);
      else if (l.isInt8())
        v = l.requantize(v, out, l.roleOf(op, "requant_" + std::to_string(i)));
    int64_t axis = concat.getAxis() < 0 ? concat.getAxis() + shapeOf(concat.getOutput()).size() : concat.getAxis();
    const double limit = concat.getReluLimit().convertToDouble();
    // Parts that are joined as floats have their relu already.
    const bool rectifies = concat.getDoRelu() && !isFree && !saturatesAsRelu(out, limit);
    Value joined = tpu::ConcatOp::create(l.builder, rectifies ? l.roleOf(op, "concat") : op->getLoc(),
                                         l.typeOf(concat.getOutput(), out), values, axis);
    l.map(concat.getOutput(), rectifies ? createRectified(l, joined, limit, op->getLoc()) : joined);
    return success();
  }
};

template <typename TopOp, typename TpuOp> void attachMove(MLIRContext *context) {
  TopOp::template attachInterface<MoveLower<TopOp, TpuOp>, MovesModel<TopOp>>(*context);
}

} // namespace

void registerShapeLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::ConcatOp::attachInterface<ConcatLower, MovesModel<top::ConcatOp, true>>(*context);
    attachMove<top::SliceOp, tpu::SliceOp>(context);
    attachMove<top::PadOp, tpu::PadOp>(context);
    attachMove<top::ReshapeOp, tpu::ReshapeOp>(context);
    attachMove<top::FlattenOp, tpu::ReshapeOp>(context);
    attachMove<top::PermuteOp, tpu::PermuteOp>(context);
    attachMove<top::UpsampleOp, tpu::UpsampleOp>(context);
  });
}

} // namespace tpu_mlir
