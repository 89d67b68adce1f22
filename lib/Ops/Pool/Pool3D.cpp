//===- Pool3D.cpp - Sliding windows with depth ----------------------------===//
// All of top.MaxPool3D and top.AvgPool3D. A window of three axes is one along each,
// one after the other: maxima in the operand's own format, sums in f32 with one
// factor for all or for each pixel at the end.
#include "AxisPools.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Ops/Moves.h"
#include "tpu_mlir/Ops/WindowOf.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};
static constexpr StringRef kUnits[] = {" planes", " rows", " columns"};

//===- Infer shape --------------------------------------------------------===//

template <typename PoolOp> static FailureOr<Shape> resultShape(PoolOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.size() != 5)
    return op.emitOpError("'input' must have 5 dimensions, but its shape is ") << shapeText(in);
  Shape out{in[0], in[1]};
  for (int axis : {0, 1, 2}) {
    const int64_t size = in[2 + axis], kernel = op.getKernelShape()[axis], stride = op.getStrides()[axis];
    const int64_t before = op.getPads()[axis], after = op.getPads()[axis + 3];
    const int64_t count = windowCount(size, kernel, stride, before, after);
    if (count < 1)
      return op.emitOpError("the window has ")
             << kernel << kUnits[axis] << " but the padded 'input' has " << size + before + after;
    if (before >= kernel || (count - 1) * stride - before >= size)
      return op.emitOpError("a window of ") << kernel << kUnits[axis] << " lies wholly in the padding (" << before
                                            << " before, " << after << " after " << size << kUnits[axis] << ")";
    out.push_back(count);
  }
  return out;
}

