//===- Select.cpp - Comparing and choosing --------------------------------===//
// All of top.Compare and top.Where: shapes, types and what the host computes.
// Neither has a form on the chip yet.
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kCompared[] = {"lhs", "rhs"}, kChosen[] = {"cond", "tbrn", "fbrn"};

//===- Infer shape --------------------------------------------------------===//

/// All operands, by numpy's rules.
template <typename OpTy> static FailureOr<Shape> broadcastShape(OpTy op) {
  Shape shape(shapeOf(op->getOperand(0)));
  for (Value operand : op->getOperands().drop_front()) {
    FailureOr<Shape> both = broadcast(shape, shapeOf(operand));
    if (failed(both))
      return op.emitOpError("operands of shapes ")
             << shapeText(shape) << " and " << shapeText(shapeOf(operand)) << " do not broadcast";
    shape = *both;
  }
  return shape;
}

LogicalResult CompareOp::inferShape() { return inferResult(*this, broadcastShape<CompareOp>, kCompared); }
LogicalResult WhereOp::inferShape() { return inferResult(*this, broadcastShape<WhereOp>, kChosen); }

//===- Verify -------------------------------------------------------------===//

static std::optional<host::Compare::Kind> kindOf(StringRef mode) {
  using Kind = host::Compare::Kind;
  return llvm::StringSwitch<std::optional<Kind>>(mode)
      .Case("Equal", Kind::Equal)
      .Case("NotEqual", Kind::NotEqual)
      .Case("Less", Kind::Less)
      .Case("LessOrEqual", Kind::LessOrEqual)
      .Case("Greater", Kind::Greater)
      .Case("GreaterOrEqual", Kind::GreaterOrEqual)
      .Default(std::nullopt);
}

LogicalResult CompareOp::verify() {
  if (!kindOf(getMode()))
    return emitOpError("'mode' is \"") << getMode()
                                       << "\"; known: Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual";
  if (failed(verifyElement(*this, "output", getOutput(), host::Element::Bool)) ||
      failed(verifySameElement(*this, "lhs", getLhs(), "rhs", getRhs())))
    return failure();
  return verifyResult(*this, broadcastShape<CompareOp>, kCompared);
}

LogicalResult WhereOp::verify() {
  if (failed(verifyElement(*this, "cond", getCond(), host::Element::Bool)) ||
      failed(verifySameElement(*this, "tbrn", getTbrn(), "output", getOutput())) ||
      failed(verifySameElement(*this, "fbrn", getFbrn(), "output", getOutput())))
    return failure();
  return verifyResult(*this, broadcastShape<WhereOp>, kChosen);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t CompareOp::flops() { return elementCount(getOutput()); }
int64_t WhereOp::flops() { return 0; }

//===- Interpret ----------------------------------------------------------===//

LogicalResult CompareOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Compare{*kindOf(getMode())}, {getLhs(), getRhs()});
}
LogicalResult WhereOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Select{}, {getCond(), getTbrn(), getFbrn()});
}

} // namespace tpu_mlir::top
