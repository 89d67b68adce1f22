//===- FunctionSteps.h - A float function as steps --------------*- C++ -*-===//
// The program of a function (Kernel/FloatFunctions.h) between two buffers of a
// recipe, a step for each of its commands.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_FUNCTIONSTEPS_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_FUNCTIONSTEPS_H

#include "tpu_mlir/Kernel/FloatFunctions.h"
#include "tpu_mlir/Recipe/Recipe.h"
#include "llvm/ADT/ArrayRef.h"

namespace tpu_mlir {

/// y = f(x ...), element by element, of as many operands as f has. They and y are buffers of one float format and
/// shape; operands are left as they are, and y may be one that is no operand of the recipe.
void addFunctionSteps(Recipe &recipe, llvm::ArrayRef<int> x, int y, kernel::FloatFunction f,
                      const kernel::FunctionParameters &parameters = {});

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_FUNCTIONSTEPS_H
