//===- Slice.cpp - top.Slice ----------------------------------------------===//
// A strided box of a tensor.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(SliceOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (op.getOffset().size() != in.size())
    return op.emitOpError("'input' has ")
           << in.size() << " dimensions but 'offset' has " << op.getOffset().size() << " elements";
  Shape out;
  for (auto [axis, size] : llvm::enumerate(in)) {
    int64_t begin = op.getOffset()[axis], end = op.getEnds()[axis], step = op.getSteps()[axis];
    if (begin >= end || end > size)
      return op.emitOpError("takes [") << begin << ", " << end << ") of axis " << axis << ", which has " << size
                                       << " elements";
    out.push_back((end - begin + step - 1) / step);
  }
  return out;
}

LogicalResult SliceOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult SliceOp::verify() {
  int64_t rank = getOffset().size();
  if (failed(verifyList(*this, "offset", getOffset(), rank, 0)) ||
      failed(verifyList(*this, "steps", getSteps(), rank, 1)) || failed(verifyList(*this, "ends", getEnds(), rank, 1)))
    return failure();
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t SliceOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult SliceOp::fold(FoldAdaptor) {
  // The same shape leaves no room to skip anything.
  bool isIdentity = getInput().getType() == getType() && hasStaticShape(getInput()) && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}
