//===- Verify.h - Checks that Tpu verifiers share ---------------*- C++ -*-===//
// What verifiers of several Tpu ops ask: shapes, number formats, windows,
// broadcasts, requantisations. What only one op needs is checked in its own
// file.
#ifndef TPU_MLIR_DIALECT_TPU_IR_VERIFY_H
#define TPU_MLIR_DIALECT_TPU_IR_VERIFY_H

#include "mlir/IR/Operation.h"

#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include <string>

namespace tpu_mlir {

/// Why the chip's arithmetic knows no format for elements of `type`, as the tail of a sentence; empty when it does:
/// f32, f16, bf16, and integers of 8 bits (and of 32, where they may be) whose scale, if any, lies between
/// kSmallestScale and kLargestScale, and whose zero point is one of the integers.
std::string whyNoFormat(mlir::Type element, bool mayBeInt32 = false);
/// What products and quotients of two scales keep far inside double, and a scale inside float.
inline constexpr double kSmallestScale = 1e-30, kLargestScale = 1e30;
/// What every op needs: each tensor has a static shape of rank 1 or more that is not empty, and a number format that
/// the kernels know: floats or integers of 8 bits; the operands `int32` may be int32 too.
mlir::LogicalResult verifyTensors(mlir::Operation *op, llvm::ArrayRef<unsigned> int32 = {});
/// All tensors are integers, or all are floats of one format.
mlir::LogicalResult verifyOneKind(mlir::Operation *op);
/// An operand, where present, is of number format `type`.
mlir::LogicalResult verifyType(mlir::Operation *op, llvm::StringRef name, mlir::Value value, kernel::DType type);
/// `input` and `output` have one shape.
mlir::LogicalResult verifySameShape(mlir::Operation *op, mlir::Value input, mlir::Value output);
/// `input` and `output` are both integers, or floats of one format.
mlir::LogicalResult verifyOneKind(mlir::Operation *op, mlir::Value input, mlir::Value output);
/// A function of each element, in one float format.
mlir::LogicalResult verifyFloatMap(mlir::Operation *op, mlir::Value input, mlir::Value output);
/// `input` and `output` have one number format.
mlir::LogicalResult verifySameFormat(mlir::Operation *op, mlir::Value input, mlir::Value output);
/// An integer-array attribute has `count` entries, each at least `least`.
mlir::LogicalResult verifyArray(mlir::Operation *op, llvm::StringRef name, llvm::ArrayRef<int64_t> values, size_t count,
                                int64_t least);
/// The window attributes are well-formed and take the input's h and w to the output's.
mlir::LogicalResult verifyWindow(mlir::Operation *op, mlir::Value input, mlir::Value output,
                                 llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> strides,
                                 llvm::ArrayRef<int64_t> pads, llvm::ArrayRef<int64_t> dilations);
/// The inputs broadcast to the output's shape as in numpy.
mlir::LogicalResult verifyBroadcast(mlir::Operation *op, mlir::ValueRange inputs, mlir::Value output);
/// A requantisation's multiplier fits int32 and its shift the command's field (-31 to 64 to the right).
mlir::LogicalResult verifyRequant(mlir::Operation *op, int64_t multiplier, int64_t rshift);

} // namespace tpu_mlir

#endif // TPU_MLIR_DIALECT_TPU_IR_VERIFY_H
