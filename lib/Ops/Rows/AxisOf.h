//===- AxisOf.h - An axis that may be counted from the last -----*- C++ -*-===//
// What ops along rows have in common in Top: an axis, and the tensor as three
// axes around it.
#ifndef TPU_MLIR_LIB_OPS_ROWS_AXISOF_H
#define TPU_MLIR_LIB_OPS_ROWS_AXISOF_H

#include "tpu_mlir/Dialect/Top/IR/Shapes.h"

namespace tpu_mlir::top {

/// `axis` from the first; of an axis that has been verified.
inline int64_t fromFirst(int64_t axis, size_t rank) { return axis < 0 ? axis + int64_t(rank) : axis; }

/// Fails, with a diagnostic, unless a tensor of `rank` axes has the axis.
inline mlir::LogicalResult verifyAxis(mlir::Operation *op, llvm::StringRef name, int64_t axis, size_t rank) {
  if (axis >= -int64_t(rank) && axis < int64_t(rank))
    return mlir::success();
  return op->emitOpError("'") << name << "' names axis " << axis << ", but 'input' has " << rank << " dimensions";
}

/// A shape as the axes before one, itself and those behind it.
struct AroundAxis {
  int64_t outer, length, inner;
  AroundAxis(llvm::ArrayRef<int64_t> shape, int64_t axis)
      : outer(elementCount(shape.take_front(fromFirst(axis, shape.size())))),
        length(shape[fromFirst(axis, shape.size())]),
        inner(elementCount(shape.drop_front(fromFirst(axis, shape.size()) + 1))) {}
};

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_ROWS_AXISOF_H
