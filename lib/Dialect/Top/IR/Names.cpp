//===- Names.cpp - Tensor names -------------------------------------------===//
// Reading names from locations and finding free ones.
#include "tpu_mlir/Dialect/Top/IR/Names.h"

using namespace mlir;

namespace tpu_mlir::top {

StringRef nameOf(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().getValue();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : llvm::reverse(fused.getLocations()))
      if (StringRef name = nameOf(part); !name.empty())
        return name;
  return {};
}

StringRef nameOf(Operation *op) { return nameOf(op->getLoc()); }

StringRef nameOf(Value value) {
  auto result = dyn_cast<OpResult>(value);
  if (!result)
    return nameOf(value.getLoc());
  Operation *op = result.getOwner();
  if (op->getNumResults() == 1)
    return nameOf(op);
  auto fused = dyn_cast<FusedLoc>(op->getLoc());
  if (!fused || fused.getLocations().size() != op->getNumResults())
    return {};
  return nameOf(fused.getLocations()[result.getResultNumber()]);
}

Location nameLoc(MLIRContext *context, StringRef name) { return NameLoc::get(StringAttr::get(context, name)); }

NameScope::NameScope(ModuleOp module) {
  module.walk([&](Operation *op) {
    for (Value value : op->getResults())
      taken.insert(nameOf(value));
  });
}

std::string NameScope::fresh(const Twine &wanted) {
  std::string name = wanted.str();
  for (int i = 1; !taken.insert(name).second; ++i)
    name = (wanted + "_" + Twine(i)).str();
  return name;
}

std::string defaultWeightFile(ModuleOp module) {
  auto text = [&](StringRef attribute, StringRef absent) {
    auto value = module->getAttrOfType<StringAttr>(attribute);
    return (value ? value.getValue() : absent).lower();
  };
  std::string name = module.getName().value_or("").str();
  if (auto given = module->getAttrOfType<StringAttr>("module.name"))
    name = given.str();
  if (name.empty())
    name = "model";
  std::string mode = text("module.mode", "");
  return name + "_" + text("module.state", "top_f32") + "_" + text("module.chip", "all") +
         (mode.empty() ? "" : "_" + mode) + "_weight.npz";
}

} // namespace tpu_mlir::top
