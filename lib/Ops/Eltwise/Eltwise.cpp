//===- Eltwise.cpp - top.Add, top.Sub, top.Mul ----------------------------===//
// Element-wise arithmetic over broadcast operands: operand counts, the result,
// its cost, and products that are activations in disguise.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"inputs"};

//===- Infer shape --------------------------------------------------------===//

template <typename EltwiseOp> static FailureOr<Shape> resultShape(EltwiseOp op) {
  Shape shape(shapeOf(op.getInputs().front()));
  for (auto [index, input] : llvm::enumerate(op.getInputs())) {
    FailureOr<Shape> wider = broadcast(shape, shapeOf(input));
    if (failed(wider))
      return op.emitOpError("'inputs[") << index << "]' has shape " << shapeText(shapeOf(input))
                                        << ", which does not broadcast with " << shapeText(shape);
    shape = *wider;
  }
  return shape;
}

LogicalResult AddOp::inferShape() { return inferResult(*this, resultShape<AddOp>, kOperands); }
LogicalResult SubOp::inferShape() { return inferResult(*this, resultShape<SubOp>, kOperands); }
LogicalResult MulOp::inferShape() { return inferResult(*this, resultShape<MulOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

template <typename EltwiseOp> static LogicalResult verifyOperands(EltwiseOp op) {
  if (op.getInputs().size() < 2)
    return op.emitOpError("needs at least two inputs, but it has ") << op.getInputs().size();
  return verifyResult(op, resultShape<EltwiseOp>, kOperands);
}

LogicalResult AddOp::verify() {
  if (auto coeff = getCoeff(); coeff && coeff->size() != getInputs().size())
    return emitOpError("has ") << getInputs().size() << " inputs but 'coeff' has " << coeff->size() << " elements";
  return verifyOperands(*this);
}

LogicalResult SubOp::verify() {
  if (getInputs().size() != 2)
    return emitOpError("needs two inputs, but it has ") << getInputs().size();
  return verifyOperands(*this);
}

LogicalResult MulOp::verify() { return verifyOperands(*this); }

//===- FLOPs --------------------------------------------------------------===//

template <typename EltwiseOp> static int64_t chainFlops(EltwiseOp op, int64_t extra = 0) {
  return (static_cast<int64_t>(op.getInputs().size()) - 1 + extra + op.getDoRelu()) * elementCount(op.getOutput());
}

int64_t AddOp::flops() {
  auto coeff = getCoeff();
  return chainFlops(*this, coeff ? llvm::count_if(*coeff, [](double factor) { return factor != 1; }) : 0);
}
int64_t SubOp::flops() { return chainFlops(*this); }
int64_t MulOp::flops() { return chainFlops(*this); }

//===- Fold / canonicalise ------------------------------------------------===//

namespace {
/// x * Sigmoid(x) is SiLU(x), x * HardSigmoid(x; 1/6, 1/2) is HardSwish(x), x * Tanh(Softplus(x)) is Mish(x).
struct RecogniseActivation : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    if (op.getInputs().size() != 2 || op.getDoRelu())
      return failure();
    for (auto [x, gate] : {std::pair(op.getInputs()[0], op.getInputs()[1]), std::pair(op.getInputs()[1], op.getInputs()[0])})
      if (gate.hasOneUse() && succeeded(rewrite(op, x, gate, rewriter)))
        return success();
    return failure();
  }

private:
  static LogicalResult rewrite(MulOp op, Value x, Value gate, PatternRewriter &rewriter) {
    if (auto sigmoid = gate.getDefiningOp<SigmoidOp>(); sigmoid && sigmoid.getInput() == x) {
      rewriter.replaceOpWithNewOp<SiLUOp>(op, op.getType(), x);
      return success();
    }
    // Exporters write 1/6 in fp32.
    if (auto hard = gate.getDefiningOp<HardSigmoidOp>();
        hard && hard.getInput() == x && static_cast<float>(hard.getAlpha().convertToDouble()) == 1.0f / 6 &&
        hard.getBeta().convertToDouble() == 0.5) {
      rewriter.replaceOpWithNewOp<HardSwishOp>(op, op.getType(), x);
      return success();
    }
    auto tanh = gate.getDefiningOp<TanhOp>();
    auto softplus = tanh ? tanh.getInput().getDefiningOp<SoftplusOp>() : SoftplusOp();
    if (!softplus || softplus.getInput() != x)
      return failure();
    rewriter.replaceOpWithNewOp<MishOp>(op, op.getType(), x);
    return success();
  }
};
} // namespace

void MulOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<RecogniseActivation>(context);
}
