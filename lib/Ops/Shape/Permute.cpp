//===- Permute.cpp - top.Permute ------------------------------------------===//
// Another order of the axes. Chains of permutes are joined, and a permute that
// only moves axes of one element is a reshape.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace tpu_mlir::top;

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
