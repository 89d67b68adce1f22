//===- Mul.cpp - Products of tensors --------------------------------------===//
// All of top.Mul and tpu.Mul. Products that are activations in disguise are
// ../Activation/Recognise.cpp's.
#include "../Activation/Recognise.h"
#include "Broadcast.h"
#include "Combine.h"
#include "Operands.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Ops/ZeroPoints.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

LogicalResult MulOp::inferShape() { return inferResult(*this, eltwiseShape<MulOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult MulOp::verify() { return verifyOperands(*this); }

//===- FLOPs --------------------------------------------------------------===//

int64_t MulOp::flops() { return chainFlops(*this); }

//===- Fold / canonicalise ------------------------------------------------===//

void MulOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  addActivationsOfMul(patterns);
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult MulOp::plan(EvalPlan &plan) { return planCombine(*this, plan, host::Combine::Kind::Mul); }

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct MulLower : LowerInterface::ExternalModel<MulLower, top::MulOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto mul = cast<top::MulOp>(op);
    if (mul.getInputs().size() != 2)
      return "it multiplies " + std::to_string(mul.getInputs().size()) + " tensors; write it as products of two";
    return "";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto mul = cast<top::MulOp>(op);
    SmallVector<Value> values = {l.operand(mul.getInputs()[0]), l.operand(mul.getInputs()[1])};
    repeatToFourAxes(l, op, values, shapeOf(mul.getOutput()));
    NumberFormat out = l.formatOfResult(mul.getOutput());
    NamedAttrList attrs;
    attrs.set("do_relu", mul.getDoReluAttr());
    attrs.set("relu_limit", mul.getReluLimitAttr());
    if (l.isQuantized()) {
      Multiplier m = multiplierOf(formatOf(values[0]).scale * formatOf(values[1]).scale / out.scale);
      attrs.set("multiplier", l.builder.getI64IntegerAttr(m.multiplier));
      attrs.set("rshift", l.builder.getI64IntegerAttr(m.rshift));
    }
    l.map(mul.getOutput(), tpu::MulOp::create(l.builder, op->getLoc(), TypeRange{l.typeOf(mul.getOutput(), out)},
                                              values, attrs.getAttrs()));
    return success();
  }
};

} // namespace

void registerMulLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::MulOp::attachInterface<MulLower>(*context); });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::MulOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifyBroadcastDims(*this, getInputs(), getOutput())) ||
      failed(verifyRequant(*this, getMultiplier(), getRshift())))
    return failure();
  if (getInputs().size() != 2)
    return emitOpError() << "takes 2 inputs, got " << getInputs().size();
  return verifyOneKind(*this);
}

//===- Form ---------------------------------------------------------------===//

Form tpu::MulOp::form() {
  Recipe r;
  const BroadcastDims dims = broadcastDims(*this, getInputs(), getOutput());
  const Dims out = dims.result;
  NumberFormat format = formatOf(getOutput());
  int a = addBroadcast(r, 0, getInputs()[0], dims.operands[0], out),
      b = addBroadcast(r, 1, getInputs()[1], dims.operands[1], out);
  int y = r.addOutput(format.dtype, out);
  int product = format.isQuantized() ? r.addScratch(DType::I32, out) : y;
  a = centred(r, a, formatOf(getInputs()[0]), out), b = centred(r, b, formatOf(getInputs()[1]), out);
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, product, a, b));
  if (format.isQuantized())
    r.steps.push_back(
        primitive::requant(y, product, {int32_t(getMultiplier()), int32_t(-getRshift()), int32_t(format.zeroPoint)}));
  addReluSteps(r, getDoRelu(), getReluLimit().convertToDouble(), format);
  return r;
}

} // namespace tpu_mlir
