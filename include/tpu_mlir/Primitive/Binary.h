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
  bool isConstantFirst = false; ///< op(constant, a)
};

/// A constant operand.
struct Constant {
  double value = 0;
  DType type = DType::F32;
};

Step binary(kernel::BinaryOp op, int dst, int a, int b, int shift = 0);
Step binary(kernel::BinaryOp op, int dst, int a, Constant b, int shift = 0);
Step binary(kernel::BinaryOp op, int dst, Constant a, int b);

/// Bits of integers joined: a with b, or without a second source with a constant. Axes as those of `binary`.
const Primitive &bitwise();
struct BitwiseAttributes {
  kernel::BitOp op = kernel::BitOp::And;
  uint32_t constant = 0; ///< without source 1
};
Step bitwise(kernel::BitOp op, int dst, int a, int b);
Step bitwise(kernel::BitOp op, int dst, int a, uint32_t bits);

/// An integer times 2^places, rounded down, saturated to the result. Source 0.
const Primitive &shift();
struct ShiftAttributes {
  int places = 0; ///< to the left; negative to the right
};
Step shift(int dst, int a, int places);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_BINARY_H
