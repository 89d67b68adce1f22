//===- SaveWeight.cpp - The weight file of a module -----------------------===//
// Writes the arrays that the module still names. What they hold is the
// WeightStore's.
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_SAVEWEIGHT
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {
struct SaveWeightPass : impl::SaveWeightBase<SaveWeightPass> {
  using SaveWeightBase::SaveWeightBase;
  void runOnOperation() override {
    std::string name = file.empty() ? top::defaultWeightFile(getOperation()) : file.getValue();
    if (failed(getContext().getLoadedDialect<top::TopDialect>()->weights().save(getOperation(), "", name)))
      signalPassFailure();
  }
};
} // namespace
} // namespace tpu_mlir::tpu
