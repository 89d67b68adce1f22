//===- Gather.cpp - top.Gather --------------------------------------------===//
// Elements of an axis by a constant list of indices. A list that rises evenly is
// a slice.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(GatherOp op) {
  Shape shape(shapeOf(op.getInput()));
  uint64_t axis = op.getAxis();
  if (axis >= shape.size())
    return op.emitOpError("'axis' is ") << static_cast<int64_t>(axis) << " but 'input' has " << shape.size()
                                        << " dimensions";
  for (int64_t index : op.getIndices())
    if (index >= shape[axis])
      return op.emitOpError("takes element ") << index << " of axis " << axis << ", which has " << shape[axis];
  shape[axis] = op.getIndices().size();
  return shape;
}

LogicalResult GatherOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  if (getIndices().empty())
    return emitOpError("needs at least one index");
  if (failed(verifyList(*this, "indices", getIndices(), getIndices().size(), 0)))
    return failure();
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t GatherOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

static bool risesEvenly(ArrayRef<int64_t> indices, int64_t step) {
  for (size_t i = 1; i < indices.size(); ++i)
    if (indices[i] - indices[i - 1] != step)
      return false;
  return step > 0;
}

OpFoldResult GatherOp::fold(FoldAdaptor) {
  bool isIdentity = getInput().getType() == getType() && hasStaticShape(getInput()) && risesEvenly(getIndices(), 1) &&
                    !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

namespace {
/// One element, or elements at even distances.
struct GatherToSlice : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> indices = op.getIndices();
    int64_t step = indices.size() > 1 ? indices[1] - indices[0] : 1;
    if (!hasStaticShape(op.getInput()) || !hasStaticShape(op.getOutput()) || !risesEvenly(indices, step))
      return failure();
    SmallVector<int64_t> ends(shapeOf(op.getInput())), offset(ends.size(), 0), steps(ends.size(), 1);
    offset[op.getAxis()] = indices.front(), ends[op.getAxis()] = indices.back() + 1, steps[op.getAxis()] = step;
    rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), op.getInput(), offset, steps, ends);
    return success();
  }
};

/// Gather(Gather(x)) along one axis takes elements of x.
struct JoinGathers : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<GatherOp>();
    if (!first || first.getAxis() != op.getAxis() || !hasStaticShapes(op))
      return failure();
    SmallVector<int64_t> indices;
    for (int64_t index : op.getIndices())
      indices.push_back(first.getIndices()[index]);
    rewriter.modifyOpInPlace(op, [&] {
      op.setIndices(indices);
      op.getInputMutable().assign(first.getInput());
    });
    return success();
  }
};
} // namespace

void GatherOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<GatherToSlice, JoinGathers>(context);
}
