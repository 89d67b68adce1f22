//===- Gather.cpp - Elements of an axis by constant indices ---------------===//
// All of top.Gather and tpu.Gather. A list that rises evenly is a slice. On the
// chip a copy program of one move for each run of indices that rises evenly, and
// of a few for one index many times. Long reversals go in two steps, blocks and
// then what is in them.
#include "GatherAxes.h"
#include "mlir/IR/PatternMatch.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <algorithm>
#include <numeric>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(GatherOp op) {
  Shape shape(shapeOf(op.getInput()));
  uint64_t axis = op.getAxis();
  if (axis >= shape.size())
    return op.emitOpError("'axis' is ") << static_cast<int64_t>(axis) << " but 'input' has " << shape.size()
                                        << " dimensions";
  for (int64_t index : op.getIndices())
    if (index >= shape[axis])
      return op.emitOpError("takes element ") << index << " of axis " << axis << ", which has " << shape[axis];
  shape[axis] = op.getIndices().size();
  return shape;
}

LogicalResult GatherOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  if (getIndices().empty())
    return emitOpError("needs at least one index");
  if (failed(verifyList(*this, "indices", getIndices(), getIndices().size(), 0)))
    return failure();
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t GatherOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

static bool risesEvenly(ArrayRef<int64_t> indices, int64_t step) {
  for (size_t i = 1; i < indices.size(); ++i)
    if (indices[i] - indices[i - 1] != step)
      return false;
  return step > 0;
}

OpFoldResult GatherOp::fold(FoldAdaptor) {
  bool isIdentity = getInput().getType() == getType() && hasStaticShape(getInput()) && risesEvenly(getIndices(), 1) &&
                    !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}

namespace {
/// One element, or elements at even distances.
struct GatherToSlice : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> indices = op.getIndices();
    int64_t step = indices.size() > 1 ? indices[1] - indices[0] : 1;
    if (!hasStaticShape(op.getInput()) || !hasStaticShape(op.getOutput()) || !risesEvenly(indices, step))
      return failure();
    SmallVector<int64_t> ends(shapeOf(op.getInput())), offset(ends.size(), 0), steps(ends.size(), 1);
    offset[op.getAxis()] = indices.front(), ends[op.getAxis()] = indices.back() + 1, steps[op.getAxis()] = step;
    rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), op.getInput(), offset, steps, ends);
    return success();
  }
};

/// Gather(Gather(x)) along one axis takes elements of x.
struct JoinGathers : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GatherOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<GatherOp>();
    if (!first || first.getAxis() != op.getAxis() || !hasStaticShapes(op))
      return failure();
    SmallVector<int64_t> indices;
    for (int64_t index : op.getIndices())
      indices.push_back(first.getIndices()[index]);
    rewriter.modifyOpInPlace(op, [&] {
      op.setIndices(indices);
      op.getInputMutable().assign(first.getInput());
    });
    return success();
  }
};
} // namespace

void GatherOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<GatherToSlice, JoinGathers>(context);
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult GatherOp::plan(EvalPlan &plan) {
  ArrayRef<int64_t> indices = getIndices();
  const size_t along = getAxis();
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) { return axis == along ? indices[i] : i; });
  return plan.compute(*this, std::move(gather), {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Runs ---------------------------------------------------------------===//

namespace {

/// indices[begin + i] = first + i * step, for i < count.
struct Run {
  int64_t begin, count, first, step;
};

/// The list in as few runs as one look ahead finds. Runs never fall: strides are unsigned.
std::vector<Run> runsOf(ArrayRef<int64_t> indices) {
  std::vector<Run> runs;
  const auto count = int64_t(indices.size());
  auto lengthFrom = [&](int64_t i) {
    if (i + 1 >= count || indices[i + 1] < indices[i])
      return int64_t(1);
    int64_t length = 2;
    while (i + length < count && indices[i + length] - indices[i + length - 1] == indices[i + 1] - indices[i])
      ++length;
    return length;
  };
  for (int64_t i = 0; i < count;) {
    int64_t length = lengthFrom(i);
    // Two elements that begin a longer run with the second are no run.
    if (length == 2 && lengthFrom(i + 1) > 2)
      length = 1;
    runs.push_back({i, length, indices[i], length > 1 ? indices[i + 1] - indices[i] : 1});
    i += length;
  }
  return runs;
}

/// How often a run of one index is doubled until it is whole.
int64_t doublings(int64_t count) { return count > 1 ? 1 + doublings((count + 1) / 2) : 0; }

int64_t movesOf(ArrayRef<int64_t> indices) {
  int64_t moves = 0;
  for (const Run &run : runsOf(indices))
    moves += 1 + (run.step == 0 ? doublings(run.count) : 0);
  return moves;
}

} // namespace

//===- Lower --------------------------------------------------------------===//

namespace {

/// Whether the list takes every element of the axis from the last to the first.
bool isReversal(ArrayRef<int64_t> indices, int64_t size) {
  for (size_t i = 0; i < indices.size(); ++i)
    if (indices[i] != size - 1 - int64_t(i))
      return false;
  return int64_t(indices.size()) == size;
}

/// The divisor of `size` nearest to its root, from below.
int64_t divisorOf(int64_t size) {
  int64_t found = 1;
  for (int64_t d = 2; d * d <= size; ++d)
    if (size % d == 0)
      found = d;
  return found;
}

SmallVector<int64_t> falling(int64_t size) {
  SmallVector<int64_t> indices;
  for (int64_t i = size; i-- > 0;)
    indices.push_back(i);
  return indices;
}

struct GatherLower : LowerInterface::ExternalModel<GatherLower, top::GatherOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto gather = cast<top::GatherOp>(op);
    if (blocksOf(gather) > 1 || movesOf(gather.getIndices()) <= kMostMoves)
      return "";
    return "its " + std::to_string(gather.getIndices().size()) + " indices make more than " +
           std::to_string(kMostMoves) + " runs that rise evenly; gather fewer, or gather in the host's program";
  }

  /// Blocks of a reversal that is done in two steps; 1 for one step.
  static int64_t blocksOf(top::GatherOp gather) {
    // Two passes over the data pay where they save commands.
    constexpr int64_t kLong = 64;
    const int64_t size = shapeOf(gather.getInput())[gather.getAxis()];
    return size >= kLong && isReversal(gather.getIndices(), size) ? divisorOf(size) : 1;
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto gather = cast<top::GatherOp>(op);
    Value in = l.operand(gather.getInput());
    const size_t axis = gather.getAxis();
    Type type = l.typeOf(gather.getOutput(), formatOf(in)), element = cast<ShapedType>(type).getElementType();
    const int64_t blocks = blocksOf(gather);
    if (blocks == 1) {
      l.map(gather.getOutput(),
            tpu::GatherOp::create(l.builder, op->getLoc(), type, in, gather.getIndices(), int64_t(axis)));
      return success();
    }
    // The axis as [blocks, length]: blocks in the other order, then what is in each.
    SmallVector<int64_t> split(shapeOf(in));
    const int64_t length = split[axis] / blocks;
    split[axis] = length;
    split.insert(split.begin() + axis, blocks);
    auto splitType = RankedTensorType::get(split, element);
    Value seen = tpu::ReshapeOp::create(l.builder, l.roleOf(op, "split"), splitType, in);
    Value turned =
        tpu::GatherOp::create(l.builder, l.roleOf(op, "blocks"), splitType, seen, falling(blocks), int64_t(axis));
    Value whole = tpu::GatherOp::create(l.builder, l.roleOf(op, "reversed"), splitType, turned, falling(length),
                                        int64_t(axis + 1));
    l.map(gather.getOutput(), tpu::ReshapeOp::create(l.builder, op->getLoc(), type, whole));
    return success();
  }
};

} // namespace

void registerGatherLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::GatherOp::attachInterface<GatherLower>(*context); });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::GatherOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameFormat(*this, getInput(), getOutput())))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), indices = getIndices();
  if (getAxis() >= in.size()) // unsigned: below 0 is far above
    return emitOpError() << "'axis' is below the rank " << in.size() << ", got " << getAxis();
  if (failed(verifyArray(*this, "indices", indices, indices.size(), 0)))
    return failure();
  for (int64_t index : indices)
    if (index >= in[getAxis()])
      return emitOpError() << "takes element " << index << " of axis " << getAxis() << ", which has " << in[getAxis()];
  SmallVector<int64_t> shape(in);
  shape[getAxis()] = indices.size();
  if (ArrayRef<int64_t>(shape) != shapeOf(getOutput()))
    return emitOpError() << "'indices' do not take " << getInput().getType() << " to " << getOutput().getType();
  if (movesOf(indices) > kMostMoves)
    return emitOpError() << "takes more than " << kMostMoves << " runs of elements, which no copy program can";
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::GatherOp::form() {
  CopyProgram p{formatOf(getOutput()).dtype, {}};
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput());
  auto product = [](ArrayRef<int64_t> sizes) {
    return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
  };
  const int64_t outer = product(in.take_front(getAxis())), inner = product(in.drop_front(getAxis() + 1));
  const int64_t from = in[getAxis()] * inner, to = out[getAxis()] * inner;
  for (const Run &run : runsOf(getIndices())) {
    Move m;
    m.source = 0;
    m.sourceOffset = run.first * inner, m.targetOffset = run.begin * inner;
    m.dims = {outer, run.step ? run.count : 1, inner};
    m.sourceStrides = {from, run.step * inner, 1};
    m.targetStrides = {to, inner, 1};
    p.moves.push_back(m);
    // What stands is doubled: of one index many times, few moves.
    for (int64_t done = 1; run.step == 0 && done < run.count; done *= 2) {
      Move again;
      again.source = kFromResult;
      again.dims = {outer, std::min(done, run.count - done), inner};
      again.sourceOffset = m.targetOffset, again.targetOffset = m.targetOffset + done * inner;
      again.sourceStrides = again.targetStrides = m.targetStrides;
      p.moves.push_back(again);
    }
  }
  return p;
}

} // namespace tpu_mlir
