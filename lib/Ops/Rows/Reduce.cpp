//===- Reduce.cpp - One number of all elements along some axes ------------===//
// All of top.Reduce. On the chip neighbouring axes are one, the last ones first: a
// maximum in the operand's own format, sums in f32 whatever the mode, a product as
// products of halves.
#include "AxisOf.h"
#include "RowMath.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};
using Kind = host::Reduce::Kind;

static std::optional<Kind> kindNamed(StringRef mode) {
  return llvm::StringSwitch<std::optional<Kind>>(mode)
      .Case("Mean", Kind::Mean)
      .Case("Sum", Kind::Sum)
      .Case("Max", Kind::Max)
      .Case("Min", Kind::Min)
      .Case("Prod", Kind::Prod)
      .Case("L1", Kind::L1)
      .Case("L2", Kind::L2)
      .Default(std::nullopt);
}

/// Which axes of the input are reduced; they have been verified.
static std::vector<bool> reducedAxes(ReduceOp op) {
  std::vector<bool> isReduced(shapeOf(op.getInput()).size(), false);
  for (int64_t axis : op.getAxes())
    isReduced[fromFirst(axis, isReduced.size())] = true;
  return isReduced;
}

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ReduceOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  SmallVector<bool> isReduced(in.size(), false);
  for (int64_t axis : op.getAxes()) {
    if (failed(verifyAxis(op, "axes", axis, in.size())))
      return failure();
    if (std::exchange(isReduced[fromFirst(axis, in.size())], true))
      return op.emitOpError("'axes' names axis ") << axis << " twice";
  }
  Shape out;
  for (auto [size, gone] : llvm::zip_equal(in, isReduced))
    if (!gone || op.getKeepdims())
      out.push_back(gone ? 1 : size);
  return out.empty() ? Shape{1} : out;
}

LogicalResult ReduceOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ReduceOp::verify() {
  if (!kindNamed(getMode()))
    return emitOpError("'mode' must be Mean, Sum, Max, Min, Prod, L1 or L2, but it is \"") << getMode() << "\"";
  if (getAxes().empty())
    return emitOpError("'axes' names no axis");
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t ReduceOp::flops() {
  const Kind kind = *kindNamed(getMode());
  return saturatingProduct(kind == Kind::L1 || kind == Kind::L2 ? 2 : 1, elementCount(getInput()));
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult ReduceOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Reduce{*kindNamed(getMode()), reducedAxes(*this)}, {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

using top::Kind;

/// Axes [begin, end) of a shape, all reduced; axes of one element go with any.
struct Run {
  size_t begin, end;
};

SmallVector<Run> runsOf(ArrayRef<int64_t> shape, const std::vector<bool> &isReduced) {
  SmallVector<Run> runs;
  bool continues = false;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1)
      continue;
    if (isReduced[axis] && continues)
      runs.back().end = axis + 1;
    else if (isReduced[axis])
      runs.push_back({axis, axis + 1});
    continues = isReduced[axis];
  }
  return runs;
}

struct ReduceLower : LowerInterface::ExternalModel<ReduceLower, top::ReduceOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto reduce = cast<top::ReduceOp>(op);
    const Kind kind = *top::kindNamed(reduce.getMode());
    RowMath m(l, op);
    Value v = l.operand(reduce.getInput());
    v = kind == Kind::Max ? v : before(m, l.dequantize(v), kind);
    SmallVector<int64_t> shape(shapeOf(v));
    const SmallVector<Run> runs = runsOf(shape, top::reducedAxes(reduce));
    for (const Run &run : llvm::reverse(runs)) {
      const auto all = ArrayRef<int64_t>(shape);
      const int64_t outer = top::elementCount(all.take_front(run.begin)),
                    length = top::elementCount(all.slice(run.begin, run.end - run.begin)),
                    inner = top::elementCount(all.drop_front(run.end));
      v = kind == Kind::Prod ? product(m, m.moves.reshape(v, {1, outer, length, inner}, "rows"))
                             : along(m, v, outer, length, inner, kind);
      std::fill(shape.begin() + run.begin, shape.begin() + run.end, 1);
    }
    v = after(m, v, kind);
    if (kind == Kind::Max && l.isQuantized())
      v = l.requantize(v, l.formatOfResult(reduce.getOutput()), l.roleOf(op, "requant"));
    l.map(reduce.getOutput(), m.moves.reshapeAsResult(v));
    return success();
  }

  static Value before(RowMath &m, Value v, Kind kind) {
    switch (kind) {
    case Kind::Min:
      return m.mulConst(v, -1, "negative");
    case Kind::L1:
      return m.absolute(v, "magnitude");
    case Kind::L2:
      return m.mul(v, v, "square");
    default:
      return v;
    }
  }
  static Value after(RowMath &m, Value v, Kind kind) {
    return kind == Kind::Min ? m.mulConst(v, -1, "least") : kind == Kind::L2 ? m.function("sqrt", v) : v;
  }

  /// Three axes, of which the middle one becomes one number.
  static Value along(RowMath &m, Value v, int64_t outer, int64_t length, int64_t inner, Kind kind) {
    std::optional<RowView> rows = m.rowsInPlace(outer, length, inner);
    if (!rows) {
      v = m.moves.permute(m.moves.reshape(v, {outer, length, inner}, "axes"), {0, 2, 1}, "rows_last");
      rows = m.rowsOf(outer * inner, length);
    }
    const bool isExtreme = kind == Kind::Max || kind == Kind::Min;
    return m.reduce(m.moves.reshape(v, rows->shape, "rows"), *rows, isExtreme ? "Max" : "Avg",
                    kind == Kind::Mean ? 1.0 / double(length) : 1);
  }

  /// The product along axis 2 of four, of its two halves until one is left.
  static Value product(RowMath &m, Value v) {
    for (;;) {
      SmallVector<int64_t> shape(shapeOf(v));
      const int64_t length = shape[2], half = (length + 1) / 2;
      if (length == 1)
        return v;
      v = m.moves.pad(v, {0, 0, 0, 0}, {0, 0, 2 * half - length, 0}, 1);
      auto part = [&](int64_t begin, StringRef role) {
        return m.moves.slice(v, {0, 0, begin, 0}, {shape[0], shape[1], begin + half, shape[3]}, {1, 1, 1, 1}, role);
      };
      v = m.mul(part(0, "first"), part(half, "second"), "product");
    }
  }
};

} // namespace

void registerReduceLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::ReduceOp::attachInterface<ReduceLower>(*context); });
}

} // namespace tpu_mlir
