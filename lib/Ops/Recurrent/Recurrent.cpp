//===- Recurrent.cpp - LSTM and GRU: meaning ------------------------------===//
// All of top.LSTM and top.GRU but what they become on the chip (Unroll.cpp): which
// operands fit together, the result, its cost, and the layer as work for the
// interpreter.
#include "Recurrent.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/Shapes.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

/// Fails, with a diagnostic, unless an operand that is there has that shape.
static LogicalResult expect(Operation *op, StringRef name, Value value, ArrayRef<int64_t> shape) {
  if (isNone(value) || shapeOf(value) == shape)
    return success();
  return op->emitOpError("'") << name << "' must be " << shapeText(shape) << ", but its shape is "
                              << shapeText(shapeOf(value));
}

template <typename OpTy> static FailureOr<Shape> resultShape(OpTy op) {
  constexpr int64_t gates = std::is_same_v<OpTy, LSTMOp> ? 4 : 3;
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.size() != 3)
    return op.emitOpError("'input' must have 3 dimensions (steps, batch, features), but its shape is ")
           << shapeText(in);
  const int64_t hidden = op.getHiddenSize(), directions = directionsOf(op.getDirection()).size();
  if (failed(expect(op, "filter", op.getFilter(), {directions, gates * hidden, in[2]})) ||
      failed(expect(op, "recurrence", op.getRecurrence(), {directions, gates * hidden, hidden})) ||
      failed(expect(op, "bias", op.getBias(), {directions, 2 * gates * hidden})) ||
      failed(expect(op, "initial_h", op.getInitialH(), {directions, in[1], hidden})))
    return failure();
  int64_t steps = in[0];
  if constexpr (gates == 4) {
    if (failed(expect(op, "initial_c", op.getInitialC(), {directions, in[1], hidden})))
      return failure();
    steps += op.getWithCell();
  }
  ArrayRef<int64_t> lengths = op.getLengths();
  if (!lengths.empty() && int64_t(lengths.size()) != in[1])
    return op.emitOpError("'lengths' has ") << lengths.size() << " elements for a batch of " << in[1];
  for (int64_t length : lengths)
    if (length > in[0])
      return op.emitOpError("'lengths' has the element ") << length << " but 'input' has " << in[0] << " steps";
  return Shape{steps, directions, in[1], hidden};
}

static constexpr StringRef kLstmOperands[] = {"input", "filter", "recurrence", "bias", "initial_h", "initial_c"};
static constexpr StringRef kGruOperands[] = {"input", "filter", "recurrence", "bias", "initial_h"};

LogicalResult LSTMOp::inferShape() { return inferResult(*this, resultShape<LSTMOp>, kLstmOperands); }
LogicalResult GRUOp::inferShape() { return inferResult(*this, resultShape<GRUOp>, kGruOperands); }

//===- Verify -------------------------------------------------------------===//

template <typename OpTy> static LogicalResult verifyLayer(OpTy op) {
  if (directionsOf(op.getDirection()).empty())
    return op.emitOpError("'direction' is \"") << op.getDirection() << "\"; known: forward, reverse, bidirectional";
  const int64_t hidden = op.getHiddenSize();
  constexpr int64_t most = int64_t(1) << 24;
  if (hidden < 1 || hidden > most)
    return op.emitOpError("'hidden_size' is ") << hidden << "; it must be from 1 to " << most;
  return verifyList(op, "lengths", op.getLengths(), op.getLengths().size(), 0);
}

LogicalResult LSTMOp::verify() {
  return failed(verifyLayer(*this)) ? failure() : verifyResult(*this, resultShape<LSTMOp>, kLstmOperands);
}
LogicalResult GRUOp::verify() {
  return failed(verifyLayer(*this)) ? failure() : verifyResult(*this, resultShape<GRUOp>, kGruOperands);
}

//===- FLOPs --------------------------------------------------------------===//

/// Both products, and about ten operations a gate and element for the rest.
template <typename OpTy> static int64_t layerFlops(OpTy op) {
  if (!hasStaticShape(op.getInput()))
    return 0;
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  const int64_t rows = saturatingProduct(in[0], in[1]),
                weights = elementCount(op.getFilter()) + elementCount(op.getRecurrence());
  constexpr int64_t kRest = 10;
  return saturatingProduct(rows, 2 * weights) + saturatingProduct(kRest, elementCount(op.getOutput()));
}
int64_t LSTMOp::flops() { return layerFlops(*this); }
int64_t GRUOp::flops() { return layerFlops(*this); }

//===- Interpret ----------------------------------------------------------===//

template <typename OpTy> static host::Recurrent layerOf(OpTy op) {
  host::Recurrent layer;
  layer.hasBias = !isNone(op.getBias()), layer.hasInitialH = !isNone(op.getInitialH());
  for (bool isReversed : directionsOf(op.getDirection()))
    layer.isReversed.push_back(isReversed);
  layer.lengths = op.getLengths().vec();
  return layer;
}

LogicalResult LSTMOp::plan(EvalPlan &plan) {
  host::Recurrent layer = layerOf(*this);
  layer.isLstm = true, layer.hasInitialC = !isNone(getInitialC()), layer.withCell = getWithCell();
  return plan.compute(*this, std::move(layer),
                      {getInput(), getFilter(), getRecurrence(), getBias(), getInitialH(), getInitialC()});
}

LogicalResult GRUOp::plan(EvalPlan &plan) {
  host::Recurrent layer = layerOf(*this);
  layer.resetsAfterProduct = getLinearBeforeReset();
  return plan.compute(*this, std::move(layer), {getInput(), getFilter(), getRecurrence(), getBias(), getInitialH()});
}

} // namespace tpu_mlir::top
