//===- Pad.cpp - top.Pad --------------------------------------------------===//
// Elements around a tensor.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(PadOp op) {
  Shape shape(shapeOf(op.getInput()));
  size_t rank = shape.size();
  if (op.getPaddings().size() != 2 * rank)
    return op.emitOpError("'input' has ")
           << rank << " dimensions but 'paddings' has " << op.getPaddings().size() << " elements";
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t before = op.getPaddings()[axis], after = op.getPaddings()[axis + rank];
    if (op.getMode() == "reflect" && std::max(before, after) >= shape[axis])
      return op.emitOpError("mirrors ") << std::max(before, after) << " elements of axis " << axis << ", which has "
                                        << shape[axis] << " with the edge";
    shape[axis] += before + after;
  }
  return shape;
}

LogicalResult PadOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult PadOp::verify() {
  if (getMode() != "constant" && getMode() != "reflect" && getMode() != "edge")
    return emitOpError("'mode' is \"") << getMode() << "\"; known: constant, reflect, edge";
  if (failed(verifyList(*this, "paddings", getPaddings(), getPaddings().size(), 0)))
    return failure();
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t PadOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult PadOp::fold(FoldAdaptor) {
  bool isIdentity = getInput().getType() == getType() && hasStaticShape(getInput()) && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}
