//===- ProcessorPasses.cpp - processor-assign, processor-top-optimize -----===//
// Names the chip of a module, and rewrites Top ops to forms that lower.
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "tpu_mlir/Conversion/TopToTpu/Passes.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Target/Target.h"

using namespace mlir;

namespace tpu_mlir {
#define GEN_PASS_DEF_CHIPASSIGN
#define GEN_PASS_DEF_PROCESSORASSIGN
#define GEN_PASS_DEF_PROCESSORTOPOPTIMIZE
#include "tpu_mlir/Conversion/TopToTpu/Passes.h.inc"

namespace {

/// Both names of the pass have the same options.
LogicalResult assignChip(ModuleOp module, StringRef chip, int64_t devices, int64_t cores, StringRef addrMode) {
  if (chip.empty())
    return module.emitError() << "no chip is given; give it as chip=<name>";
  if (devices != 1 || cores != 1)
    return module.emitError() << "one device and one core are built; got num_device=" << devices
                              << " num_core=" << cores;
  if (addrMode != "auto" && addrMode != "basic")
    return module.emitError() << "addr_mode '" << addrMode << "' is not built; use auto or basic";
  try {
    module->setAttr("module.chip", StringAttr::get(module.getContext(), target::lookup(chip.str()).identity.name));
  } catch (const UserError &e) {
    return module.emitError() << e.what();
  }
  return success();
}

struct ProcessorAssignPass : impl::ProcessorAssignBase<ProcessorAssignPass> {
  using ProcessorAssignBase::ProcessorAssignBase;
  void runOnOperation() override {
    if (failed(assignChip(getOperation(), chip, numDevice, numCore, addrMode)))
      signalPassFailure();
  }
};

struct ChipAssignPass : impl::ChipAssignBase<ChipAssignPass> {
  using ChipAssignBase::ChipAssignBase;
  void runOnOperation() override {
    if (failed(assignChip(getOperation(), chip, numDevice, numCore, addrMode)))
      signalPassFailure();
  }
};

/// A product of more than two tensors as products of two: the chip multiplies two at a time.
struct SplitProduct : OpRewritePattern<top::MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(top::MulOp op, PatternRewriter &rewriter) const override {
    // Only before calibration or where the parts would need ranges of their own: those have no row in the table.
    if (op.getInputs().size() <= 2 || !cast<ShapedType>(op.getType()).getElementType().isF32())
      return failure();
    Value product = op.getInputs()[0];
    top::NameScope names(op->getParentOfType<ModuleOp>());
    for (Value factor : op.getInputs().drop_front().drop_back()) {
      std::string name = names.fresh(top::nameOf(op.getOperation()) + "_part");
      auto part =
          top::MulOp::create(rewriter, top::nameLoc(getContext(), name), op.getType(), ValueRange{product, factor});
      if (failed(part.inferShape()))
        return failure();
      product = part.getOutput();
    }
    Value last = op.getInputs().back();
    rewriter.modifyOpInPlace(op, [&] { op->setOperands({product, last}); });
    return success();
  }
};

struct ProcessorTopOptimizePass : impl::ProcessorTopOptimizeBase<ProcessorTopOptimizePass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SplitProduct>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace tpu_mlir
