//===- Arg.cpp - Where the largest elements of an axis are ----------------===//
// All of top.Arg and top.TopK. On the chip: the maximum of a row, the positions
// that equal it, and of those the first (or the last) by another maximum, over
// ranks. The K largest are K such rounds, each without what was found before.
#include "Rows.h"
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

template <typename OpT> static FailureOr<Shape> inputShape(OpT op) {
  Shape shape(shapeOf(op.getInput()));
  if (op.getAxis() >= shape.size()) // unsigned: below 0 is far above
    return op.emitOpError("'axis' is ") << static_cast<int64_t>(op.getAxis()) << " but 'input' has " << shape.size()
                                        << " dimensions";
  return shape;
}

static FailureOr<Shape> argShape(ArgOp op) {
  FailureOr<Shape> shape = inputShape(op);
  if (failed(shape))
    return failure();
  if (op.getKeepdims() || shape->size() == 1)
    (*shape)[op.getAxis()] = 1;
  else
    shape->erase(shape->begin() + op.getAxis());
  return shape;
}

static FailureOr<Shape> topKShape(TopKOp op) {
  FailureOr<Shape> shape = inputShape(op);
  if (failed(shape))
    return failure();
  const auto k = static_cast<int64_t>(op.getK());
  if (k < 1 || k > (*shape)[op.getAxis()])
    return op.emitOpError("'K' is ") << k << " but axis " << op.getAxis() << " of 'input' has "
                                     << (*shape)[op.getAxis()] << " elements";
  (*shape)[op.getAxis()] = k;
  return shape;
}

