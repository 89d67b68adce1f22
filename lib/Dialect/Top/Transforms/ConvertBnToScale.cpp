//===- ConvertBnToScale.cpp - Batch normalisation as a scale --------------===//
// Each batch normalisation for itself; what follows or precedes it is left to
// fold-scale and fuse-scale-into-conv.
#include "ChannelMap.h"
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"

using namespace mlir;

namespace tpu_mlir::top {
#define GEN_PASS_DEF_CONVERTBNTOSCALE
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

namespace {

struct BnToScale : OpRewritePattern<BatchNormOp> {
  BnToScale(MLIRContext *context, Constants &constants) : OpRewritePattern(context), constants(constants) {}
  LogicalResult matchAndRewrite(BatchNormOp op, PatternRewriter &rewriter) const override {
    auto map = channelMapOf(op, 1, constants);
    if (!map)
      return failure();
    replaceByScale(*map, constants, rewriter);
    return success();
  }
  Constants &constants;
};

struct ConvertBnToScalePass : impl::ConvertBnToScaleBase<ConvertBnToScalePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(requireWeights(module)))
      return signalPassFailure();
    Constants constants(module);
    RewritePatternSet patterns(&getContext());
    addConvertBnToScale(patterns, constants);
    if (failed(applyTo(module, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void addConvertBnToScale(RewritePatternSet &patterns, Constants &constants) {
  patterns.add<BnToScale>(patterns.getContext(), constants);
}

} // namespace tpu_mlir::top
