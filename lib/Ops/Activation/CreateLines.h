//===- CreateLines.h - Lines as an op ---------------------------*- C++ -*-===//
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H

#include "Lines.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

/// The tpu.Lines that stands for `op`, of `in`.
mlir::Value createLines(Lowering &l, mlir::Operation *op, mlir::Type type, mlir::Value in, const Lines &lines);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H
