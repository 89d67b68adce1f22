//===- ShapeInfer.cpp - Shapes and FLOPs ----------------------------------===//
// Asks each op for its shape, in order. The rules are the ops'.
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"

#include "tpu_mlir/Interfaces/OpInterfaces.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <limits>

using namespace mlir;

namespace tpu_mlir::top {
#define GEN_PASS_DEF_SHAPEINFER
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

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
    int64_t flops = 0;
    auto result = module.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (auto shaped = dyn_cast<ShapeInterface>(op); shaped && failed(shaped.inferShape()))
        return WalkResult::interrupt();
      if (auto counted = dyn_cast<FlopsInterface>(op))
        if (__builtin_add_overflow(flops, counted.flops(), &flops))
          flops = std::numeric_limits<int64_t>::max();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (auto function : module.getOps<func::FuncOp>())
      updateSignature(function);
    module->setAttr("module.FLOPs", IntegerAttr::get(IntegerType::get(&getContext(), 64), flops));
  }
};

} // namespace
} // namespace tpu_mlir::top
