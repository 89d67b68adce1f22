//===- Conv.cpp - top.Conv ------------------------------------------------===//
// Two-dimensional convolution: which attributes and operands fit together, its
// result, its cost, and the zero padding it can take over from a top.Pad.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"input", "filter", "bias"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ConvOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput()), filter = shapeOf(op.getFilter());
  if (in.size() != 4)
    return op.emitOpError("'input' must have 4 dimensions, but its shape is ") << shapeText(in);
  if (filter.size() != 4)
    return op.emitOpError("'filter' must have 4 dimensions, but its shape is ") << shapeText(filter);
  int64_t group = op.getGroup(), channels = filter[0];
  if (in[1] % group || in[1] / group != filter[1])
    return op.emitOpError("'input' has ")
           << in[1] << " channels in " << group << " groups but 'filter' has " << filter[1] << " channels per group";
  if (channels % group)
    return op.emitOpError("'filter' has ")
           << channels << " output channels, which " << group << " groups do not divide";
  if (filter.drop_front(2) != op.getKernelShape())
    return op.emitOpError("'filter' is ")
           << shapeText(filter.drop_front(2)) << " but 'kernel_shape' is " << shapeText(op.getKernelShape());
  if (!isNone(op.getBias()) && elementCount(op.getBias()) != channels)
    return op.emitOpError("'filter' has ")
           << channels << " output channels but 'bias' has " << elementCount(op.getBias()) << " elements";
  Shape out{in[0], channels};
  for (int axis : {0, 1}) {
    int64_t before = op.getPads()[axis], after = op.getPads()[axis + 2];
    int64_t count =
        windowCount(in[2 + axis], filter[2 + axis], op.getStrides()[axis], before, after, op.getDilations()[axis]);
    if (count < 1)
      return op.emitOpError("'filter' spans ")
             << op.getDilations()[axis] * (filter[2 + axis] - 1) + 1 << (axis ? " columns" : " rows")
             << " but the padded 'input' has " << in[2 + axis] + before + after;
    out.push_back(count);
  }
  return out;
}

LogicalResult ConvOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ConvOp::verify() {
  if (failed(verifyList(*this, "kernel_shape", getKernelShape(), 2, 1)) ||
      failed(verifyList(*this, "strides", getStrides(), 2, 1)) || failed(verifyList(*this, "pads", getPads(), 4, 0)) ||
      failed(verifyList(*this, "dilations", getDilations(), 2, 1)))
    return failure();
  if (static_cast<int64_t>(getGroup()) < 1)
    return emitOpError("'group' is ") << getGroup() << "; it must be positive";
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t ConvOp::flops() {
  if (!hasStaticShape(getFilter()))
    return 0;
  int64_t perElement = 2 * elementCount(shapeOf(getFilter()).drop_front()) + !isNone(getBias()) + getDoRelu();
  return saturatingProduct(perElement, elementCount(getOutput()));
}

//===- Fold / canonicalise ------------------------------------------------===//

namespace {
/// Pad with zeros above, below, left and right of the image is the convolution's own padding.
struct TakeOverPadding : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    if (!pad || pad.getMode() != "constant" || !pad.getVal().isZero())
      return failure();
    ArrayRef<int64_t> counts = pad.getPaddings();
    if (counts.size() != 8 || counts[0] || counts[1] || counts[4] || counts[5])
      return failure();
    ArrayRef<int64_t> own = op.getPads();
    int64_t pads[] = {own[0] + counts[2], own[1] + counts[3], own[2] + counts[6], own[3] + counts[7]};
    rewriter.modifyOpInPlace(op, [&] {
      op.setPads(pads);
      op.getInputMutable().assign(pad.getInput());
    });
    return success();
  }
};
} // namespace

void ConvOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<TakeOverPadding>(context);
}
