//===- Elements.h - Weights with an element for each channel ----*- C++ -*-===//
// What BatchNorm and Scale read of operands that may be left out.
#ifndef TPU_MLIR_LIB_OPS_AFFINE_ELEMENTS_H
#define TPU_MLIR_LIB_OPS_AFFINE_ELEMENTS_H

#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

namespace tpu_mlir::top {

/// The elements of a weight, or `count` times `absent`.
inline mlir::FailureOr<mlir::SmallVector<float>> elements(EvalPlan &plan, mlir::Operation *op, mlir::Value value,
                                                          int64_t count, float absent) {
  if (isNone(value))
    return mlir::SmallVector<float>(count, absent);
  mlir::FailureOr<mlir::ArrayRef<float>> data = plan.constant(op, value);
  if (failed(data))
    return mlir::failure();
  return mlir::SmallVector<float>(*data);
}

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_AFFINE_ELEMENTS_H
