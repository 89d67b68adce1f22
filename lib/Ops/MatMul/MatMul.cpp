//===- MatMul.cpp - top.MatMul --------------------------------------------===//
// Matrix product over the last two dimensions: which operands fit together, the
// result and its cost.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input", "right", "bias"};

//===- Infer shape --------------------------------------------------------===//

/// Rows and columns of an operand as the product sees them.
static std::pair<int64_t, int64_t> matrixOf(ArrayRef<int64_t> shape, bool isTransposed) {
  int64_t rows = shape[shape.size() - 2], columns = shape.back();
  return isTransposed ? std::pair(columns, rows) : std::pair(rows, columns);
}

static FailureOr<Shape> resultShape(MatMulOp op) {
  ArrayRef<int64_t> left = shapeOf(op.getInput()), right = shapeOf(op.getRight());
  if (left.size() < 2 || right.size() < 2)
    return op.emitOpError("'input' and 'right' must have at least 2 dimensions, but their shapes are ")
           << shapeText(left) << " and " << shapeText(right);
  auto [m, k] = matrixOf(left, op.getLeftTranspose());
  auto [rightK, n] = matrixOf(right, op.getRightTranspose());
  if (k != rightK)
    return op.emitOpError("'input' has ") << k << " columns but 'right' has " << rightK << " rows";
  FailureOr<Shape> shape = broadcast(left.drop_back(2), right.drop_back(2));
  if (failed(shape))
    return op.emitOpError("leading dimensions of 'input' (")
           << shapeText(left) << ") and 'right' (" << shapeText(right) << ") do not broadcast";
  if (!isNone(op.getBias()) && elementCount(op.getBias()) != n)
    return op.emitOpError("'right' has ")
           << n << " columns but 'bias' has " << elementCount(op.getBias()) << " elements";
  shape->append({m, n});
  return shape;
}

LogicalResult MatMulOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult MatMulOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t MatMulOp::flops() {
  if (!hasStaticShape(getInput()))
    return 0;
  int64_t depth = matrixOf(shapeOf(getInput()), getLeftTranspose()).second;
  return saturatingProduct(2 * depth + !isNone(getBias()) + getDoRelu(), elementCount(getOutput()));
}
