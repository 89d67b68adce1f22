//===- OpInterfaces.h - What passes may ask of an op ------------*- C++ -*-===//
// Declares what OpInterfaces.td describes: all that a pass, an interpreter or
// code generation asks of an op.
#ifndef TPU_MLIR_INTERFACES_OPINTERFACES_H
#define TPU_MLIR_INTERFACES_OPINTERFACES_H

#include "mlir/IR/OpDefinition.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <optional>

namespace tpu_mlir {
class EvalPlan;
class Lowering;
} // namespace tpu_mlir

#include "tpu_mlir/Interfaces/OpInterfaces.h.inc"

#endif // TPU_MLIR_INTERFACES_OPINTERFACES_H
