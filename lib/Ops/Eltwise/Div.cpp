//===- Div.cpp - Quotients of tensors -------------------------------------===//
// All of top.Div and tpu.Div: the program of division in the mode's floats, in f32
// where the mode has integers, since a quotient of integers keeps too few bits.
#include "../Activation/FunctionSteps.h"
#include "Broadcast.h"
#include "Combine.h"
#include "Operands.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Primitive/Binary.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

LogicalResult DivOp::inferShape() { return inferResult(*this, eltwiseShape<DivOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult DivOp::verify() {
  if (getInputs().size() != 2)
    return emitOpError("takes 2 inputs, but it has ") << getInputs().size();
  return verifyOperands(*this);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t DivOp::flops() { return chainFlops(*this); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult DivOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Combine{host::Combine::Kind::Div, {}}, SmallVector<Value>(getInputs()));
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct DivLower : LowerInterface::ExternalModel<DivLower, top::DivOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto div = cast<top::DivOp>(op);
    SmallVector<Value> values;
    for (Value v : div.getInputs()) {
      if (l.isQuantized())
        values.push_back(isWeight(v) ? l.floatWeight(v, DType::F32) : l.dequantize(l.operand(v)));
      else
        values.push_back(l.operand(v));
    }
    repeatToFourAxes(l, op, values, shapeOf(div.getOutput()));
    NamedAttrList attrs;
    attrs.set("do_relu", div.getDoReluAttr());
    attrs.set("relu_limit", div.getReluLimitAttr());
    l.map(div.getOutput(),
          tpu::DivOp::create(l.builder, op->getLoc(), TypeRange{l.typeOf(div.getOutput(), formatOf(values[0]))}, values,
                             attrs.getAttrs()));
    return success();
  }
};

} // namespace

void registerDivLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::DivOp::attachInterface<DivLower>(*context); });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::DivOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifyBroadcastDims(*this, getInputs(), getOutput())))
    return failure();
  if (getInputs().size() != 2)
    return emitOpError() << "takes 2 inputs, got " << getInputs().size();
  const NumberFormat format = formatOf(getOutput());
  for (Value v : getInputs())
    if (format.isQuantized() || formatOf(v) != format)
      return emitOpError() << "inputs and 'output' are floats of one format, got " << v.getType() << " and "
                           << getOutput().getType();
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::DivOp::form() {
  Recipe r;
  const BroadcastDims dims = broadcastDims(*this, getInputs(), getOutput());
  const NumberFormat format = formatOf(getOutput());
  SmallVector<int> in;
  for (auto [i, v] : llvm::enumerate(getInputs()))
    in.push_back(addBroadcast(r, i, v, dims.operands[i], dims.result));
  const int y = r.addOutput(format.dtype, dims.result);
  // The program takes operands of one shape: one that repeats does so first, by a product with 1.
  for (int &x : in)
    if (r.buffers[x].dims != dims.result) {
      const int whole = r.addScratch(format.dtype, dims.result);
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, whole, x, primitive::Constant{1, format.dtype}));
      x = whole;
    }
  addFunctionSteps(r, in, y, kernel::FloatFunction::Divide);
  addReluSteps(r, getDoRelu(), getReluLimit().convertToDouble(), format);
  return r;
}

} // namespace tpu_mlir
