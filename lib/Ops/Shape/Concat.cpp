//===- Concat.cpp - top.Concat --------------------------------------------===//
// Joining tensors along an axis.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"inputs"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ConcatOp op) {
  Shape shape(shapeOf(op.getInputs().front()));
  uint64_t axis = op.getAxis();
  if (axis >= shape.size())
    return op.emitOpError("'axis' is ") << static_cast<int64_t>(axis) << " but 'inputs[0]' has " << shape.size()
                                        << " dimensions";
  for (auto [index, input] : llvm::enumerate(op.getInputs().drop_front())) {
    Shape other(shapeOf(input));
    bool fits = other.size() == shape.size();
    for (size_t i = 0; fits && i < shape.size(); ++i)
      fits = i == axis || other[i] == shape[i];
    if (!fits)
      return op.emitOpError("'inputs[") << index + 1 << "]' has shape " << shapeText(other) << ", which does not fit "
                                        << shapeText(shapeOf(op.getInputs().front())) << " along axis " << axis;
    shape[axis] += other[axis];
  }
  return shape;
}

LogicalResult ConcatOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("needs at least one input");
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t ConcatOp::flops() { return getDoRelu() ? elementCount(getOutput()) : 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  bool isIdentity =
      getInputs().size() == 1 && !getDoRelu() && getInputs()[0].getType() == getType() && !isReturned(getOutput());
  return isIdentity ? getInputs()[0] : OpFoldResult();
}
