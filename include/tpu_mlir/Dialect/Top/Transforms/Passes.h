//===- Passes.h - Passes over the Top dialect -------------------*- C++ -*-===//
// Declares the passes that Passes.td describes; what each does is said there.
#ifndef TPU_MLIR_DIALECT_TOP_TRANSFORMS_PASSES_H
#define TPU_MLIR_DIALECT_TOP_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tpu_mlir::top {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

} // namespace tpu_mlir::top

#endif // TPU_MLIR_DIALECT_TOP_TRANSFORMS_PASSES_H
