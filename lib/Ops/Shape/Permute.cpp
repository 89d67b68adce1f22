//===- Permute.cpp - Another order of the axes ----------------------------===//
// All of top.Permute and tpu.Permute. Chains of permutes are joined, and a
// permute that only moves axes of one element is a reshape. In global memory one
// move; in local memory exchanges of lanes and columns, and of rows and heads.
#include "DenseStrides.h"
#include "GatherAxes.h"
#include "MoveLower.h"
#include "mlir/IR/PatternMatch.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Recipe/Recipe.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(PermuteOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (op.getOrder().size() != in.size())
    return op.emitOpError("'input' has ")
           << in.size() << " dimensions but 'order' has " << op.getOrder().size() << " elements";
  Shape out;
  for (int64_t axis : op.getOrder())
    out.push_back(in[axis]);
  return out;
}

LogicalResult PermuteOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult PermuteOp::verify() {
  SmallVector<int64_t> sorted(getOrder());
  llvm::sort(sorted);
  for (auto [axis, value] : llvm::enumerate(sorted))
    if (value != static_cast<int64_t>(axis)) {
      auto diagnostic = emitOpError("'order' must name each of the axes 0 to ")
                        << sorted.size() - 1 << " once, but it is ";
      llvm::interleaveComma(getOrder(), diagnostic);
      return diagnostic;
    }
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t PermuteOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult PermuteOp::fold(FoldAdaptor) {
  bool isIdentity = llvm::is_sorted(getOrder()) && getInput().getType() == getType() && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

namespace {
struct JoinPermutes : OpRewritePattern<PermuteOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PermuteOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<PermuteOp>();
    if (!first || first.getOrder().size() != op.getOrder().size())
      return failure();
    SmallVector<int64_t> order;
    for (int64_t axis : op.getOrder())
      order.push_back(first.getOrder()[axis]);
    rewriter.modifyOpInPlace(op, [&] {
      op.setOrder(order);
      op.getInputMutable().assign(first.getInput());
    });
    return success();
  }
};

/// The axes with more than one element keep their order, so no element moves.
struct PermuteToReshape : OpRewritePattern<PermuteOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PermuteOp op, PatternRewriter &rewriter) const override {
    if (!hasStaticShape(op.getInput()) || !hasStaticShape(op.getOutput()))
      return failure();
    auto order = llvm::make_filter_range(op.getOrder(), [&](int64_t axis) { return shapeOf(op.getInput())[axis] > 1; });
    if (!llvm::is_sorted(SmallVector<int64_t>(order)))
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput(), shapeOf(op.getOutput()));
    return success();
  }
};
} // namespace

void PermuteOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<JoinPermutes, PermuteToReshape>(context);
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult PermuteOp::plan(EvalPlan &plan) {
  auto gather = gatherAxes(getOutput(), [](size_t, int64_t i) { return i; });
  gather.sourceAxis.assign(getOrder().begin(), getOrder().end());
  return plan.compute(*this, std::move(gather), {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

void registerPermuteLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::PermuteOp::attachInterface<MoveLower<top::PermuteOp, tpu::PermuteOp>, MovesModel<top::PermuteOp>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

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

//===- Form ---------------------------------------------------------------===//

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

//===- Local form ---------------------------------------------------------===//

/// [b, c, 1, w] to [b, w, 1, c].
static Recipe exchange(DType type, int64_t batch, int64_t c, int64_t w) {
  Recipe r;
  int x = r.addInput(0, type, {batch, c, 1, w}, {AxisMap::same(), AxisMap::full(), AxisMap::full(), AxisMap::full()});
  r.steps.push_back(primitive::transpose(r.addOutput(type, {batch, w, 1, c}), x));
  return r;
}

/// [b, rows, heads, w] to [b, heads, rows, w], and then, for `turns`, to [b, heads, w, rows]. Of rows and heads, the
/// more numerous lie in the lanes.
static Recipe exchangeHeads(DType type, int64_t batch, int64_t rows, int64_t heads, int64_t w, bool turns) {
  Recipe r;
  const bool splits = rows >= heads || turns;
  const auto same = AxisMap::same(), full = AxisMap::full();
  if (!splits) {
    int x = r.addInput(0, type, {batch * rows, heads, 1, w}, {AxisMap::window(rows, rows, 1, 0), same, full, full});
    r.steps.push_back(primitive::heads(r.addOutput(type, {batch, heads, 1, rows * w}), x));
    return r;
  }
  int x = r.addInput(0, type, {batch, rows, 1, heads * w}, {AxisMap::repeat(heads), turns ? full : same, full, full});
  const Dims split{batch * heads, rows, 1, w};
  if (!turns) {
    r.steps.push_back(primitive::heads(r.addOutput(type, split), x));
    return r;
  }
  int y = r.addOutput(type, {batch * heads, w, 1, rows}), one = r.addScratch(type, split);
  r.buffers[one].map = {same, full, full, full};
  r.steps = {primitive::heads(one, x), primitive::transpose(y, one)};
  return r;
}

std::optional<Recipe> tpu::PermuteOp::localForm() {
  DType type = formatOf(getInput()).dtype;
  SmallVector<int64_t> shape(shapeOf(getInput())), order(getOrder());
  // Axes that stay together count as one, but for those behind the batch that a product would see apart.
  if (order == SmallVector<int64_t>{0, 2, 3, 1} && shape[2] > 1 && shape[3] > 1)
    return exchangeHeads(type, shape[0], shape[1], shape[2], shape[3], true);
  for (size_t i = 1; i < order.size();) {
    if (order[i] != order[i - 1] + 1) {
      ++i;
      continue;
    }
    int64_t gone = order[i];
    shape[gone - 1] *= shape[gone];
    shape.erase(shape.begin() + gone);
    order.erase(order.begin() + i);
    for (int64_t &o : order)
      o -= o > gone;
  }
  if (order == SmallVector<int64_t>{1, 0})
    return exchange(type, 1, shape[0], shape[1]);
  if (order == SmallVector<int64_t>{0, 2, 1})
    return exchange(type, shape[0], shape[1], shape[2]);
  if (order == SmallVector<int64_t>{1, 0, 2})
    return exchangeHeads(type, 1, shape[0], shape[1], shape[2], false);
  if (order == SmallVector<int64_t>{0, 2, 1, 3})
    return exchangeHeads(type, shape[0], shape[1], shape[2], shape[3], false);
  return std::nullopt;
}

} // namespace tpu_mlir
