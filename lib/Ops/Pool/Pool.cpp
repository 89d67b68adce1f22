//===- Pool.cpp - top.MaxPool, top.AvgPool --------------------------------===//
// Sliding windows that keep the channels: which attributes are possible, the
// result and its cost. Every window holds at least one input position, so that
// a maximum and a mean exist.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

template <typename PoolOp> static FailureOr<Shape> resultShape(PoolOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.size() != 4)
    return op.emitOpError("'input' must have 4 dimensions, but its shape is ") << shapeText(in);
  Shape out{in[0], in[1]};
  for (int axis : {0, 1}) {
    int64_t size = in[2 + axis], kernel = op.getKernelShape()[axis], stride = op.getStrides()[axis];
    int64_t before = op.getPads()[axis], after = op.getPads()[axis + 2];
    StringRef unit = axis ? " columns" : " rows";
    int64_t count = windowCount(size, kernel, stride, before, after);
    if (count < 1)
      return op.emitOpError("the window has ")
             << kernel << unit << " but the padded 'input' has " << size + before + after;
    if (before >= kernel || (count - 1) * stride - before >= size)
      return op.emitOpError("a window of ") << kernel << unit << " lies wholly in the padding (" << before
                                            << " before, " << after << " after " << size << unit << ")";
    out.push_back(count);
  }
  return out;
}

LogicalResult MaxPoolOp::inferShape() { return inferResult(*this, resultShape<MaxPoolOp>, kOperands); }
LogicalResult AvgPoolOp::inferShape() { return inferResult(*this, resultShape<AvgPoolOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

template <typename PoolOp> static LogicalResult verifyWindow(PoolOp op) {
  if (failed(verifyList(op, "kernel_shape", op.getKernelShape(), 2, 1)) ||
      failed(verifyList(op, "strides", op.getStrides(), 2, 1)))
    return failure();
  return verifyList(op, "pads", op.getPads(), 4, 0);
}

LogicalResult MaxPoolOp::verify() {
  if (failed(verifyWindow(*this)))
    return failure();
  return verifyResult(*this, resultShape<MaxPoolOp>, kOperands);
}

LogicalResult AvgPoolOp::verify() {
  if (failed(verifyWindow(*this)) || failed(verifyList(*this, "ceil_pad", getCeilPad(), 2, 0)))
    return failure();
  for (int axis : {0, 1})
    if (getCeilPad()[axis] > getPads()[axis + 2])
      return emitOpError("'ceil_pad' is part of 'pads', but it has ")
             << getCeilPad()[axis] << (axis ? " at the right of " : " at the bottom of ") << getPads()[axis + 2];
  return verifyResult(*this, resultShape<AvgPoolOp>, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

// One comparison or addition per tap; the mean's division is one more.
template <typename PoolOp> static int64_t windowFlops(PoolOp op, int64_t extra) {
  return saturatingProduct(elementCount(op.getKernelShape()) + extra + op.getDoRelu(), elementCount(op.getOutput()));
}
int64_t MaxPoolOp::flops() { return windowFlops(*this, 0); }
int64_t AvgPoolOp::flops() { return windowFlops(*this, 1); }
