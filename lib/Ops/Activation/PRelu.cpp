//===- PRelu.cpp - top.PRelu ----------------------------------------------===//
// Rectification with a slope for each channel, or whatever the slopes broadcast
// over: shapes, cost, and what it computes in fp32.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

using namespace mlir;
using namespace tpu_mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input", "slope"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(PReluOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput()), slope = shapeOf(op.getSlope());
  FailureOr<Shape> wider = broadcast(in, slope);
  if (failed(wider) || ArrayRef<int64_t>(*wider) != in)
    return op.emitOpError("'slope' has shape ")
           << shapeText(slope) << ", which does not broadcast to 'input', " << shapeText(in);
  return Shape(in);
}

LogicalResult PReluOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult PReluOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t PReluOp::flops() { return elementCount(getOutput()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult PReluOp::plan(EvalPlan &plan) {
  return plan.compute(*this, eval::Combine{eval::Combine::Kind::Rectify, {}}, {getInput(), getSlope()});
}
