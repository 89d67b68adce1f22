//===- BatchNorm.cpp - top.BatchNorm --------------------------------------===//
// Batch normalisation with settled statistics. It is written as a scale, or
// multiplied into a convolution, by the passes over the Top dialect.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input", "mean", "variance", "gamma", "beta"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(BatchNormOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.size() < 2)
    return op.emitOpError("'input' must have a channel axis 1, but its shape is ") << shapeText(in);
  for (auto [index, name] : llvm::enumerate(kOperands))
    if (Value operand = op->getOperand(index); index && !isNone(operand) && elementCount(operand) != in[1])
      return op.emitOpError("'input' has ")
             << in[1] << " channels but '" << name << "' has " << elementCount(operand) << " elements";
  return Shape(in);
}

LogicalResult BatchNormOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult BatchNormOp::verify() {
  if (double epsilon = getEpsilon().convertToDouble(); !(epsilon >= 0))
    return emitOpError("'epsilon' is ") << epsilon << "; it must not be negative";
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

// Settled statistics make it one multiplication and one addition per element.
int64_t BatchNormOp::flops() { return (2 + getDoRelu()) * elementCount(getOutput()); }
