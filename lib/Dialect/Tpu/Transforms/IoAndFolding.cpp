//===- IoAndFolding.cpp - strip-io-quant, weight-fold, processor-tpu-optimize ===//
// Small rewrites of a lowered module: who quantises inputs and outputs, what
// can be computed now, and what cancels.
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Interpreter/HostWeights.h"
#include "tpu_mlir/Ops/TargetOf.h"

#include <cstring>

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_STRIPIOQUANT
#define GEN_PASS_DEF_WEIGHTFOLD
#define GEN_PASS_DEF_PROCESSORTPUOPTIMIZE
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

constexpr int64_t kMostFoldedBytes = 256 << 20;

struct StripIOQuantPass : impl::StripIOQuantBase<StripIOQuantPass> {
  using StripIOQuantBase::StripIOQuantBase;
  void runOnOperation() override {
    if (failed(checkLowered(getOperation(), "strip-io-quant")))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      Block &body = function.getBody().front();
      if (quantInput)
        for (auto input : llvm::make_early_inc_range(body.getOps<top::InputOp>())) {
          // One cast that all users share, or the input stays as it is.
          auto cast = input->hasOneUse() ? dyn_cast<tpu::CastOp>(*input->user_begin()) : tpu::CastOp();
          if (!cast || formatOf(cast.getOutput()).dtype == kernel::DType::F32)
            continue;
          input.getInput().setType(cast.getType());
          input.getOutput().setType(cast.getType());
          cast.getOutput().replaceAllUsesWith(input.getOutput());
          cast.erase();
        }
      Operation *terminator = body.getTerminator();
      if (quantOutput)
        for (OpOperand &result : terminator->getOpOperands())
          if (auto cast = result.get().getDefiningOp<tpu::CastOp>();
              cast && formatOf(cast.getInput()).dtype != kernel::DType::F32) {
            result.set(cast.getInput());
            if (cast->use_empty())
              cast.erase();
          }
      function.setFunctionType(
          FunctionType::get(&getContext(), body.getArgumentTypes(), terminator->getOperandTypes()));
    }
  }
};

struct WeightFoldPass : impl::WeightFoldBase<WeightFoldPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    top::WeightStore &store = getContext().getLoadedDialect<top::TopDialect>()->weights();
    if (failed(checkLowered(module, "weight-fold")))
      return signalPassFailure();
    HostWeights weights;
    SmallVector<Operation *> ops;
    module.walk([&](FormInterface op) { ops.push_back(op); });
    for (Operation *op : ops) {
      if (!llvm::all_of(op->getOperands(), [](Value v) { return isWeight(v) || !isPresent(v); }) ||
          op->getNumOperands() == 0)
        continue;
      Value result = op->getResult(0);
      NumberFormat format = formatOf(result);
      int64_t size = cast<ShapedType>(result.getType()).getNumElements() * kernel::byteSize(format.dtype);
      // An output stays computed, and what grows beyond reason does not belong into a file.
      if (top::isReturned(result) || size > kMostFoldedBytes)
        continue;
      std::vector<uint8_t> bytes(size);
      HostOperands host{{}, {format.dtype, nchwOf(result), bytes.data()}};
      for (Value v : op->getOperands()) {
        const void *data = isPresent(v) ? weights.data(v.getDefiningOp<top::WeightOp>()) : nullptr;
        if (isPresent(v) && !data)
          return signalPassFailure();
        host.operands.emplace_back(isPresent(v) ? formatOf(v).dtype : kernel::DType::F32,
                                   isPresent(v) ? nchwOf(v) : Dims{}, data);
      }
      Form form = cast<FormInterface>(op).form();
      if (auto *recipe = std::get_if<Recipe>(&form)) {
        setRoundings(*recipe, targetOf(op));
        runRecipe(*recipe, host);
      } else if (auto *copy = std::get_if<CopyProgram>(&form))
        runCopy(*copy, host);
      else
        std::memcpy(bytes.data(), host.operands[0].data, bytes.size());
      std::string name = top::NameScope(module).fresh(top::nameOf(op) + "_folded");
      const auto [kind, itemBytes] = *top::storageOf(cast<ShapedType>(result.getType()).getElementType());
      store.add(name, std::move(bytes), kind, itemBytes, shapeOf(result));
      OpBuilder b(op);
      result.replaceAllUsesWith(
          top::WeightOp::create(b, top::nameLoc(&getContext(), name), TypeRange{result.getType()}, ValueRange{}));
      op->erase();
    }
    module.walk([](top::WeightOp w) {
      if (w->use_empty())
        w->erase();
    });
  }
};

/// A reshape of a reshape is the second one, of the first one's operand.
struct JoinReshapes : OpRewritePattern<tpu::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tpu::ReshapeOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<tpu::ReshapeOp>();
    if (!inner || !inner->hasOneUse())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getInputMutable().assign(inner.getInput()); });
    rewriter.eraseOp(inner);
    return success();
  }
};

/// Casting to f32 and back into the same format gives the same numbers. From f32 to another format and back does not.
struct CancelCasts : OpRewritePattern<tpu::CastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tpu::CastOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<tpu::CastOp>();
    if (!inner || inner.getInput().getType() != op.getType() || formatOf(op.getInput()).dtype != kernel::DType::F32)
      return failure();
    rewriter.replaceOp(op, inner.getInput());
    return success();
  }
};

struct ProcessorTpuOptimizePass : impl::ProcessorTpuOptimizeBase<ProcessorTpuOptimizePass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<JoinReshapes, CancelCasts>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace tpu_mlir::tpu
