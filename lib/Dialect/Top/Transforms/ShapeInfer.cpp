//===- ShapeInfer.cpp - Shapes and FLOPs ----------------------------------===//
// Asks each op for its shape, in order, then for its cost. The rules are the
// ops'.
#include "Flops.h"
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "tpu_mlir/Interfaces/OpInterfaces.h"

#include <limits>

using namespace mlir;

namespace tpu_mlir::top {
#define GEN_PASS_DEF_SHAPEINFER
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

void noteFlops(ModuleOp module) {
  int64_t flops = 0;
  module.walk([&](FlopsInterface op) {
    if (__builtin_add_overflow(flops, op.flops(), &flops))
      flops = std::numeric_limits<int64_t>::max();
  });
  module->setAttr("module.FLOPs", IntegerAttr::get(IntegerType::get(module.getContext(), 64), flops));
}

namespace {

/// The function returns what its return op does.
void updateSignature(func::FuncOp function) {
  if (function.isExternal())
    return;
  auto results = function.front().getTerminator()->getOperandTypes();
  function.setType(FunctionType::get(function.getContext(), function.getArgumentTypes(), results));
}

struct ShapeInferPass : impl::ShapeInferBase<ShapeInferPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto result = module.walk<WalkOrder::PreOrder>([&](Operation *op) {
      auto shaped = dyn_cast<ShapeInterface>(op);
      return shaped && failed(shaped.inferShape()) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (auto function : module.getOps<func::FuncOp>())
      updateSignature(function);
    noteFlops(module);
  }
};

} // namespace
} // namespace tpu_mlir::top
