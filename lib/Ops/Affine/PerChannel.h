//===- PerChannel.h - Results of ops with numbers per channel ---*- C++ -*-===//
// What Scale and BatchNorm demand alike of their operands. Decides nothing about
// what is computed.
#ifndef TPU_MLIR_LIB_OPS_AFFINE_PERCHANNEL_H
#define TPU_MLIR_LIB_OPS_AFFINE_PERCHANNEL_H

#include "tpu_mlir/Dialect/Top/IR/Shapes.h"

namespace tpu_mlir::top {

/// The shape of the first operand, which has a channel axis 1; every other that is there has an element per channel.
inline mlir::FailureOr<Shape> perChannelShape(mlir::Operation *op, llvm::ArrayRef<llvm::StringRef> operands) {
  llvm::ArrayRef<int64_t> in = shapeOf(op->getOperand(0));
  if (in.size() < 2)
    return op->emitOpError("'input' must have a channel axis 1, but its shape is ") << shapeText(in);
  for (auto [index, name] : llvm::enumerate(operands))
    if (mlir::Value operand = op->getOperand(index); index && !isNone(operand) && elementCount(operand) != in[1])
      return op->emitOpError("'input' has ")
             << in[1] << " channels but '" << name << "' has " << elementCount(operand) << " elements";
  return Shape(in);
}

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_AFFINE_PERCHANNEL_H
