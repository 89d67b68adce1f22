//===- ConstEltwise.cpp - top.AddConst, top.MulConst ----------------------===//
// Arithmetic with one number: dropping what changes nothing and joining chains.
#include "../Activation/Recognise.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace tpu_mlir::top;

//===- Fold / canonicalise ------------------------------------------------===//

template <typename ConstOp> static OpFoldResult foldNeutral(ConstOp op, double neutral) {
  bool isIdentity = op.getConstVal().convertToDouble() == neutral && !op.getDoRelu() &&
                    op.getInput().getType() == op.getOutput().getType() && !isReturned(op.getOutput());
  return isIdentity ? op.getInput() : OpFoldResult();
}

OpFoldResult AddConstOp::fold(FoldAdaptor) { return foldNeutral(*this, 0); }
OpFoldResult MulConstOp::fold(FoldAdaptor) { return foldNeutral(*this, 1); }

namespace {
/// (x + a) + b is x + (a + b), (x * a) * b is x * (a * b): one rounding instead of two. Where the tensor in between has
/// another use, it is there anyway; and it may be the x of an activation that begins here (see Recognise.cpp).
template <typename ConstOp> struct JoinConstants : OpRewritePattern<ConstOp> {
  using OpRewritePattern<ConstOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(ConstOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().template getDefiningOp<ConstOp>();
    if (!first || first.getDoRelu() || !op.getInput().hasOneUse())
      return failure();
    double a = first.getConstVal().convertToDouble(), b = op.getConstVal().convertToDouble();
    rewriter.modifyOpInPlace(op, [&] {
      op.setConstVal(APFloat(std::is_same_v<ConstOp, AddConstOp> ? a + b : a * b));
      op.getInputMutable().assign(first.getInput());
    });
    return success();
  }
};
} // namespace

void AddConstOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<JoinConstants<AddConstOp>>(context);
}
void MulConstOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<JoinConstants<MulConstOp>>(context);
  addActivationsOfMulConst(patterns);
}
