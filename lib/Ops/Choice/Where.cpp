//===- Where.cpp - A choice between two tensors ---------------------------===//
// All of top.Where and tpu.Where: one selection. Integers of other scales are
// requantised to the result's first.
#include "Selection.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"cond", "tbrn", "fbrn"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(WhereOp op) {
  Shape shape(shapeOf(op.getCond()));
  for (auto [name, branch] : {std::pair("tbrn", op.getTbrn()), std::pair("fbrn", op.getFbrn())}) {
    if (isNone(branch))
      continue;
    FailureOr<Shape> wider = broadcast(shape, shapeOf(branch));
    if (failed(wider))
      return op.emitOpError("'") << name << "' has shape " << shapeText(shapeOf(branch))
                                 << ", which does not broadcast with " << shapeText(shape);
    shape = *wider;
  }
  return shape;
}

LogicalResult WhereOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

/// Whether the condition is i1, by which the host alone chooses.
static bool isTyped(WhereOp op) { return elementOf(op.getCond()) == host::Element::Bool; }

LogicalResult WhereOp::verify() {
  if (isTyped(*this)) {
    if (getXIsConst() || getYIsConst())
      return emitOpError("'cond' is i1, so that both branches are tensors");
    if (failed(verifySameElement(*this, "tbrn", getTbrn(), "output", getOutput())) ||
        failed(verifySameElement(*this, "fbrn", getFbrn(), "output", getOutput())))
      return failure();
  }
  for (auto [name, flag, branch, isConst] : {std::tuple("tbrn", "x_is_const", getTbrn(), getXIsConst()),
                                             std::tuple("fbrn", "y_is_const", getFbrn(), getYIsConst())})
    if (isNone(branch) != isConst)
      return emitOpError("'") << name << "' is " << (isConst ? "a tensor, but '" : "absent, but '") << flag
                              << (isConst ? "' says that it is a number" : "' does not say that it is a number");
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t WhereOp::flops() { return elementCount(getOutput()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult WhereOp::plan(EvalPlan &plan) {
  host::Select where;
  if (getXIsConst())
    where.yes = static_cast<float>(getXConstVal().convertToDouble());
  if (getYIsConst())
    where.no = static_cast<float>(getYConstVal().convertToDouble());
  return plan.compute(*this, where, {getCond(), getTbrn(), getFbrn()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct WhereLower : LowerInterface::ExternalModel<WhereLower, top::WhereOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    return top::isTyped(cast<top::WhereOp>(op)) ? "there are no bool tensors on the chip yet" : "";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto where = cast<top::WhereOp>(op);
    const NumberFormat out = l.formatOfResult(where.getOutput());
    SmallVector<Value> values = {l.operand(where.getCond())};
    for (auto [role, branch] : {std::pair("tbrn", where.getTbrn()), std::pair("fbrn", where.getFbrn())})
      if (isPresent(branch))
        values.push_back(branchIn(l, op, branch, out, role));
    repeatToFourAxes(l, op, values, shapeOf(where.getOutput()));
    Value none = l.none(op->getLoc()), tbrn = where.getXIsConst() ? none : values[1];
    Value fbrn = where.getYIsConst() ? none : values.back();
    l.map(where.getOutput(), tpu::WhereOp::create(l.builder, op->getLoc(), l.typeOf(where.getOutput(), out), values[0],
                                                  tbrn, fbrn, where.getXConstVal(), where.getYConstVal(),
                                                  /*ginfo=*/Attribute()));
    return success();
  }

  static Value branchIn(Lowering &l, Operation *op, Value branch, const NumberFormat &out, StringRef role) {
    if (!l.isQuantized())
      return l.operand(branch);
    if (!isWeight(branch))
      return l.requantize(l.operand(branch), out, l.roleOf(op, role));
    std::vector<uint8_t> stored;
    for (float v : l.weightData(branch))
      stored.push_back(uint8_t(quantizeOne(v, out)));
    Value made = l.addWeightBytes(op, role, std::move(stored), shapeOf(branch), out.dtype);
    made.setType(RankedTensorType::get(shapeOf(branch), elementTypeOf(op->getContext(), out)));
    return made;
  }
};

} // namespace

void registerWhereLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::WhereOp::attachInterface<WhereLower>(*context); });
}

//===- Verify (tpu) -------------------------------------------------------===//

static SmallVector<Value> presentOperands(tpu::WhereOp op) {
  SmallVector<Value> present;
  for (Value v : op->getOperands())
    if (isPresent(v))
      present.push_back(v);
  return present;
}

LogicalResult tpu::WhereOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifyBroadcastDims(*this, presentOperands(*this), getOutput())))
    return failure();
  const NumberFormat out = formatOf(getOutput());
  for (Value branch : {getTbrn(), getFbrn()})
    if (isPresent(branch) && formatOf(branch) != out)
      return emitOpError() << "branches and 'output' have one number format, got " << branch.getType() << " and "
                           << getOutput().getType();
  if (kernel::byteSize(formatOf(getCond()).dtype) != kernel::byteSize(out.dtype))
    return emitOpError() << "'cond' is as wide as 'output', got " << getCond().getType() << " and "
                         << getOutput().getType();
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::WhereOp::form() {
  Recipe r;
  const BroadcastDims dims = broadcastDims(*this, presentOperands(*this), getOutput());
  const NumberFormat out = formatOf(getOutput());
  size_t next = 0;
  auto whole = [&](int index, Value v) {
    return Choice::of(addWhole(r, index, v, dims.operands[next++], dims.result));
  };
  auto branch = [&](int index, Value v, const APFloat &constant) {
    return isPresent(v) ? whole(index, v) : Choice::number(realBits(constant.convertToDouble(), out));
  };
  const Choice cond = whole(0, getCond());
  const Choice yes = branch(1, getTbrn(), getXConstVal()), no = branch(2, getFbrn(), getYConstVal());
  const int y = r.addOutput(out.dtype, dims.result);
  addSelection(r, y, kernel::Comparison::Equal, cond, Choice::number(realBits(0, formatOf(getCond()))), no, yes);
  return r;
}

} // namespace tpu_mlir
