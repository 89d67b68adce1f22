//===- Softmax.cpp - Exponentials over their sum --------------------------===//
// All of top.Softmax. On the chip it is its own definition in f32, in every mode:
// what lies in 16 or 8 bits before and behind it would lose what the exponentials
// tell apart.
#include "AxisOf.h"
#include "RowMath.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(SoftmaxOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (failed(verifyAxis(op, "axis", op.getAxis(), in.size())))
    return failure();
  return Shape(in);
}

LogicalResult SoftmaxOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult SoftmaxOp::verify() {
  if (double beta = getBeta().convertToDouble(); !std::isfinite(beta))
    return emitOpError("'beta' must be finite, but it is ") << beta;
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

// A comparison, a difference, an exponential, a sum, and a product or another difference.
int64_t SoftmaxOp::flops() { return saturatingProduct(5, elementCount(getOutput())); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult SoftmaxOp::plan(EvalPlan &plan) {
  const AroundAxis a(shapeOf(getInput()), getAxis());
  return plan.compute(*this, host::Softmax{a.outer, a.length, a.inner, getLog(), getBeta().convertToDouble()},
                      {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct SoftmaxLower : LowerInterface::ExternalModel<SoftmaxLower, top::SoftmaxOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto softmax = cast<top::SoftmaxOp>(op);
    RowMath m(l, op);
    const top::AroundAxis a(shapeOf(softmax.getInput()), softmax.getAxis());
    Value x = l.operand(softmax.getInput());
    const std::optional<RowView> inPlace = m.rowsInPlace(a.outer, a.length, a.inner);
    if (!inPlace) // moved before the cast, in the narrower format
      x = m.moves.permute(m.moves.reshape(x, {a.outer, a.length, a.inner}, "axes"), {0, 2, 1}, "rows_last");
    const RowView rows = inPlace ? *inPlace : m.rowsOf(a.outer * a.inner, a.length);
    Value y = ofRows(m, m.moves.reshape(l.dequantize(x), rows.shape, "rows"), rows, softmax);
    if (!inPlace)
      y = m.moves.permute(m.moves.reshape(y, {a.outer, a.inner, a.length}, "shaped"), {0, 2, 1}, "moved");
    l.map(softmax.getOutput(), m.moves.reshapeAsResult(y));
    return success();
  }

  static Value ofRows(RowMath &m, Value x, const RowView &rows, top::SoftmaxOp softmax) {
    if (double beta = softmax.getBeta().convertToDouble(); beta != 1)
      x = m.mulConst(x, beta, "scaled");
    Value below = m.sub(x, m.spread(m.reduce(x, rows, "Max"), rows), "below_max");
    Value power = m.function("exp", below), sum = m.reduce(power, rows, "Avg");
    if (softmax.getLog())
      return m.sub(below, m.spread(m.function("log", sum), rows), "less_log");
    return m.mul(power, m.spread(m.function("reciprocal", sum), rows), "share");
  }
};

} // namespace

void registerSoftmaxLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::SoftmaxOp::attachInterface<SoftmaxLower>(*context); });
}

} // namespace tpu_mlir
