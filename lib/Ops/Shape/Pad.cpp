//===- Pad.cpp - Elements around a tensor ---------------------------------===//
// All of top.Pad and tpu.Pad: constant, mirrored or repeated. A constant that the
// operand's format cannot hold changes the format, unless nothing would see it.
// On the chip a copy program: the inside, then slabs or planes around it.
#include "DenseStrides.h"
#include "GatherAxes.h"
#include "MoveLower.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(PadOp op) {
  Shape shape(shapeOf(op.getInput()));
  size_t rank = shape.size();
  if (op.getPaddings().size() != 2 * rank)
    return op.emitOpError("'input' has ")
           << rank << " dimensions but 'paddings' has " << op.getPaddings().size() << " elements";
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t before = op.getPaddings()[axis], after = op.getPaddings()[axis + rank];
    if (op.getMode() == "reflect" && std::max(before, after) >= shape[axis])
      return op.emitOpError("mirrors ") << std::max(before, after) << " elements of axis " << axis << ", which has "
                                        << shape[axis] << " with the edge";
    shape[axis] += before + after;
  }
  return shape;
}

LogicalResult PadOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult PadOp::verify() {
  if (getMode() != "constant" && getMode() != "reflect" && getMode() != "edge")
    return emitOpError("'mode' is \"") << getMode() << "\"; known: constant, reflect, edge";
  if (failed(verifyList(*this, "paddings", getPaddings(), getPaddings().size(), 0)))
    return failure();
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t PadOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult PadOp::fold(FoldAdaptor) {
  bool isIdentity = getInput().getType() == getType() && hasStaticShape(getInput()) && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult PadOp::plan(EvalPlan &plan) {
  ArrayRef<int64_t> in = shapeOf(getInput()), paddings = getPaddings();
  StringRef mode = getMode();
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) -> int64_t {
    int64_t position = i - paddings[axis], last = in[axis] - 1;
    if (position >= 0 && position <= last)
      return position;
    if (mode == "edge")
      return std::clamp<int64_t>(position, 0, last);
    if (mode == "reflect")
      return position < 0 ? -position : 2 * last - position;
    return -1;
  });
  gather.fill = static_cast<float>(getVal().convertToDouble());
  return plan.compute(*this, std::move(gather), {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

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
  const auto [least, most] = kernel::rangeOf(have.dtype);
  // A threshold itself is one step above the largest integer.
  if (fill >= double(least - have.zeroPoint - 1) * have.scale && fill <= double(most - have.zeroPoint + 1) * have.scale)
    return in;
  if (fill < 0 && losesFill(pad))
    return in;
  if (l.leavesAsFloat(pad.getOutput()))
    return l.dequantize(in);
  if (std::string why = l.whyNoFormat(pad.getOutput()); !why.empty())
    return pad.emitOpError() << "'" << top::nameOf(pad.getOperation()) << "' has no INT8 form: " << why;
  return l.requantize(in, l.formatOfResult(pad.getOutput()), l.roleOf(pad, "requant_0"));
}

struct PadLower : LowerInterface::ExternalModel<PadLower, top::PadOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto pad = cast<top::PadOp>(op);
    if (pad.getMode() != "constant")
      if (std::accumulate(pad.getPaddings().begin(), pad.getPaddings().end(), int64_t(0)) > kMostMoves)
        return "it repeats more than " + std::to_string(kMostMoves) + " planes; pad with a constant, or in two steps";
    return "";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    FailureOr<Value> in = holdingFill(cast<top::PadOp>(op), l.operandAsIs(op->getOperand(0)), l);
    if (failed(in))
      return failure();
    lowerMove<tpu::PadOp>(op, *in, l);
    return success();
  }
};

} // namespace

void registerPadLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::PadOp::attachInterface<PadLower, MovesModel<top::PadOp>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

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

//===- Form ---------------------------------------------------------------===//

/// The bits of `real` in format `f`; what a fill writes.
static uint32_t fillBits(double real, const NumberFormat &f) {
  return f.isQuantized() ? static_cast<uint32_t>(quantizeOne(real, f)) : kernel::bitsIn(f.dtype, real);
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

} // namespace tpu_mlir
