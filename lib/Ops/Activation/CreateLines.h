//===- CreateLines.h - Lines as an op ---------------------------*- C++ -*-===//
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H

#include "Lines.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

/// The tpu.Lines of `in` at `loc`.
mlir::Value createLines(Lowering &l, mlir::Location loc, mlir::Type type, mlir::Value in, const Lines &lines);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H
