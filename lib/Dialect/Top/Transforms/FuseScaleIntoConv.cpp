//===- FuseScaleIntoConv.cpp - Scales into weights ------------------------===//
// Multiplies the affine maps around a convolution or a matrix product into its
// weights. A chain before and one after are taken together, so that the weights
// round once.
#include "ChannelMap.h"
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"

using namespace mlir;

namespace tpu_mlir::top {
#define GEN_PASS_DEF_FUSESCALEINTOCONV
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

namespace {

/// A convolution's weights in fp64: weights[o][i][tap] and bias[o], where i counts the input channels of o's group.
struct Linear {
  int64_t outputs, inputs, taps;
  std::vector<double> weights, bias;
};

void applyAfter(Linear &linear, const ChannelMap &map) {
  for (int64_t o = 0; o < linear.outputs; ++o) {
    for (int64_t i = 0; i < linear.inputs * linear.taps; ++i)
      linear.weights[o * linear.inputs * linear.taps + i] *= map.scale[o];
    linear.bias[o] = linear.bias[o] * map.scale[o] + map.bias[o];
  }
}

void applyBefore(Linear &linear, const ChannelMap &map, int64_t groups) {
  int64_t outputsPerGroup = linear.outputs / groups;
  for (int64_t o = 0; o < linear.outputs; ++o)
    for (int64_t i = 0; i < linear.inputs; ++i) {
      int64_t channel = o / outputsPerGroup * linear.inputs + i;
      for (int64_t t = 0; t < linear.taps; ++t) {
        double &weight = linear.weights[(o * linear.inputs + i) * linear.taps + t];
        linear.bias[o] += weight * map.bias[channel];
        weight *= map.scale[channel];
      }
    }
}

std::vector<double> biasOf(Value bias, int64_t outputs, const Constants &constants) {
  if (isNone(bias))
    return std::vector<double>(outputs, 0);
  const WeightArray *array = constants.find(bias);
  return {array->floats().begin(), array->floats().end()};
}

bool isConstantOrNone(Value value, const Constants &constants) { return isNone(value) || constants.find(value); }

/// Gives `op` a new weight as operand `index`.
void setWeight(Operation *op, unsigned index, StringRef role, ArrayRef<double> values, ArrayRef<int64_t> shape,
               Constants &constants, PatternRewriter &rewriter) {
  op->setOperand(index, constants.make(rewriter, nameOf(op), role, values, shape));
}

/// `op` now computes what `after.last` did.
void takePlace(Operation *op, const std::optional<ChannelMap> &after, PatternRewriter &rewriter) {
  if (!after)
    return;
  copyRelu(after->last, op);
  op->setLoc(after->last->getLoc());
  op->getResult(0).setType(after->last->getResult(0).getType());
}

struct FuseIntoConv : OpRewritePattern<ConvOp> {
  FuseIntoConv(MLIRContext *context, Constants &constants) : OpRewritePattern(context), constants(constants) {}

  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    const WeightArray *filter = constants.find(op.getFilter());
    if (!filter || !isConstantOrNone(op.getBias(), constants) || !hasStaticShapes(op))
      return failure();
    int afterCount = 0, beforeCount = 0;
    std::optional<ChannelMap> after, before = chainBefore(op.getInput(), 1, constants, beforeCount);
    if (!op.getDoRelu())
      after = chainAfter(op.getOutput(), 1, constants, afterCount);
    // Where the window meets padding, what the map adds is not there to be seen.
    if (before && !before->addsNothing() && !llvm::all_of(op.getPads(), [](int64_t pad) { return pad == 0; }))
      before = std::nullopt;
    if (!before && !after)
      return failure();

