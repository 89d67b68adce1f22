//===- FoldScale.cpp - Chains of scales -----------------------------------===//
// Joins what is consecutive; convolutions are fuse-scale-into-conv's.
#include "ChannelMap.h"
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"

using namespace mlir;

namespace tpu_mlir::top {
#define GEN_PASS_DEF_FOLDSCALE
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

namespace {

/// Matches the end of a chain, so that a chain of any length is joined in one step.
struct JoinScales : RewritePattern {
  JoinScales(MLIRContext *context, Constants &constants)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), constants(constants) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto end = channelMapOf(op, 1, constants);
    if (!end)
      return failure();
    int behind = 0, before = 0;
    if (!end->hasRelu())
      (void)chainAfter(op->getResult(0), 1, constants, behind);
    auto chain = chainBefore(end->input, 1, constants, before);
    if (behind || !before)
      return failure();
    ChannelMap whole = compose(*chain, *end);
    if (!whole.isPerChannel)
      return failure();
    replaceByScale(whole, constants, rewriter);
    return success();
  }
  Constants &constants;
};

struct FoldScalePass : impl::FoldScaleBase<FoldScalePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(requireWeights(module)))
      return signalPassFailure();
    Constants constants(module);
    RewritePatternSet patterns(&getContext());
    addFoldScale(patterns, constants);
    if (failed(applyTo(module, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void addFoldScale(RewritePatternSet &patterns, Constants &constants) {
  patterns.add<JoinScales>(patterns.getContext(), constants);
}

} // namespace tpu_mlir::top