LogicalResult MaxPool3DOp::inferShape() { return inferResult(*this, resultShape<MaxPool3DOp>, kOperands); }
LogicalResult AvgPool3DOp::inferShape() { return inferResult(*this, resultShape<AvgPool3DOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

template <typename PoolOp> static LogicalResult verifyWindow(PoolOp op) {
  if (failed(verifyList(op, "kernel_shape", op.getKernelShape(), 3, 1)) ||
      failed(verifyList(op, "strides", op.getStrides(), 3, 1)))
    return failure();
  return verifyList(op, "pads", op.getPads(), 6, 0);
}

LogicalResult MaxPool3DOp::verify() {
  return failed(verifyWindow(*this)) ? failure() : verifyResult(*this, resultShape<MaxPool3DOp>, kOperands);
}

LogicalResult AvgPool3DOp::verify() {
  if (failed(verifyWindow(*this)) || failed(verifyList(*this, "ceil_pad", getCeilPad(), 3, 0)))
    return failure();
  for (int axis : {0, 1, 2})
    if (getCeilPad()[axis] > getPads()[axis + 3])
      return emitOpError("'ceil_pad' is part of 'pads', but it has ")
             << getCeilPad()[axis] << kUnits[axis] << " of " << getPads()[axis + 3];
  return verifyResult(*this, resultShape<AvgPool3DOp>, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

template <typename PoolOp> static int64_t windowFlops(PoolOp op, int64_t extra) {
  return saturatingProduct(elementCount(op.getKernelShape()) + extra + op.getDoRelu(), elementCount(op.getOutput()));
}
int64_t MaxPool3DOp::flops() { return windowFlops(*this, 0); }
int64_t AvgPool3DOp::flops() { return windowFlops(*this, 1); }

//===- Interpret ----------------------------------------------------------===//

/// Planes first, then depth: divisors of a mean are products of an axis' own.
template <typename PoolOp>
static LogicalResult planPool(PoolOp op, EvalPlan &plan, bool isMax, bool countsPadding, ArrayRef<int64_t> ceil) {
  FailureOr<int> input = plan.tensorOf(op, op.getInput());
  if (failed(input))
    return failure();
  ArrayRef<int64_t> in = shapeOf(op.getInput()), out = shapeOf(op.getOutput()), pads = op.getPads(),
                    kernel = op.getKernelShape(), strides = op.getStrides();
  const int64_t n = in[0], c = in[1], outPlane = out[3] * out[4];
  const host::Pool planes{
      windowOf(kernel.drop_front(), strides.drop_front(), {pads[1], pads[2], pads[4], pads[5]}, {1, 1}), isMax,
      countsPadding, ceil[1], ceil[2]},
      depths{windowOf({kernel[0], 1}, {strides[0], 1}, {pads[0], 0, pads[3], 0}, {1, 1}), isMax, countsPadding, ceil[0],
             0};
  const int seen = plan.step(host::View{}, {*input}, {n, c * in[2], in[3], in[4]});
  const int pooled = plan.step(planes, {seen}, {n, c * in[2], out[3], out[4]});
  const int rows = plan.step(host::View{}, {pooled}, {n, c, in[2], outPlane});
  const int last = plan.step(depths, {rows}, {n, c, out[2], outPlane}, EvalPlan::postsOf(op));
  return plan.finish(op, host::View{}, {last});
}

LogicalResult MaxPool3DOp::plan(EvalPlan &plan) { return planPool(*this, plan, true, false, {0, 0, 0}); }
LogicalResult AvgPool3DOp::plan(EvalPlan &plan) {
  return planPool(*this, plan, false, getCountIncludePad(), getCeilPad());
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

/// Pools along columns, rows and depth; [n, c, od, oh * ow].
template <typename PoolOp> Value poolAxes(Lowering &l, PoolOp op, Value in, StringRef mode, const NamedAttrList &last) {
  Moves moves(l, op);
  ArrayRef<int64_t> size = shapeOf(op.getInput()), out = shapeOf(op.getOutput());
  auto line = [&](int axis, int side) {
    return Line{
        side,         op.getKernelShape()[axis], op.getStrides()[axis], op.getPads()[axis], op.getPads()[axis + 3],
        out[2 + axis]};
  };
  Value planes = moves.reshape(in, {size[0], size[1] * size[2], size[3], size[4]}, "planes");
  planes = createLinePool(l, op, planes, line(2, 1), mode, {});
  planes = createLinePool(l, op, planes, line(1, 0), mode, {});
  Value depths = moves.reshape(planes, {size[0], size[1], size[2], out[3] * out[4]}, "depths");
  return createLinePool(l, op, depths, line(0, 0), mode, last);
}

struct MaxPool3DLower : LowerInterface::ExternalModel<MaxPool3DLower, top::MaxPool3DOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto pool = cast<top::MaxPool3DOp>(op);
    Value result = poolAxes(l, pool, l.operandAsIs(pool.getInput()), "Max", reluOf(op));
    l.map(pool.getOutput(), Moves(l, op).reshapeAsResult(result));
    return success();
  }
};

struct AvgPool3DLower : LowerInterface::ExternalModel<AvgPool3DLower, top::AvgPool3DOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }

  /// One over how many positions each pixel of the result is a mean of.
  static std::vector<float> factorsOf(top::AvgPool3DOp pool) {
    ArrayRef<int64_t> in = shapeOf(pool.getInput()), out = shapeOf(pool.getOutput());
    std::vector<int64_t> counts[3];
    for (int axis : {0, 1, 2}) {
      const int64_t before = pool.getPads()[axis], after = pool.getPads()[axis + 3];
      const bool counted = pool.getCountIncludePad();
      counts[axis] = countsOf(out[2 + axis], pool.getKernelShape()[axis], pool.getStrides()[axis], before, in[2 + axis],
                              counted ? before : 0, counted ? after - pool.getCeilPad()[axis] : 0);
    }
    std::vector<float> factors;
    for (int64_t d : counts[0])
      for (int64_t h : counts[1])
        for (int64_t w : counts[2])
          factors.push_back(float(1.0 / double(d * h * w)));
    return factors;
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto pool = cast<top::AvgPool3DOp>(op);
    const std::vector<float> factors = factorsOf(pool);
    const bool isUniform = llvm::all_equal(factors);
    NamedAttrList last = isUniform ? reluOf(op) : NamedAttrList();
    if (isUniform)
      last.set("scale", l.builder.getF64FloatAttr(factors[0]));
    Value result = poolAxes(l, pool, l.dequantize(l.operand(pool.getInput())), "Avg", last);
    if (!isUniform) {
      ArrayRef<int64_t> shape = shapeOf(result);
      Value weight = l.addFloats(op, "divisors", factors, {1, 1, shape[2], shape[3]}, kernel::DType::F32);
      result = tpu::MulOp::create(l.builder, l.roleOf(op, "mean"), TypeRange{result.getType()},
                                  ValueRange{result, weight}, reluOf(op).getAttrs());
    }
    l.map(pool.getOutput(), Moves(l, op).reshapeAsResult(result));
    return success();
  }
};

} // namespace

void registerPool3DLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::MaxPool3DOp::attachInterface<MaxPool3DLower, MovesModel<top::MaxPool3DOp>>(*context);
    top::AvgPool3DOp::attachInterface<AvgPool3DLower>(*context);
  });
}

} // namespace tpu_mlir
