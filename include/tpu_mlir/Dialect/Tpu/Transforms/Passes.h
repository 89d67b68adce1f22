//===- Passes.h - Passes over the Tpu dialect -------------------*- C++ -*-===//
// Declares the passes that Passes.td describes; what each does is said there.
#ifndef TPU_MLIR_DIALECT_TPU_TRANSFORMS_PASSES_H
#define TPU_MLIR_DIALECT_TPU_TRANSFORMS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "tpu_mlir/Interfaces/TextOption.h"

namespace tpu_mlir::tpu {
#define GEN_PASS_DECL
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"
} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_DIALECT_TPU_TRANSFORMS_PASSES_H
