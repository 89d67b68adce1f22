//===- WeightReorder.cpp - Filters in the convolution array's order -------===//
// Rewrites the weight files' arrays of filters, not their types: `store` of the
// weight op says how the elements lie. Interpreters undo it.
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/FilterPacking.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Primitive/Primitive.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_WEIGHTREORDER
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

/// The operand that a step of `form` takes as a filter of the convolution array, or -1.
int filterOperandOf(const Form &form) {
  if (auto *recipe = std::get_if<Recipe>(&form))
    for (size_t i = 0; i < recipe->buffers.size(); ++i)
      if (readsAs(*recipe, int(i), Role::PackedFilter))
        return recipe->buffers[i].index;
  return -1;
}

struct WeightReorderPass : impl::WeightReorderBase<WeightReorderPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkLowered(module, "weight-reorder")))
      return signalPassFailure();
    top::WeightStore &store = getContext().getLoadedDialect<top::TopDialect>()->weights();
    top::NameScope names(module);
    llvm::DenseMap<Value, Value> reordered;
    SmallVector<Operation *> ops;
    module.walk([&](FormInterface op) { ops.push_back(op); });
    for (Operation *op : ops) {
      int index = filterOperandOf(cast<FormInterface>(op).form());
      auto weight = index < 0 ? top::WeightOp() : op->getOperand(index).getDefiningOp<top::WeightOp>();
      if (!weight || weight.getStore())
        continue;
      Value &packed = reordered[weight];
      if (!packed) {
        const top::WeightArray *array = store.find(top::nameOf(weight.getOperation()));
        if (!array) {
          weight.emitOpError() << "'" << top::nameOf(weight.getOperation()) << "' is not in the weight file";
          return signalPassFailure();
        }
        NumberFormat format = formatOf(weight.getOutput());
        ArrayRef<int64_t> shape = shapeOf(weight.getOutput());
        int64_t pack = channelPack(targetOf(module), format.dtype), item = kernel::byteSize(format.dtype);
        FilterShape filter{shape[0], shape[1], shape[2] * shape[3], item};
        std::string name = names.fresh(top::nameOf(weight.getOperation()) + "_reordered");
        store.add(name, packFilter(array->data, filter, pack), array->kind, array->itemBytes,
                  {1, filter.oc, (filter.ic + pack - 1) / pack, filter.taps * pack});
        store.release(top::nameOf(weight.getOperation()));
        OpBuilder b(weight);
        packed = top::WeightOp::create(b, top::nameLoc(&getContext(), name), TypeRange{weight.getType()}, ValueRange{},
                                       ArrayRef<NamedAttribute>{b.getNamedAttr("store", b.getStringAttr("conv_nic")),
                                                                b.getNamedAttr("pack", b.getI64IntegerAttr(pack))});
      }
      op->setOperand(index, packed);
    }
    module.walk([](top::WeightOp w) {
      if (w->use_empty())
        w->erase();
    });
    module->setAttr("module.state", StringAttr::get(&getContext(), "TPU_REORDERED"));
  }
};

} // namespace
} // namespace tpu_mlir::tpu
