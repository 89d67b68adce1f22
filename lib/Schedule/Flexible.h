//===- Flexible.h - Recipes that take any shape -----------------*- C++ -*-===//
// What element-wise recipes allow, and others do not: to take over the shape
// that an operand was made in.
#ifndef TPU_MLIR_LIB_SCHEDULE_FLEXIBLE_H
#define TPU_MLIR_LIB_SCHEDULE_FLEXIBLE_H

#include "tpu_mlir/Recipe/Recipe.h"

namespace tpu_mlir::schedule {

/// Whether the recipe may have any shape of as many elements.
bool isFlexible(const Recipe &recipe);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_LIB_SCHEDULE_FLEXIBLE_H
