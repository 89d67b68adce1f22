//===- Cast.cpp - A change of number format -------------------------------===//
// All of top.Cast, which the source network asked for and which changes nothing
// between floats, since Top computes them in fp32; and of tpu.Cast, which
// lowering places between floats and integers, and between float formats.
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Ops/ZeroPoints.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"
#include "tpu_mlir/Recipe/Recipe.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

LogicalResult CastOp::inferShape() { return detail::inferSameShape(*this); }

//===- Verify -------------------------------------------------------------===//

LogicalResult CastOp::verify() { return detail::verifySameShape(*this); }

//===- FLOPs --------------------------------------------------------------===//

int64_t CastOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult CastOp::fold(FoldAdaptor) {
  bool isIdentity = getInput().getType() == getOutput().getType() && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult CastOp::plan(EvalPlan &plan) { return plan.compute(*this, host::Convert{}, {getInput()}); }

} // namespace tpu_mlir::top

namespace tpu_mlir {
using kernel::DType;

//===- Lower --------------------------------------------------------------===//

namespace {

struct CastLower : LowerInterface::ExternalModel<CastLower, top::CastOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    const host::Element to = *top::elementOf(op->getResult(0));
    if (to == host::Element::F32)
      return "";
    // Of truth values the numbers are the result's; of others they would have to be cut to whole ones.
    if (to == host::Element::Bool &&
        isa_and_nonnull<top::CompareOp, top::CompareConstOp>(op->getOperand(0).getDefiningOp()))
      return "";
    return std::string("there are no ") + host::nameOf(to) + " tensors yet";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    // Top's cast keeps the value; formats are the lowering's.
    l.map(op->getResult(0), l.operandAsIs(op->getOperand(0)));
    return success();
  }
};

} // namespace

void registerCastLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::CastOp::attachInterface<CastLower, MovesModel<top::CastOp>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::CastOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  if (in.dtype == out.dtype || (in.dtype != DType::F32 && out.dtype != DType::F32))
    return emitOpError() << "casts between f32 and another format, got " << getInput().getType() << " and "
                         << getOutput().getType();
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::CastOp::form() {
  Recipe r;
  Dims d = nchwOf(getOutput());
  NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  int x = r.addInput(0, in.dtype, d), y = r.addOutput(out.dtype, d);
  auto scale = [&](int dst, int a, double factor) {
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, dst, a, primitive::Constant{factor, DType::F32}));
  };
  if (out.isQuantized()) {
    int scaled = r.addScratch(DType::F32, d), whole = out.zeroPoint ? r.addScratch(DType::I16, d) : y;
    scale(scaled, x, 1 / out.scale);
    r.steps.push_back(primitive::cast(whole, scaled));
    if (out.zeroPoint)
      r.steps.push_back(
          primitive::binary(kernel::BinaryOp::Add, y, whole, primitive::Constant{double(out.zeroPoint), DType::I16}));
  } else {
    r.steps.push_back(primitive::cast(y, in.isQuantized() ? centred(r, x, in, d) : x));
    if (in.isQuantized())
      scale(y, y, in.scale);
  }
  return r;
}

} // namespace tpu_mlir
