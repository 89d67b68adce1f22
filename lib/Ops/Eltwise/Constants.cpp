//===- Constants.cpp - Arithmetic with one number -------------------------===//
// All of top.AddConst, top.MulConst, tpu.AddConst and tpu.MulConst: dropping what
// changes nothing, joining chains, and the form in f32. They are functions of
// each element, so ../Activation/Unary.cpp lowers them, integers as tables,
// lines or requantisations.
#include "../Activation/Recognise.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Primitive/Binary.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Fold / canonicalise ------------------------------------------------===//

template <typename ConstOp> static OpFoldResult foldNeutral(ConstOp op, double neutral) {
  bool isIdentity = op.getConstVal().convertToDouble() == neutral && !op.getDoRelu() &&
                    op.getInput().getType() == op.getOutput().getType() && !isReturned(op.getOutput());
  return isIdentity ? op.getInput() : OpFoldResult();
}

OpFoldResult AddConstOp::fold(FoldAdaptor) { return foldNeutral(*this, 0); }
OpFoldResult MulConstOp::fold(FoldAdaptor) { return foldNeutral(*this, 1); }

namespace {
/// (x + a) + b is x + (a + b), (x * a) * b is x * (a * b): one rounding instead of two. Where the tensor in between has
/// another use, it is there anyway; and it may be the x of an activation that begins here (see Recognise.cpp).
template <typename ConstOp> struct JoinConstants : OpRewritePattern<ConstOp> {
  using OpRewritePattern<ConstOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(ConstOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().template getDefiningOp<ConstOp>();
    if (!first || first.getDoRelu() || !op.getInput().hasOneUse())
      return failure();
    double a = first.getConstVal().convertToDouble(), b = op.getConstVal().convertToDouble();
    rewriter.modifyOpInPlace(op, [&] {
      op.setConstVal(APFloat(std::is_same_v<ConstOp, AddConstOp> ? a + b : a * b));
      op.getInputMutable().assign(first.getInput());
    });
    return success();
  }
};
} // namespace

void AddConstOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<JoinConstants<AddConstOp>>(context);
}
void MulConstOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<JoinConstants<MulConstOp>>(context);
  addActivationsOfMulConst(patterns);
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult AddConstOp::plan(EvalPlan &plan) {
  auto value = static_cast<float>(getConstVal().convertToDouble());
  return plan.compute(*this, host::Affine{{1}, {value}}, {getInput()});
}
LogicalResult MulConstOp::plan(EvalPlan &plan) {
  auto value = static_cast<float>(getConstVal().convertToDouble());
  return plan.compute(*this, host::Affine{{value}, {0}}, {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::AddConstOp::verify() { return verifyFloatMap(*this, getInput(), getOutput()); }
LogicalResult tpu::MulConstOp::verify() { return verifyFloatMap(*this, getInput(), getOutput()); }

//===- Form ---------------------------------------------------------------===//

template <typename OpT> static Form constantForm(OpT op, kernel::BinaryOp kind) {
  Recipe r;
  Dims d = nchwOf(op.getOutput());
  const NumberFormat format = formatOf(op.getOutput());
  int x = r.addInput(0, format.dtype, d), y = r.addOutput(format.dtype, d);
  r.steps.push_back(
      primitive::binary(kind, y, x, primitive::Constant{op.getConstVal().convertToDouble(), format.dtype}));
  addReluSteps(r, op.getDoRelu(), op.getReluLimit().convertToDouble(), format);
  return r;
}
Form tpu::AddConstOp::form() { return constantForm(*this, kernel::BinaryOp::Add); }
Form tpu::MulConstOp::form() { return constantForm(*this, kernel::BinaryOp::Mul); }

} // namespace tpu_mlir
