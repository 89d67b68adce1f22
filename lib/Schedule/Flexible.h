//===- Flexible.h - Recipes that take any shape -----------------*- C++ -*-===//
#ifndef TPU_MLIR_LIB_SCHEDULE_FLEXIBLE_H
#define TPU_MLIR_LIB_SCHEDULE_FLEXIBLE_H

#include "tpu_mlir/Recipe/Recipe.h"

namespace tpu_mlir::schedule {

/// Whether the recipe may have any shape of as many elements.
bool isFlexible(const Recipe &recipe);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_LIB_SCHEDULE_FLEXIBLE_H
