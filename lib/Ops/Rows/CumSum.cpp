//===- CumSum.cpp - Running sums ------------------------------------------===//
// All of top.CumSum. On the chip each step adds the tensor to itself, moved by
// twice as far as the step before: about log2 of the axis's length sums, in which
// what lies behind an element, be it infinite, has no part.
#include "AxisOf.h"
#include "RowMath.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(CumSumOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (failed(verifyAxis(op, "axis", op.getAxis(), in.size())))
    return failure();
  return Shape(in);
}

LogicalResult CumSumOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult CumSumOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t CumSumOp::flops() { return elementCount(getOutput()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult CumSumOp::plan(EvalPlan &plan) {
  const AroundAxis a(shapeOf(getInput()), getAxis());
  return plan.compute(*this, host::CumSum{a.outer, a.length, a.inner}, {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct CumSumLower : LowerInterface::ExternalModel<CumSumLower, top::CumSumOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto sum = cast<top::CumSumOp>(op);
    RowMath m(l, op);
    const top::AroundAxis a(shapeOf(sum.getInput()), sum.getAxis());
    Value y = m.moves.reshape(l.dequantize(l.operand(sum.getInput())), {1, a.outer, a.length, a.inner}, "rows");
    for (int64_t step = 1; step < a.length; step *= 2) {
      Value before = m.moves.slice(y, {0, 0, 0, 0}, {1, a.outer, a.length - step, a.inner}, {1, 1, 1, 1}, "before");
      y = m.add(y, m.moves.pad(before, {0, 0, step, 0}, {0, 0, 0, 0}, 0), "sum");
    }
    l.map(sum.getOutput(), m.moves.reshapeAsResult(y));
    return success();
  }
};

} // namespace

void registerCumSumLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::CumSumOp::attachInterface<CumSumLower>(*context); });
}

} // namespace tpu_mlir
