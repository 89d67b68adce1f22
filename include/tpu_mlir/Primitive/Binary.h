//===- Binary.h - Arithmetic of two operands --------------------*- C++ -*-===//
// Sums, products, extremes and the like of two tensors, or of one and a
// constant. A chain of them is the caller's to make.
#ifndef TPU_MLIR_PRIMITIVE_BINARY_H
#define TPU_MLIR_PRIMITIVE_BINARY_H

#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::primitive {

/// op(a, b), shifted and rounded, saturated to the result. Sources 0 and 1; without the second, a constant. Axes of
/// length 1 repeat.
const Primitive &binary();

struct BinaryAttributes {
  kernel::BinaryOp op = kernel::BinaryOp::Add;
  int shift = 0; ///< of the result of integers, to the left; negative to the right
  double constant = 0;
  DType constantType = DType::F32;
};

/// A constant operand.
struct Constant {
  double value = 0;
  DType type = DType::F32;
};

Step binary(kernel::BinaryOp op, int dst, int a, int b, int shift = 0);
Step binary(kernel::BinaryOp op, int dst, int a, Constant b, int shift = 0);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_BINARY_H
