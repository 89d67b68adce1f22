//===- Relu.cpp - top.Relu, top.Clip --------------------------------------===//
// Rectification: bounds in a row are one pair of bounds, a clip from zero is a relu,
// and a relu becomes part of the op before it where that op can apply one.
#include "ClampedLine.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "mlir/IR/PatternMatch.h"

#include <cfloat>

using namespace mlir;
using namespace tpu_mlir::top;

//===- Verify -------------------------------------------------------------===//

LogicalResult ReluOp::verify() { return detail::verifyRelu(*this, true, getReluLimit().convertToDouble()); }

LogicalResult ClipOp::verify() {
  double min = getMin().convertToDouble(), max = getMax().convertToDouble();
  if (min <= max)
    return success();
  return emitOpError("'min' is ") << min << " but 'max' is " << max;
}

//===- Fold / canonicalise ------------------------------------------------===//

/// The limit of two relus in a row; -1 is none.
static double joinedLimit(double a, double b) { return a < 0 ? b : b < 0 ? a : std::min(a, b); }

namespace {
/// The op before the relu applies it and takes its name: the tensor between them disappears.
struct FuseIntoProducer : OpRewritePattern<ReluOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReluOp relu, PatternRewriter &rewriter) const override {
    Operation *producer = relu.getInput().getDefiningOp();
    if (!producer || !producer->hasTrait<FusesRelu>() || !relu.getInput().hasOneUse())
      return failure();
    double limit = relu.getReluLimit().convertToDouble();
    if (cast<BoolAttr>(producer->getAttr("do_relu")).getValue())
      limit = joinedLimit(limit, cast<FloatAttr>(producer->getAttr("relu_limit")).getValueAsDouble());
    rewriter.modifyOpInPlace(producer, [&] {
      producer->setAttr("do_relu", rewriter.getBoolAttr(true));
      producer->setAttr("relu_limit", rewriter.getF64FloatAttr(limit));
      producer->setLoc(relu.getLoc());
      producer->getResult(0).setType(relu.getType());
    });
    rewriter.replaceOp(relu, producer->getResult(0));
    return success();
  }
};

/// Relus and clips in a row are one clip: networks write relu6 as a minimum behind a maximum, or before it.
template <typename OpTy> struct JoinBounds : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Operation *before = op.getInput().getDefiningOp();
    if (!isa_and_nonnull<ReluOp, ClipOp>(before) || !before->hasOneUse())
      return failure();
    Value input = op.getInput();
    const ClampedLine second = *lineOf(op, input), first = *lineOf(before, input), both = compose(first, second);
    rewriter.replaceOpWithNewOp<ClipOp>(op, op.getType(), input, APFloat(both.low), APFloat(both.high));
    return success();
  }
};

/// Clip from zero to a positive limit, or to one that fp32 cannot exceed, is a relu; below zero there may be nothing to
/// cut.
struct ClipToRelu : OpRewritePattern<ClipOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ClipOp clip, PatternRewriter &rewriter) const override {
    double min = clip.getMin().convertToDouble(), max = clip.getMax().convertToDouble();
    if (!(max > 0) || min > 0 || (min < 0 && !isRectified(clip.getInput())))
      return failure();
    rewriter.replaceOpWithNewOp<ReluOp>(clip, clip.getType(), clip.getInput(), APFloat(max >= FLT_MAX ? -1.0 : max));
    return success();
  }

  static bool isRectified(Value value) {
    Operation *op = value.getDefiningOp();
    return op && op->hasTrait<FusesRelu>() && cast<BoolAttr>(op->getAttr("do_relu")).getValue();
  }
};
} // namespace

void ReluOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FuseIntoProducer, JoinBounds<ReluOp>>(context);
}
void ClipOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<ClipToRelu, JoinBounds<ClipOp>>(context);
}
