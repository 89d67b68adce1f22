//===- Slice.cpp - A strided box of a tensor ------------------------------===//
// All of top.Slice and tpu.Slice. In global memory one move; in local memory a
// copy with steps, as long as rows and channels are taken without any.
#include "DenseStrides.h"
#include "GatherAxes.h"
#include "MoveLower.h"
#include "RowsInLanes.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <array>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(SliceOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (op.getOffset().size() != in.size())
    return op.emitOpError("'input' has ")
           << in.size() << " dimensions but 'offset' has " << op.getOffset().size() << " elements";
  Shape out;
  for (auto [axis, size] : llvm::enumerate(in)) {
    int64_t begin = op.getOffset()[axis], end = op.getEnds()[axis], step = op.getSteps()[axis];
    if (begin >= end || end > size)
      return op.emitOpError("takes [") << begin << ", " << end << ") of axis " << axis << ", which has " << size
                                       << " elements";
    out.push_back((end - begin + step - 1) / step);
  }
  return out;
}

LogicalResult SliceOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult SliceOp::verify() {
  int64_t rank = getOffset().size();
  if (failed(verifyList(*this, "offset", getOffset(), rank, 0)) ||
      failed(verifyList(*this, "steps", getSteps(), rank, 1)) || failed(verifyList(*this, "ends", getEnds(), rank, 1)))
    return failure();
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t SliceOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult SliceOp::fold(FoldAdaptor) {
  // The same shape leaves no room to skip anything.
  bool isIdentity = getInput().getType() == getType() && hasStaticShape(getInput()) && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult SliceOp::plan(EvalPlan &plan) {
  ArrayRef<int64_t> offset = getOffset(), steps = getSteps();
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) { return offset[axis] + i * steps[axis]; });
  return plan.compute(*this, std::move(gather), {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

void registerSliceLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::SliceOp::attachInterface<MoveLower<top::SliceOp, tpu::SliceOp>, MovesModel<top::SliceOp>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

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

//===- Form ---------------------------------------------------------------===//

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

//===- Local form ---------------------------------------------------------===//

/// A list by the axes of `rowsOf`.
static std::array<int64_t, 4> byAxis(ArrayRef<int64_t> list, int64_t missing) {
  switch (list.size()) {
  case 2:
    return {missing, list[0], missing, list[1]};
  case 3:
    return {list[0], list[1], missing, list[2]};
  default:
    return {list[0], list[1], list[2], list[3]};
  }
}

std::optional<Recipe> tpu::SliceOp::localForm() {
  std::optional<Dims> in = rowsOf(shapeOf(getInput())), out = rowsOf(shapeOf(getOutput()));
  if (!in)
    return std::nullopt;
  std::array<int64_t, 4> offset = byAxis(getOffset(), 0), steps = byAxis(getSteps(), 1);
  if (steps[0] != 1 || steps[1] != 1)
    return std::nullopt;
  const int64_t size[4] = {in->n, in->c, in->h, in->w}, part[4] = {out->n, out->c, out->h, out->w};
  std::array<AxisMap, 4> map;
  for (int a = 0; a < 4; ++a)
    if (offset[a] || steps[a] != 1 || part[a] != size[a])
      map[a] = a == 1 ? AxisMap::full() : AxisMap::window(1, steps[a], 1, -offset[a]);
  Recipe r;
  DType type = formatOf(getInput()).dtype;
  int x = r.addInput(0, type, *in, map), y = r.addOutput(type, *out);
  primitive::CopyAttributes with;
  if (map[1].kind == AxisMap::Kind::Full)
    with.fromChannel = offset[1], with.channels = out->c;
  with.stepH = steps[2], with.stepW = steps[3];
  r.steps.push_back(primitive::copy(y, x, with));
  return r;
}

} // namespace tpu_mlir
