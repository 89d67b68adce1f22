//===- TargetOf.h - The target a module is compiled for ---------*- C++ -*-===//
#ifndef TPU_MLIR_OPS_TARGETOF_H
#define TPU_MLIR_OPS_TARGETOF_H

#include "mlir/IR/BuiltinOps.h"
#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Recipe/Recipe.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir {
/// The chip named by `module.chip` of the module around `op`. The module's passes have checked that it is known
/// (checkLowered).
const target::Chip &targetOf(mlir::Operation *op);

/// Fails, with a diagnostic, unless `pass` can rely on the module: its chip is known, it has one function of lowered
/// ops, and what local memory takes in an order of its own are weights.
mlir::LogicalResult checkLowered(mlir::ModuleOp module, llvm::StringRef pass);

/// Input channels that lie side by side in a convolution's stored filter.
int64_t channelPack(const target::Chip &chip, kernel::DType type);

/// Gives a recipe the roundings of the chip. An op's form knows no chip, so whoever runs it on the host asks for them.
void setRoundings(Recipe &recipe, const target::Chip &chip);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_TARGETOF_H
