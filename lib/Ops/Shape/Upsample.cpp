//===- Upsample.cpp - top.Upsample ----------------------------------------===//
// Nearest-neighbour enlargement by whole factors.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(UpsampleOp op) {
  Shape shape(shapeOf(op.getInput()));
  if (shape.size() != 4)
    return op.emitOpError("'input' must have 4 dimensions, but its shape is ") << shapeText(shape);
  shape[2] = saturatingProduct(shape[2], op.getScaleH());
  shape[3] = saturatingProduct(shape[3], op.getScaleW());
  return shape;
}

LogicalResult UpsampleOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult UpsampleOp::verify() {
  int64_t down = getScaleH(), across = getScaleW();
  if (down < 1 || across < 1)
    return emitOpError("'scale_h' and 'scale_w' must be positive, but they are ") << down << " and " << across;
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t UpsampleOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult UpsampleOp::fold(FoldAdaptor) {
  bool isIdentity =
      getScaleH() == 1 && getScaleW() == 1 && getInput().getType() == getType() && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}
