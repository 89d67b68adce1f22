//===- ExtraOptimize.cpp - Constants into weights -------------------------===//
// Runs the folds that make weights, in the order that rounds least: into
// convolutions, then into one another, then whatever is left for itself.
#include "ChannelMap.h"
#include "Flops.h"
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"

using namespace mlir;

namespace tpu_mlir::top {
#define GEN_PASS_DEF_EXTRAOPTIMIZE
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

namespace {

/// A sum or product with a constant that is one number, or one number per channel, says so.
template <typename EltwiseOp> struct NameConstant : OpRewritePattern<EltwiseOp> {
  NameConstant(MLIRContext *context, Constants &constants)
      : OpRewritePattern<EltwiseOp>(context), constants(constants) {}
  LogicalResult matchAndRewrite(EltwiseOp op, PatternRewriter &rewriter) const override {
    auto map = channelMapOf(op, 0, constants);
    bool isScalar = map && !map->isPerChannel && (map->addsNothing() || map->scalesNothing());
    if (!isScalar)
      map = channelMapOf(op, 1, constants);
    if (!map)
      return failure();
    if (!isScalar) {
      replaceByScale(*map, constants, rewriter);
      return success();
    }
    if (map->addsNothing())
      rewriter.replaceOpWithNewOp<MulConstOp>(op, op.getType(), map->input, APFloat(map->scale[0]), op.getDoRelu(),
                                              op.getReluLimit());
    else
      rewriter.replaceOpWithNewOp<AddConstOp>(op, op.getType(), map->input, APFloat(map->bias[0]), op.getDoRelu(),
                                              op.getReluLimit());
    return success();
  }
  Constants &constants;
};

void addCanonicalPatterns(RewritePatternSet &patterns) {
  for (RegisteredOperationName op : patterns.getContext()->getRegisteredOperations())
    if (op.getDialectNamespace() == TopDialect::getDialectNamespace())
      op.getCanonicalizationPatterns(patterns, patterns.getContext());
}

struct ExtraOptimizePass : impl::ExtraOptimizeBase<ExtraOptimizePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(requireWeights(module)))
      return signalPassFailure();
    Constants constants(module);
    auto stage = [&](auto... add) {
      RewritePatternSet patterns(&getContext());
      (add(patterns, constants), ...);
      return applyTo(module, std::move(patterns));
    };
    auto nameConstants = [](RewritePatternSet &patterns, Constants &constants) {
      patterns.add<NameConstant<AddOp>, NameConstant<SubOp>, NameConstant<MulOp>>(patterns.getContext(), constants);
    };
    auto canonicalise = [](RewritePatternSet &patterns, Constants &) { addCanonicalPatterns(patterns); };
    if (failed(stage(addFuseScaleIntoConv)) || failed(stage(addFoldScale)) ||
        failed(stage(addConvertBnToScale, nameConstants)) || failed(stage(canonicalise)))
      return signalPassFailure();
    if (module->hasAttr("module.FLOPs"))
      noteFlops(module);
  }
};

} // namespace
} // namespace tpu_mlir::top
