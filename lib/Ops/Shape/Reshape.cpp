//===- Reshape.cpp - The same elements under another shape ----------------===//
// All of top.Reshape, top.Flatten and tpu.Reshape. A flatten is written as a
// reshape, and of a chain of reshapes only the last counts. Nothing moves: the
// result is a view of the operand.
#include "MoveLower.h"
#include "mlir/IR/PatternMatch.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Recipe/Recipe.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ReshapeOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  Shape shape(op.getShape());
  int64_t *rest = nullptr, known = 1;
  for (auto [axis, size] : llvm::enumerate(shape)) {
    if (size == 0 && axis >= in.size())
      return op.emitOpError("'shape' keeps axis ") << axis << ", but 'input' has " << in.size() << " dimensions";
    if (size == 0)
      size = in[axis];
    if (size == -1)
      rest = &size;
    else
      known = saturatingProduct(known, size);
  }
  int64_t count = elementCount(in);
  if (rest && count % known == 0)
    *rest = count / known;
  else if (rest || known != count)
    return op.emitOpError("'input' has ")
           << count << " elements (" << shapeText(in) << "), which do not make " << (rest ? "rows of " : "") << known;
  return shape;
}

static FailureOr<Shape> flatShape(FlattenOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  int64_t rank = in.size(), start = op.getStartDim(), end = op.getEndDim();
  int64_t first = start < 0 ? start + rank : start, last = end < 0 ? end + rank : end;
  if (first < 0 || last < first || last >= rank)
    return op.emitOpError("joins axes ") << start << " to " << end << ", but 'input' has " << rank << " dimensions";
  Shape shape(in.take_front(first));
  shape.push_back(elementCount(in.slice(first, last - first + 1)));
  shape.append(in.begin() + last + 1, in.end());
  return shape;
}

LogicalResult ReshapeOp::inferShape() { return inferResult(*this, resultShape, kOperands); }
LogicalResult FlattenOp::inferShape() { return inferResult(*this, flatShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  if (failed(verifyList(*this, "shape", getShape(), getShape().size(), -1)))
    return failure();
  if (llvm::count(getShape(), -1) > 1)
    return emitOpError("'shape' has more than one -1");
  return verifyResult(*this, resultShape, kOperands);
}

LogicalResult FlattenOp::verify() { return verifyResult(*this, flatShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t ReshapeOp::flops() { return 0; }
int64_t FlattenOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  bool isIdentity = getInput().getType() == getType() && hasStaticShape(getInput()) && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

namespace {
/// Reshape(Reshape(x)) is the second reshape of x; `shape` is written out since its 0 and -1 meant the first one's
/// result.
struct JoinReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<ReshapeOp>();
    if (!first || !hasStaticShape(op.getOutput()))
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.setShape(shapeOf(op.getOutput()));
      op.getInputMutable().assign(first.getInput());
    });
    return success();
  }
};

struct FlattenToReshape : OpRewritePattern<FlattenOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(FlattenOp op, PatternRewriter &rewriter) const override {
    if (!hasStaticShape(op.getOutput()))
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput(), shapeOf(op.getOutput()));
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<JoinReshapes>(context);
}
void FlattenOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FlattenToReshape>(context);
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult ReshapeOp::plan(EvalPlan &plan) { return plan.compute(*this, host::View{}, {getInput()}); }
LogicalResult FlattenOp::plan(EvalPlan &plan) { return plan.compute(*this, host::View{}, {getInput()}); }

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

void registerReshapeLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::ReshapeOp::attachInterface<MoveLower<top::ReshapeOp, tpu::ReshapeOp>, MovesModel<top::ReshapeOp>>(*context);
    top::FlattenOp::attachInterface<MoveLower<top::FlattenOp, tpu::ReshapeOp>, MovesModel<top::FlattenOp>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::ReshapeOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())))
    return failure();
  int64_t in = cast<ShapedType>(getInput().getType()).getNumElements(),
          out = cast<ShapedType>(getOutput().getType()).getNumElements();
  if (in != out)
    return emitOpError() << "'input' has " << in << " elements but 'output' has " << out;
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::ReshapeOp::form() { return View{}; }

} // namespace tpu_mlir