    ArrayRef<int64_t> shape = shapeOf(op.getFilter());
    Linear linear{shape[0],
                  shape[1],
                  shape[2] * shape[3],
                  {filter->floats().begin(), filter->floats().end()},
                  biasOf(op.getBias(), shape[0], constants)};
    if (before)
      applyBefore(linear, *before, op.getGroup());
    if (after)
      applyAfter(linear, *after);
    bool changesFilter = (before && !before->scalesNothing()) || (after && !after->scalesNothing());
    Operation *last = after ? after->last : nullptr;
    rewriter.setInsertionPoint(op);
    rewriter.modifyOpInPlace(op, [&] {
      takePlace(op, after, rewriter);
      if (before)
        op.getInputMutable().assign(before->input);
      if (changesFilter)
        setWeight(op, 1, "filter", linear.weights, shape, constants, rewriter);
      if (!isNone(op.getBias()) || llvm::any_of(linear.bias, [](double v) { return v != 0; }))
        setWeight(op, 2, "bias", linear.bias, {linear.outputs}, constants, rewriter);
    });
    if (last)
      rewriter.replaceOp(last, op.getOutput());
    return success();
  }
  Constants &constants;
};

/// The weight that a chain of one op adds to its channels as it is, and nothing else; null where there is none. What
/// a user called it keeps that name.
Value addedWeight(const ChannelMap &map, int count) {
  if (count != 1 || !map.scalesNothing())
    return {};
  if (auto scale = dyn_cast<ScaleOp>(map.last))
    return isNone(scale.getBias()) ? Value() : scale.getBias();
  auto add = dyn_cast<AddOp>(map.last);
  if (!add || add.getCoeff() || elementCount(add.getOperand(0)) == 1 || elementCount(add.getOperand(1)) == 1)
    return {};
  return add.getOperand(add.getOperand(0) == map.input ? 1 : 0);
}

/// `weight` as a vector before `op`: itself, or its elements under another name.
Value asVector(Value weight, Operation *op, ArrayRef<double> values, Constants &constants, PatternRewriter &rewriter) {
  Operation *made = weight.getDefiningOp();
  if (shapeOf(weight).size() != 1)
    return constants.make(rewriter, nameOf(made), "row", values, {static_cast<int64_t>(values.size())});
  if (op->isBeforeInBlock(made))
    rewriter.moveOpBefore(made, op);
  return weight;
}

/// Channels of a matrix product are its columns, the last axis.
struct FuseIntoMatMul : OpRewritePattern<MatMulOp> {
  FuseIntoMatMul(MLIRContext *context, Constants &constants) : OpRewritePattern(context), constants(constants) {}

  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    const WeightArray *right = constants.find(op.getRight());
    if (!right || !isConstantOrNone(op.getBias(), constants) || op.getDoRelu() || !hasStaticShapes(op))
      return failure();
    ArrayRef<int64_t> shape = shapeOf(op.getRight());
    int count = 0;
    auto after = chainAfter(op.getOutput(), static_cast<int64_t>(shapeOf(op.getOutput()).size()) - 1, constants, count);
    if (shape.size() != 2 || !after)
      return failure();

    int64_t columns = after->scale.size(), rows = elementCount(shape) / columns;
    std::vector<double> weights(right->floats().begin(), right->floats().end());
    std::vector<double> bias = biasOf(op.getBias(), columns, constants);
    for (int64_t n = 0; n < columns; ++n) {
      for (int64_t k = 0; k < rows; ++k)
        weights[op.getRightTranspose() ? n * rows + k : k * columns + n] *= after->scale[n];
      bias[n] = bias[n] * after->scale[n] + after->bias[n];
    }
    Operation *last = after->last;
    rewriter.setInsertionPoint(op);
    rewriter.modifyOpInPlace(op, [&] {
      takePlace(op, after, rewriter);
      if (!after->scalesNothing())
        setWeight(op, 1, "filter", weights, shape, constants, rewriter);
      if (Value added = isNone(op.getBias()) ? addedWeight(*after, count) : Value())
        op->setOperand(2, asVector(added, op, bias, constants, rewriter));
      else if (!isNone(op.getBias()) || llvm::any_of(bias, [](double v) { return v != 0; }))
        setWeight(op, 2, "bias", bias, {columns}, constants, rewriter);
    });
    rewriter.replaceOp(last, op.getOutput());
    return success();
  }
  Constants &constants;
};

struct FuseScaleIntoConvPass : impl::FuseScaleIntoConvBase<FuseScaleIntoConvPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(requireWeights(module)))
      return signalPassFailure();
    Constants constants(module);
    RewritePatternSet patterns(&getContext());
    addFuseScaleIntoConv(patterns, constants);
    if (failed(applyTo(module, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void addFuseScaleIntoConv(RewritePatternSet &patterns, Constants &constants) {
  patterns.add<FuseIntoConv, FuseIntoMatMul>(patterns.getContext(), constants);
}

} // namespace tpu_mlir::top