LogicalResult ArgOp::inferShape() { return inferResult(*this, argShape, kOperands); }
LogicalResult TopKOp::inferShape() { return inferResult(*this, topKShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ArgOp::verify() {
  if (getMode() != "ArgMax" && getMode() != "ArgMin")
    return emitOpError("'mode' is \"") << getMode() << "\"; known: ArgMax, ArgMin";
  return verifyResult(*this, argShape, kOperands);
}

LogicalResult TopKOp::verify() {
  if (getGives() != "values" && getGives() != "indices")
    return emitOpError("'gives' is \"") << getGives() << "\"; known: values, indices";
  return verifyResult(*this, topKShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

// One comparison an element, and round.
int64_t ArgOp::flops() { return elementCount(getInput()); }
int64_t TopKOp::flops() { return saturatingProduct(elementCount(getInput()), static_cast<int64_t>(getK())); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult ArgOp::plan(EvalPlan &plan) {
  const auto axis = static_cast<int64_t>(getAxis());
  return plan.compute(*this, host::Extremes{axis, 1, getMode() == "ArgMax", true, getSelectLastIndex()}, {getInput()});
}

LogicalResult TopKOp::plan(EvalPlan &plan) {
  const auto axis = static_cast<int64_t>(getAxis()), k = static_cast<int64_t>(getK());
  return plan.compute(*this, host::Extremes{axis, k, getLargest(), getGives() == "indices", false}, {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

/// Indices that f32 holds.
constexpr int64_t kMostElements = int64_t(1) << 24;

std::string whyTooLong(Value input, int64_t axis) {
  const int64_t size = shapeOf(input)[axis];
  if (size <= kMostElements)
    return "";
  return "axis " + std::to_string(axis) + " has " + std::to_string(size) + " elements, and indices are exact up to " +
         std::to_string(kMostElements);
}

/// [1, outer * inner, 1, count] under the shape of the op's result, [outer, count, inner].
Value asResult(Moves &moves, Value found, const AroundAxis &around) {
  const int64_t count = shapeOf(found)[3];
  if (around.inner > 1 && count > 1) {
    found = moves.reshape(found, {around.outer, around.inner, count}, "found");
    found = moves.permute(found, {0, 2, 1}, "in_place");
  }
  return moves.reshapeAsResult(found);
}

struct ArgLower : LowerInterface::ExternalModel<ArgLower, top::ArgOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto arg = cast<top::ArgOp>(op);
    return whyTooLong(arg.getInput(), int64_t(arg.getAxis()));
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto arg = cast<top::ArgOp>(op);
    const AroundAxis around(shapeOf(arg.getInput()), arg.getAxis());
    Rows rows(l, op);
    Value x = rows.of(inFloats(l, op, arg.getInput()), arg.getAxis());
    if (arg.getMode() == "ArgMin")
      x = rows.negative(x);
    // The largest rank is the last index, or with falling ranks the first; one beyond the end is no element's.
    const bool last = arg.getSelectLastIndex();
    Value ranks = last ? rows.numbers(around.size, 0, 1) : rows.numbers(around.size, -0.0, -1);
    Value found = rows.largest(rows.where(rows.equal(x, rows.largest(x)), ranks, -double(around.size)));
    l.map(arg.getOutput(), asResult(rows.moves, last ? found : rows.negative(found), around));
    return success();
  }
};

struct TopKLower : LowerInterface::ExternalModel<TopKLower, top::TopKOp> {
  /// Each is a round of seven ops.
  static constexpr int64_t kMostRounds = 128;

  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto topK = cast<top::TopKOp>(op);
    const auto k = static_cast<int64_t>(topK.getK());
    if (k > kMostRounds)
      return "it takes " + std::to_string(k) + " elements of an axis one by one, and at most " +
             std::to_string(kMostRounds) + " are possible; ask for fewer, or end the network before it";
    return whyTooLong(topK.getInput(), int64_t(topK.getAxis()));
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto topK = cast<top::TopKOp>(op);
    const AroundAxis around(shapeOf(topK.getInput()), topK.getAxis());
    // Values and indices of one input are found by the same rounds.
    const std::string key = ("TopK " + top::nameOf(topK.getInput()) + " " + Twine(topK.getAxis()) + " " +
                             Twine(topK.getK()) + " " + Twine(topK.getLargest()))
                                .str();
    Operation *&values = l.found[key + " values"], *&indices = l.found[key + " indices"];
    Rows rows(l, op);
    if (!values)
      std::tie(values, indices) = findRounds(rows, inFloats(l, op, topK.getInput()), topK);
    Operation *found = topK.getGives() == "values" ? values : indices;
    l.map(topK.getOutput(), asResult(rows.moves, found->getResult(0), around));
    return success();
  }

  static std::pair<Operation *, Operation *> findRounds(Rows &rows, Value in, top::TopKOp topK) {
    const AroundAxis around(shapeOf(in), topK.getAxis());
    const auto k = static_cast<int64_t>(topK.getK());
    Value x = rows.of(in, topK.getAxis());
    if (!topK.getLargest())
      x = rows.negative(x);
    const double nobody = -double(around.size);
    const Value all = rows.numbers(around.size, -0.0, -1);
    Value ranks = all;
    SmallVector<Value> values, places;
    for (int64_t round = 0; round < k; ++round) {
      values.push_back(rows.largest(x));
      places.push_back(rows.largest(rows.where(rows.equal(x, values.back()), ranks, nobody)));
      if (round + 1 == k)
        break;
      // What is found has no rank any more, so that it is not found again where -infinity is all that is left.
      Value isFound = rows.equal(all, places.back());
      x = rows.where(isFound, -INFINITY, x);
      ranks = rows.where(isFound, nobody, ranks);
    }
    Value value = k > 1 ? rows.moves.concat(values, 3, "values") : values[0];
    Value place = rows.negative(k > 1 ? rows.moves.concat(places, 3, "places") : places[0]);
    return {(topK.getLargest() ? value : rows.negative(value)).getDefiningOp(), place.getDefiningOp()};
  }
};

} // namespace

void registerArgLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::ArgOp::attachInterface<ArgLower>(*context);
    top::TopKOp::attachInterface<TopKLower>(*context);
  });
}

} // namespace tpu_mlir
