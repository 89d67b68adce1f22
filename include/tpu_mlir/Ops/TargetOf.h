//===- TargetOf.h - The target of a module, and its roundings ---*- C++ -*-===//
// The one way from an op to the chip that its module is compiled for. An op's form
// asks for sizes; roundings are given to its recipe by whoever runs that.
#ifndef TPU_MLIR_OPS_TARGETOF_H
#define TPU_MLIR_OPS_TARGETOF_H

#include "mlir/IR/BuiltinOps.h"
#include "tpu_mlir/Recipe/Recipe.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir {

/// The chip named by `module.chip` of the module around `op`. The module's passes have checked that it is known
/// (checkLowered).
const target::Chip &targetOf(mlir::Operation *op);

/// Gives a recipe the roundings of the chip. An op's form knows no chip, so whoever runs it on the host asks for them.
void setRoundings(Recipe &recipe, const target::Chip &chip);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_TARGETOF_H
