//===- Recognise.cpp - Activations written as arithmetic ------------------===//
// Exporters write some activations as products and sums of others. One op is one
// table on a chip, and one rounding, so the whole is given its name, whichever front
// end it came through. Factors may be rounded and split over constants; tensors in
// between must have no other use. How constants are written is ClampedLine.cpp's.
#include "Recognise.h"
#include "ClampedLine.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include <cmath>

using namespace mlir;
using namespace tpu_mlir::top;

namespace {

bool isWithin(double a, double b, int bits) { return std::fabs(a - b) <= std::ldexp(std::fabs(b), -bits); }

/// As near as one rounding to half precision leaves a constant (2^-11), which is what networks stored in it have; four
/// decimal digits, such as 0.7071 and 0.1667, are as near. 1 / 6 and 0.17, or the 1.702 of another GELU, are not.
bool isNear(double a, double b) { return isWithin(a, b, 11); }

/// The same number after products in fp32.
bool isSame(double a, double b) { return isWithin(a, b, 22); }

template <typename OpTy> OpTy producerOf(Value value) {
  return value.hasOneUse() ? value.getDefiningOp<OpTy>() : OpTy();
}

/// value = factor * (what is returned), where constant factors were written out.
Value withoutFactor(Value value, double &factor) {
  Value x;
  while (value.hasOneUse() && value.getDefiningOp()) {
    std::optional<ClampedLine> line = lineOf(value.getDefiningOp(), x);
    if (!line || !line->isFactor())
      break;
    factor *= line->factor;
    value = x;
  }
  return value;
}

/// Whether `gate` is min(max(x / 6 + 1 / 2, 0), 1). Both spellings have constants that need no rounding: 3 and 6 inside
/// a sixth, or a half and 1.
bool isHardGate(Value gate, double factor, Value x) {
  ClampedLine line{factor};
  if (followLine(gate, line, x) != x || line.low != 0 || !isNear(line.factor, 1.0 / 6))
    return false;
  return (isSame(line.addend, 3 * line.factor) && isSame(line.high, 6 * line.factor)) ||
         (isSame(line.addend, 0.5) && isSame(line.high, 1));
}

/// Whether `value` is erf(x / sqrt(2)).
bool isErfGate(Value value, Value x) {
  auto erf = producerOf<ErfOp>(value);
  ClampedLine line;
  return erf && followLine(erf.getInput(), line, x) == x && line.isFactor() && isNear(line.factor, std::sqrt(0.5));
}

/// Whether `gate` is (1 + erf(x / sqrt(2))) / 2.
bool isNormalGate(Value gate, double factor, Value x) {
  ClampedLine line{factor};
  Value erf = followLine(gate, line, x);
  return !line.isClamped() && isNear(line.factor, 0.5) && isSame(line.addend, line.factor) && isErfGate(erf, x);
}

/// The activation that factor * a * b is.
LogicalResult rewriteProduct(Operation *op, Value a, Value b, double factor, PatternRewriter &rewriter) {
  Type type = op->getResult(0).getType();
  a = withoutFactor(a, factor);
  b = withoutFactor(b, factor);
  for (auto [x, gate] : {std::pair(a, b), std::pair(b, a)}) {
    if (auto sigmoid = producerOf<SigmoidOp>(gate); sigmoid && sigmoid.getInput() == x && factor == 1)
      return rewriter.replaceOpWithNewOp<SiLUOp>(op, type, x), success();
    if (auto tanh = producerOf<TanhOp>(gate); tanh && factor == 1)
      if (auto softplus = producerOf<SoftplusOp>(tanh.getInput()); softplus && softplus.getInput() == x)
        return rewriter.replaceOpWithNewOp<MishOp>(op, type, x), success();
    if (isHardGate(gate, factor, x))
      return rewriter.replaceOpWithNewOp<HardSwishOp>(op, type, x), success();
    if (isNormalGate(gate, factor, x))
      return rewriter.replaceOpWithNewOp<GELUOp>(op, type, x), success();
  }
  return failure();
}

/// `value` = factor * x, where `value` may be used by `first` and `second` both.
Value withoutSharedFactor(Value value, double &factor, Operation *first, Operation *second) {
  Value x;
  bool isInside = llvm::all_of(value.getUsers(), [&](Operation *user) { return user == first || user == second; });
  std::optional<ClampedLine> line;
  if (isInside && value.getDefiningOp())
    line = lineOf(value.getDefiningOp(), x);
  if (!line || !line->isFactor())
    return value;
  factor *= line->factor;
  return x;
}

/// The activation that factor * (a + b) is: x / 2 * erf(x / sqrt(2)) + x / 2.
LogicalResult rewriteSum(Operation *op, AddOp add, double factor, PatternRewriter &rewriter) {
  Value a = add.getInputs()[0], b = add.getInputs()[1];
  for (auto [first, second] : {std::pair(a, b), std::pair(b, a)}) {
    double scaled = factor, plain = factor;
    auto mul = producerOf<MulOp>(withoutFactor(first, scaled));
    if (!mul || mul.getDoRelu() || mul.getInputs().size() != 2)
      continue;
    Value x = withoutSharedFactor(second, plain, mul, add);
    for (auto [other, gate] :
         {std::pair(mul.getInputs()[0], mul.getInputs()[1]), std::pair(mul.getInputs()[1], mul.getInputs()[0])}) {
      double all = scaled;
      Value erf = withoutFactor(gate, all);
      if (withoutSharedFactor(other, all, mul, add) == x && isNear(all, 0.5) && isNear(plain, 0.5) && isErfGate(erf, x))
        return rewriter.replaceOpWithNewOp<GELUOp>(op, op->getResult(0).getType(), x), success();
    }
  }
  return failure();
}

bool isPlainSum(AddOp add) { return add && !add.getDoRelu() && !add.getCoeff() && add.getInputs().size() == 2; }

struct RecogniseProduct : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    if (op.getInputs().size() != 2 || op.getDoRelu())
      return failure();
    return rewriteProduct(op, op.getInputs()[0], op.getInputs()[1], 1, rewriter);
  }
};

