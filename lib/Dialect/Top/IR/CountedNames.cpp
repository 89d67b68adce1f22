//===- CountedNames.cpp - Tensors whose size hangs on data ----------------===//
// Writing and reading `module.counted`.
#include "tpu_mlir/Dialect/Top/IR/CountedNames.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Host/Counted.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringLiteral kAttribute = "module.counted";

LogicalResult noteCounted(ModuleOp module) {
  bool isSizedByData = false;
  module.walk([&](NmsOp) { isSizedByData = true; });
  module->removeAttr(kAttribute);
  if (!isSizedByData)
    return success();
  EvalPlan plan(module.getContext()->getLoadedDialect<TopDialect>()->weights());
  std::vector<Operation *> ops; // by item
  for (auto function : module.getOps<func::FuncOp>())
    for (Operation &op : function.getBody().front()) {
      if (auto input = dyn_cast<InputOp>(op))
        plan.addInput(input.getOutput());
      if (auto evaluated = dyn_cast<EvalInterface>(op)) {
        if (failed(evaluated.plan(plan)))
          return failure();
        ops.push_back(&op);
      }
    }
  host::CountedTensors counted = host::countedTensors(plan.get());
  if (counted.problemItem >= 0)
    return ops[counted.problemItem]->emitOpError()
           << "'" << nameOf(ops[counted.problemItem]) << "' " << counted.problem;
  Builder b(module.getContext());
  SmallVector<NamedAttribute> entries;
  for (auto [tensor, found] : llvm::zip(plan.tensors(), counted.of))
    if (found)
      entries.push_back(b.getNamedAttr(tensor.name, b.getArrayAttr({b.getI64IntegerAttr(found->axis),
                                                                    b.getStringAttr(plan.tensors()[found->by].name)})));
  module->setAttr(kAttribute, b.getDictionaryAttr(entries));
  return success();
}

void inheritCounted(ModuleOp module) {
  auto all = module->getAttrOfType<DictionaryAttr>(kAttribute);
  if (!all)
    return;
  NamedAttrList entries(all);
  for (auto function : module.getOps<func::FuncOp>())
    for (Operation &op : function.getBody().front()) {
      if (op.getNumResults() != 1 || op.getNumOperands() == 0 || entries.get(nameOf(op.getResult(0))))
        continue;
      auto from = dyn_cast<RankedTensorType>(op.getOperand(0).getType());
      auto to = dyn_cast<RankedTensorType>(op.getResult(0).getType());
      Attribute counted = entries.get(nameOf(op.getOperand(0)));
      if (counted && from && to && from.getShape() == to.getShape())
        entries.set(nameOf(op.getResult(0)), counted);
    }
  module->setAttr(kAttribute, entries.getDictionary(module.getContext()));
}

std::vector<host::CountedName> countedNames(ModuleOp module) {
  std::vector<host::CountedName> names;
  auto all = module->getAttrOfType<DictionaryAttr>(kAttribute);
  if (!all)
    return names;
  for (NamedAttribute entry : all) {
    auto pair = dyn_cast<ArrayAttr>(entry.getValue());
    auto axis = pair && pair.size() == 2 ? dyn_cast<IntegerAttr>(pair[0]) : IntegerAttr();
    auto by = pair && pair.size() == 2 ? dyn_cast<StringAttr>(pair[1]) : StringAttr();
    if (axis && by)
      names.push_back({entry.getName().str(), by.str(), axis.getInt()});
  }
  return names;
}

} // namespace tpu_mlir::top
