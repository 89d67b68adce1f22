//===- CreateLines.h - Lines and curves as ops ------------------*- C++ -*-===//
// From lines that a search has found to ops. Whether there are any is Lines.h's and
// Curve.h's to say.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H

#include "Curve.h"
#include "Lines.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

/// The tpu.Lines of `in` at `loc`.
mlir::Value createLines(Lowering &l, mlir::Location loc, mlir::Type type, mlir::Value in, const Lines &lines);
/// The tpu.Curve of `in` at `loc`.
mlir::Value createCurve(Lowering &l, mlir::Location loc, mlir::Type type, mlir::Value in, const Curve &curve);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_CREATELINES_H
