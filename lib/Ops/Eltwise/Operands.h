//===- Operands.h - Operands of element-wise arithmetic ---------*- C++ -*-===//
// What Add, Sub, Mul, Max and Min have in common: operands broadcast as in numpy,
// there are two or more, and each costs one operation an element.
#ifndef TPU_MLIR_LIB_OPS_ELTWISE_OPERANDS_H
#define TPU_MLIR_LIB_OPS_ELTWISE_OPERANDS_H

#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

namespace tpu_mlir::top {

inline constexpr llvm::StringRef kOperands[] = {"inputs"};

template <typename EltwiseOp> mlir::FailureOr<Shape> eltwiseShape(EltwiseOp op) {
  Shape shape(shapeOf(op.getInputs().front()));
  for (auto [index, input] : llvm::enumerate(op.getInputs())) {
    mlir::FailureOr<Shape> wider = broadcast(shape, shapeOf(input));
    if (failed(wider))
      return op.emitOpError("'inputs[") << index << "]' has shape " << shapeText(shapeOf(input))
                                        << ", which does not broadcast with " << shapeText(shape);
    shape = *wider;
  }
  return shape;
}

template <typename EltwiseOp> mlir::LogicalResult verifyOperands(EltwiseOp op) {
  if (op.getInputs().size() < 2)
    return op.emitOpError("needs at least two inputs, but it has ") << op.getInputs().size();
  return verifyResult(op, eltwiseShape<EltwiseOp>, kOperands);
}

/// `extra`: operations beside those that join operands, for each element.
template <typename EltwiseOp> int64_t chainFlops(EltwiseOp op, int64_t extra = 0) {
  int64_t perElement = static_cast<int64_t>(op.getInputs().size()) - 1 + extra;
  if constexpr (requires { op.getDoRelu(); })
    perElement += op.getDoRelu();
  return saturatingProduct(perElement, elementCount(op.getOutput()));
}

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_ELTWISE_OPERANDS_H
