//===- Recognise.cpp - Activations written as arithmetic ------------------===//
// Exporters write some activations as products of others. One op is one table
// on a chip, and one rounding, so the product is given its name, whichever front
// end it came through. Factors may be rounded and split over constants; tensors
// in between must have no other use.
#include "Recognise.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include <cmath>

using namespace mlir;
using namespace tpu_mlir::top;

namespace {

/// As near as one rounding to half precision leaves a constant (2^-11), which is what networks stored in it have; four
/// decimal digits, such as 0.7071 and 0.1667, are as near. 1 / 6 and 0.17, or the 1.702 of another GELU, are not.
bool isNear(double a, double b) { return std::fabs(a - b) <= std::ldexp(std::fabs(b), -11); }

template <typename OpTy> OpTy producerOf(Value value) {
  return value.hasOneUse() ? value.getDefiningOp<OpTy>() : OpTy();
}

/// value = factor * (what is returned), where a constant factor was written out.
Value withoutFactor(Value value, double &factor) {
  auto op = producerOf<MulConstOp>(value);
  if (!op || op.getDoRelu())
    return value;
  factor *= op.getConstVal().convertToDouble();
  return op.getInput();
}

/// x where value = min(max(x + 3, 0), 6).
Value shiftedRelu6(Value value) {
  auto op = producerOf<AddConstOp>(value);
  bool isRelu6 =
      op && op.getDoRelu() && op.getReluLimit().convertToDouble() == 6 && op.getConstVal().convertToDouble() == 3;
  return isRelu6 ? op.getInput() : Value();
}

/// x where value = 1 + erf(x / sqrt(2)).
Value shiftedErf(Value value) {
  auto add = producerOf<AddConstOp>(value);
  if (!add || add.getDoRelu() || add.getConstVal().convertToDouble() != 1)
    return {};
  auto erf = producerOf<ErfOp>(add.getInput());
  double factor = 1;
  Value x = erf ? withoutFactor(erf.getInput(), factor) : Value();
  return isNear(factor, std::sqrt(0.5)) ? x : Value();
}

/// The activation that factor * a * b is.
LogicalResult rewriteProduct(Operation *op, Value a, Value b, double factor, PatternRewriter &rewriter) {
  Type type = op->getResult(0).getType();
  a = withoutFactor(a, factor);
  b = withoutFactor(b, factor);
  for (auto [x, gate] : {std::pair(a, b), std::pair(b, a)}) {
    if (auto sigmoid = producerOf<SigmoidOp>(gate); sigmoid && sigmoid.getInput() == x && factor == 1)
      return rewriter.replaceOpWithNewOp<SiLUOp>(op, type, x), success();
    if (auto hard = producerOf<HardSigmoidOp>(gate); hard && hard.getInput() == x && factor == 1 &&
                                                     isNear(hard.getAlpha().convertToDouble(), 1.0 / 6) &&
                                                     hard.getBeta().convertToDouble() == 0.5)
      return rewriter.replaceOpWithNewOp<HardSwishOp>(op, type, x), success();
    if (shiftedRelu6(gate) == x && isNear(factor, 1.0 / 6))
      return rewriter.replaceOpWithNewOp<HardSwishOp>(op, type, x), success();
    if (auto tanh = producerOf<TanhOp>(gate); tanh && factor == 1)
      if (auto softplus = producerOf<SoftplusOp>(tanh.getInput()); softplus && softplus.getInput() == x)
        return rewriter.replaceOpWithNewOp<MishOp>(op, type, x), success();
    if (shiftedErf(gate) == x && isNear(factor, 0.5))
      return rewriter.replaceOpWithNewOp<GELUOp>(op, type, x), success();
  }
  return failure();
}

struct RecogniseProduct : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    if (op.getInputs().size() != 2 || op.getDoRelu())
      return failure();
    return rewriteProduct(op, op.getInputs()[0], op.getInputs()[1], 1, rewriter);
  }
};

/// The same with a constant factor at the end.
struct RecogniseScaledProduct : OpRewritePattern<MulConstOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulConstOp op, PatternRewriter &rewriter) const override {
    auto mul = producerOf<MulOp>(op.getInput());
    if (op.getDoRelu() || !mul || mul.getDoRelu() || mul.getInputs().size() != 2)
      return failure();
    return rewriteProduct(op, mul.getInputs()[0], mul.getInputs()[1], op.getConstVal().convertToDouble(), rewriter);
  }
};

/// min(max(x + a, 0), limit) * factor is HardSigmoid(x; factor, a * factor) where limit * factor is 1.
struct RecogniseHardSigmoid : OpRewritePattern<MulConstOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulConstOp op, PatternRewriter &rewriter) const override {
    auto add = producerOf<AddConstOp>(op.getInput());
    double factor = op.getConstVal().convertToDouble();
    if (op.getDoRelu() || !add || !add.getDoRelu() || !isNear(add.getReluLimit().convertToDouble() * factor, 1))
      return failure();
    // The limit is exact and the factor is rounded: take the factor from the limit.
    factor = 1 / add.getReluLimit().convertToDouble();
    rewriter.replaceOpWithNewOp<HardSigmoidOp>(op, op.getType(), add.getInput(), APFloat(factor),
                                               APFloat(add.getConstVal().convertToDouble() * factor));
    return success();
  }
};

} // namespace

namespace tpu_mlir::top {

void addActivationsOfMul(RewritePatternSet &patterns) { patterns.add<RecogniseProduct>(patterns.getContext()); }

void addActivationsOfMulConst(RewritePatternSet &patterns) {
  patterns.add<RecogniseScaledProduct, RecogniseHardSigmoid>(patterns.getContext());
}

} // namespace tpu_mlir::top
