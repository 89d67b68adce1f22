//===- Passes.h - From Top to Tpu -------------------------------*- C++ -*-===//
// Declares the passes that Passes.td describes; what each does is said there.
#ifndef TPU_MLIR_CONVERSION_TOPTOTPU_PASSES_H
#define TPU_MLIR_CONVERSION_TOPTOTPU_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "tpu_mlir/Interfaces/TextOption.h"

namespace tpu_mlir {
#define GEN_PASS_DECL
#include "tpu_mlir/Conversion/TopToTpu/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "tpu_mlir/Conversion/TopToTpu/Passes.h.inc"
} // namespace tpu_mlir

#endif // TPU_MLIR_CONVERSION_TOPTOTPU_PASSES_H