struct RecogniseSum : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    return isPlainSum(op) ? rewriteSum(op, op, 1, rewriter) : failure();
  }
};

/// The same with a constant factor at the end.
template <typename OpTy> struct RecogniseScaled : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Value input;
    std::optional<ClampedLine> line = lineOf(op, input);
    if (!line || !line->isFactor())
      return failure();
    double factor = line->factor;
    input = withoutFactor(input, factor);
    if (AddOp add = producerOf<AddOp>(input); isPlainSum(add))
      return rewriteSum(op, add, factor, rewriter);
    auto mul = producerOf<MulOp>(input);
    if (!mul || mul.getDoRelu() || mul.getInputs().size() != 2)
      return failure();
    return rewriteProduct(op, mul.getInputs()[0], mul.getInputs()[1], factor, rewriter);
  }
};

/// min(max(x + a, 0), limit) * factor is HardSigmoid(x; factor, a * factor) where limit * factor is 1.
template <typename OpTy> struct RecogniseHardSigmoid : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Value x;
    std::optional<ClampedLine> scale = lineOf(op, x);
    if (!scale || !scale->isFactor())
      return failure();
    ClampedLine line;
    for (Value before; line.addend == 0 && x.hasOneUse() && x.getDefiningOp(); x = before) {
      std::optional<ClampedLine> first = lineOf(x.getDefiningOp(), before);
      if (!first || first->factor != 1)
        return failure();
      line = compose(*first, line);
    }
    if (line.addend == 0 || line.low != 0 || !isNear(line.high * scale->factor, 1))
      return failure();
    // The limit is exact and the factor is rounded: take the factor from the limit.
    const double factor = 1 / line.high;
    rewriter.replaceOpWithNewOp<HardSigmoidOp>(op, op->getResult(0).getType(), x, APFloat(factor),
                                               APFloat(line.addend * factor));
    return success();
  }
};

/// log(1 + exp(x)), which overflows where softplus does not.
struct RecogniseSoftplus : OpRewritePattern<LogOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LogOp op, PatternRewriter &rewriter) const override {
    ClampedLine line;
    auto exp = producerOf<ExpOp>(followLine(op.getInput(), line, {}));
    if (!exp || line.isClamped() || line.factor != 1 || line.addend != 1)
      return failure();
    rewriter.replaceOpWithNewOp<SoftplusOp>(op, op.getType(), exp.getInput());
    return success();
  }
};

template <typename OpTy> void addScaled(RewritePatternSet &patterns) {
  patterns.add<RecogniseScaled<OpTy>, RecogniseHardSigmoid<OpTy>>(patterns.getContext());
}

} // namespace

namespace tpu_mlir::top {

void addActivationsOfMul(RewritePatternSet &patterns) {
  patterns.add<RecogniseProduct>(patterns.getContext());
  addScaled<MulOp>(patterns);
}

void addActivationsOfMulConst(RewritePatternSet &patterns) { addScaled<MulConstOp>(patterns); }

void ScaleOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) { addScaled<ScaleOp>(patterns); }

void AddOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<RecogniseSum>(context);
}

void LogOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<RecogniseSoftplus>(context);
}

} // namespace tpu_mlir::top
