//===- ProcessorPasses.cpp - processor-assign, processor-top-optimize -----===//
// Names the chip of a module, and rewrites Top ops to forms that lower.
#include "tpu_mlir/Conversion/TopToTpu/Passes.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Target/Target.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace tpu_mlir {
#define GEN_PASS_DEF_PROCESSORASSIGN
#define GEN_PASS_DEF_PROCESSORTOPOPTIMIZE
#include "tpu_mlir/Conversion/TopToTpu/Passes.h.inc"

namespace {

struct ProcessorAssignPass : impl::ProcessorAssignBase<ProcessorAssignPass> {
  using ProcessorAssignBase::ProcessorAssignBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto fail = [&](const Twine &sentence) {
      module.emitError() << sentence;
      signalPassFailure();
    };
    if (chip.empty())
      return fail("processor-assign needs a chip; give it as chip=<name>");
    if (numDevice != 1 || numCore != 1)
      return fail("one device and one core are built; got num_device=" + Twine(numDevice) + " num_core=" + Twine(numCore));
    if (addrMode != "auto" && addrMode != "basic")
      return fail("addr_mode '" + addrMode + "' is not built; use auto or basic");
    try {
      module->setAttr("module.chip", StringAttr::get(&getContext(), target::lookup(chip.getValue()).identity.name));
    } catch (const UserError &e) {
      return fail(e.what());
    }
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
      auto part = top::MulOp::create(rewriter, top::nameLoc(getContext(), name), op.getType(), ValueRange{product, factor});
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
