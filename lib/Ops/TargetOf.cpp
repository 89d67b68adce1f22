//===- TargetOf.cpp - The target a module is compiled for -----------------===//
#include "tpu_mlir/Ops/TargetOf.h"
#include "mlir/IR/BuiltinOps.h"

namespace tpu_mlir {

const target::Chip &targetOf(mlir::Operation *op) {
  auto module = mlir::isa<mlir::ModuleOp>(op) ? mlir::cast<mlir::ModuleOp>(op) : op->getParentOfType<mlir::ModuleOp>();
  return target::lookup(module->getAttrOfType<mlir::StringAttr>("module.chip").getValue());
}

int64_t channelPack(const target::Chip &chip, kernel::DType type) {
  switch (kernel::bitWidth(type)) {
  case 8: return chip.compute.icParallel8;
  case 16: return chip.compute.icParallel16;
  default: return chip.compute.icParallel32;
  }
}

} // namespace tpu_mlir
