//===- Upsample.cpp - Enlargement by whole factors ------------------------===//
// All of top.Upsample and tpu.Upsample: nearest neighbours. A copy that repeats
// rows and columns in local memory.
#include "DenseStrides.h"
#include "GatherAxes.h"
#include "MoveLower.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Recipe/Recipe.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(UpsampleOp op) {
  Shape shape(shapeOf(op.getInput()));
  if (shape.size() != 4)
    return op.emitOpError("'input' must have 4 dimensions, but its shape is ") << shapeText(shape);
  shape[2] = saturatingProduct(shape[2], op.getScaleH());
  shape[3] = saturatingProduct(shape[3], op.getScaleW());
  return shape;
}

LogicalResult UpsampleOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult UpsampleOp::verify() {
  int64_t down = getScaleH(), across = getScaleW();
  if (down < 1 || across < 1)
    return emitOpError("'scale_h' and 'scale_w' must be positive, but they are ") << down << " and " << across;
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t UpsampleOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult UpsampleOp::fold(FoldAdaptor) {
  bool isIdentity =
      getScaleH() == 1 && getScaleW() == 1 && getInput().getType() == getType() && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult UpsampleOp::plan(EvalPlan &plan) {
  int64_t scales[] = {1, 1, static_cast<int64_t>(getScaleH()), static_cast<int64_t>(getScaleW())};
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) { return i / scales[axis]; });
  return plan.compute(*this, std::move(gather), {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct UpsampleLower : LowerInterface::ExternalModel<UpsampleLower, top::UpsampleOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto upsample = cast<top::UpsampleOp>(op);
    if (int64_t(upsample.getScaleH()) * int64_t(upsample.getScaleW()) > kMostMoves)
      return "it repeats each pixel more than " + std::to_string(kMostMoves) + " times; enlarge in two steps";
    return "";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    lowerMove<tpu::UpsampleOp>(op, l.operandAsIs(op->getOperand(0)), l);
    return success();
  }
};

} // namespace

void registerUpsampleLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::UpsampleOp::attachInterface<UpsampleLower, MovesModel<top::UpsampleOp>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

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

} // namespace tpu_mlir
