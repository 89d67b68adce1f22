//===- TargetOf.cpp - The target of a module, and its roundings -----------===//
// Reads the module's attribute; what the target is, its data file says.
#include "tpu_mlir/Ops/TargetOf.h"

namespace tpu_mlir {

const target::Chip &targetOf(mlir::Operation *op) {
  auto module = mlir::isa<mlir::ModuleOp>(op) ? mlir::cast<mlir::ModuleOp>(op) : op->getParentOfType<mlir::ModuleOp>();
  return target::lookup(module->getAttrOfType<mlir::StringAttr>("module.chip").getValue());
}

void setRoundings(Recipe &recipe, const target::Chip &chip) {
  recipe.roundings = {kernel::roundNamed(chip.quant.requantRound), kernel::roundNamed(chip.quant.floatRound)};
}

} // namespace tpu_mlir
