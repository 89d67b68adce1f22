//===- Scale.cpp - top.Scale ----------------------------------------------===//
// An affine map per channel. Joining scales and multiplying them into
// convolutions is done by the passes over the Top dialect.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input", "scale", "bias"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ScaleOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.size() < 2)
    return op.emitOpError("'input' must have a channel axis 1, but its shape is ") << shapeText(in);
  for (auto [index, name] : llvm::enumerate(kOperands))
    if (Value operand = op->getOperand(index); index && !isNone(operand) && elementCount(operand) != in[1])
      return op.emitOpError("'input' has ")
             << in[1] << " channels but '" << name << "' has " << elementCount(operand) << " elements";
  return Shape(in);
}

LogicalResult ScaleOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ScaleOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t ScaleOp::flops() { return (1 + !isNone(getBias()) + getDoRelu()) * elementCount(getOutput()); }
