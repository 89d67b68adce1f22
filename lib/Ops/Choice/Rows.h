//===- Rows.h - Extremes of rows, in f32 ------------------------*- C++ -*-===//
// Lowerings of ops that choose along one axis: it becomes the columns, whatever
// else there is the channels, and everything is f32, which holds every index.
#ifndef TPU_MLIR_LIB_OPS_CHOICE_ROWS_H
#define TPU_MLIR_LIB_OPS_CHOICE_ROWS_H

#include "tpu_mlir/Ops/Moves.h"

namespace tpu_mlir {

/// A tensor seen as [outer, size, inner] around one of its axes.
struct AroundAxis {
  AroundAxis(llvm::ArrayRef<int64_t> shape, size_t axis);
  int64_t outer = 1, size, inner = 1;
};

/// A lowered value or weight as f32, an operand of `op`.
mlir::Value inFloats(Lowering &lowering, mlir::Operation *op, mlir::Value top);

/// Ops of one lowering on f32 tensors, each called `<op>_<role>`.
class Rows {
public:
  Rows(Lowering &lowering, mlir::Operation *op) : moves(lowering, op), l(lowering), op(op) {}

  /// Axis `axis` of a value as columns: [1, outer * inner, 1, size].
  mlir::Value of(mlir::Value value, size_t axis);
  /// The largest of each row, [1, rows, 1, 1]; a row may be longer than local memory.
  mlir::Value largest(mlir::Value rows);
  mlir::Value equal(mlir::Value a, mlir::Value b);
  /// a where `cond` is not 0, else b, the first two of one shape; a number in place of a tensor.
  mlir::Value where(mlir::Value cond, mlir::Value a, mlir::Value b);
  mlir::Value where(mlir::Value cond, mlir::Value a, double b);
  mlir::Value where(mlir::Value cond, double a, mlir::Value b);
  mlir::Value negative(mlir::Value value);
  /// The numbers first, first + step, ... as a weight [1, 1, 1, count].
  mlir::Value numbers(int64_t count, double first, double step);

  Moves moves;

private:
  mlir::Value makeWhere(mlir::Value cond, mlir::Value a, mlir::Value b, double x, double y);
  /// f32 of the shape to which the operands broadcast.
  mlir::Type typeOf(mlir::ValueRange operands) const;

  Lowering &l;
  mlir::Operation *op;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_CHOICE_ROWS_H
