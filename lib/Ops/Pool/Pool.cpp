//===- Pool.cpp - Sliding windows that keep the channels ------------------===//
// All of top.MaxPool, top.AvgPool and tpu.Pool2D, but for windows that no command
// or memory holds (AxisPools.cpp). Every window holds at least one input
// position, so that a maximum and a mean exist. Averages of integers are
// depth-wise sums to int32 and a requantisation, forms whose rounding is known.
#include "AxisPools.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Ops/WideWindow.h"
#include "tpu_mlir/Ops/WindowOf.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};

//===- Infer shape --------------------------------------------------------===//

template <typename PoolOp> static FailureOr<Shape> resultShape(PoolOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.size() != 4)
    return op.emitOpError("'input' must have 4 dimensions, but its shape is ") << shapeText(in);
  Shape out{in[0], in[1]};
  for (int axis : {0, 1}) {
    int64_t size = in[2 + axis], kernel = op.getKernelShape()[axis], stride = op.getStrides()[axis];
    int64_t before = op.getPads()[axis], after = op.getPads()[axis + 2];
    StringRef unit = axis ? " columns" : " rows";
    int64_t count = windowCount(size, kernel, stride, before, after);
    if (count < 1)
      return op.emitOpError("the window has ")
             << kernel << unit << " but the padded 'input' has " << size + before + after;
    if (before >= kernel || (count - 1) * stride - before >= size)
      return op.emitOpError("a window of ") << kernel << unit << " lies wholly in the padding (" << before
                                            << " before, " << after << " after " << size << unit << ")";
    out.push_back(count);
  }
  return out;
}

LogicalResult MaxPoolOp::inferShape() { return inferResult(*this, resultShape<MaxPoolOp>, kOperands); }
LogicalResult AvgPoolOp::inferShape() { return inferResult(*this, resultShape<AvgPoolOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

template <typename PoolOp> static LogicalResult verifyWindow(PoolOp op) {
  if (failed(verifyList(op, "kernel_shape", op.getKernelShape(), 2, 1)) ||
      failed(verifyList(op, "strides", op.getStrides(), 2, 1)))
    return failure();
  return verifyList(op, "pads", op.getPads(), 4, 0);
}

LogicalResult MaxPoolOp::verify() {
  if (failed(verifyWindow(*this)))
    return failure();
  return verifyResult(*this, resultShape<MaxPoolOp>, kOperands);
}

LogicalResult AvgPoolOp::verify() {
  if (failed(verifyWindow(*this)) || failed(verifyList(*this, "ceil_pad", getCeilPad(), 2, 0)))
    return failure();
  for (int axis : {0, 1})
    if (getCeilPad()[axis] > getPads()[axis + 2])
      return emitOpError("'ceil_pad' is part of 'pads', but it has ")
             << getCeilPad()[axis] << (axis ? " at the right of " : " at the bottom of ") << getPads()[axis + 2];
  return verifyResult(*this, resultShape<AvgPoolOp>, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

// One comparison or addition per tap; the mean's division is one more.
template <typename PoolOp> static int64_t windowFlops(PoolOp op, int64_t extra) {
  return saturatingProduct(elementCount(op.getKernelShape()) + extra + op.getDoRelu(), elementCount(op.getOutput()));
}
int64_t MaxPoolOp::flops() { return windowFlops(*this, 0); }
int64_t AvgPoolOp::flops() { return windowFlops(*this, 1); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult MaxPoolOp::plan(EvalPlan &plan) {
  return plan.compute(*this, eval::Pool{windowOf(getKernelShape(), getStrides(), getPads(), {1, 1}), true},
                      {getInput()});
}

LogicalResult AvgPoolOp::plan(EvalPlan &plan) {
  eval::Pool pool{windowOf(getKernelShape(), getStrides(), getPads(), {1, 1}), false, getCountIncludePad(),
                  getCeilPad()[0], getCeilPad()[1]};
  return plan.compute(*this, pool, {getInput()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

/// An output of one row or column takes no step, so its stride may be 1 where the padding behind can shrink to fit.
void dropStride(int64_t size, int64_t kernel, int64_t out, int64_t before, int64_t &after, int64_t &stride) {
  int64_t unused = size + before + after - kernel;
  if (out == 1 && unused <= after) {
    after -= unused;
    stride = 1;
  }
}

template <typename PoolOp> kernel::Window steppedWindow(PoolOp op) {
  kernel::Window w = windowOf(op.getKernelShape(), op.getStrides(), op.getPads(), {1, 1});
  Dims in = nchwOf(op.getInput()), out = nchwOf(op.getOutput());
  dropStride(in.h, w.kh, out.h, w.padTop, w.padBottom, w.strideH);
  dropStride(in.w, w.kw, out.w, w.padLeft, w.padRight, w.strideW);
  return w;
}

std::string whyPoolNotLowered(Value input) {
  if (shapeOf(input).size() != 4)
    return "'input' has rank " + std::to_string(shapeOf(input).size()) + "; pools work on rank 4";
  return "";
}

struct MaxPoolLower : LowerInterface::ExternalModel<MaxPoolLower, top::MaxPoolOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    return whyPoolNotLowered(cast<top::MaxPoolOp>(op).getInput());
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto pool = cast<top::MaxPoolOp>(op);
    Value in = l.operandAsIs(pool.getInput());
    kernel::Window w = steppedWindow(pool);
    if (hasWideStride(l, w) || !fitsLocalMemory(l, w, in)) {
      l.map(pool.getOutput(), createAxisPools(l, op, in, w, "Max", {}));
      return success();
    }
    in = padWhereTooWide(l, in, w, op, -INFINITY);
    l.map(pool.getOutput(), createPool(l, op->getLoc(), l.typeOf(pool.getOutput(), formatOf(in)), in,
                                       l.none(op->getLoc()), "Max", w, reluOf(op)));
    return success();
  }
};

/// The divisors of a mean: of each row and column of the result, the product of both.
struct Divisors {
  std::vector<int64_t> rows, columns;

  Divisors(top::AvgPoolOp pool, const kernel::Window &w, const Dims &in, const Dims &out) {
    bool counted = pool.getCountIncludePad();
    ArrayRef<int64_t> ceil = pool.getCeilPad();
    rows = countsOf(out.h, w.kh, w.strideH, w.padTop, in.h, counted ? w.padTop : 0,
                    counted ? pool.getPads()[2] - ceil[0] : 0);
    columns = countsOf(out.w, w.kw, w.strideW, w.padLeft, in.w, counted ? w.padLeft : 0,
                       counted ? pool.getPads()[3] - ceil[1] : 0);
  }
  bool areUniform() const {
    auto same = [](const std::vector<int64_t> &v) { return std::count(v.begin(), v.end(), v[0]) == int64_t(v.size()); };
    return same(rows) && same(columns);
  }
  std::vector<float> factors() const {
    std::vector<float> all;
    for (int64_t r : rows)
      for (int64_t c : columns)
        all.push_back(1.0 / (r * c));
    return all;
  }
};

struct AvgPoolLower : LowerInterface::ExternalModel<AvgPoolLower, top::AvgPoolOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    return whyPoolNotLowered(cast<top::AvgPoolOp>(op).getInput());
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto pool = cast<top::AvgPoolOp>(op);
    Value in = l.operand(pool.getInput());
    Dims out = nchwOf(pool.getOutput());
    kernel::Window w = steppedWindow(pool);
    NumberFormat outFormat = l.formatOfResult(pool.getOutput());
    const Divisors divisors(pool, w, nchwOf(in), out);
    if (!fitsLocalMemory(l, w, in)) {
      in = l.dequantize(in);
      l.map(pool.getOutput(), createAxisPools(l, op, in, w, "Avg", divisors.factors()));
      return success();
    }
    const bool isWide = hasWideStride(l, w);
    Location loc = isWide ? l.roleOf(op, "pool") : op->getLoc();
    Moves moves(l, op);
    if (isWide) { // each window as a row of its own
      Dims d = nchwOf(in);
      Value windows = moves.permute(layOutWindows(moves, in, w, out, 0), {0, 1, 2, 4, 3, 5}, "patches");
      in = moves.reshape(windows, {d.n, d.c, out.h * out.w, w.kh * w.kw}, "rows");
      w = {1, w.kh * w.kw, 1, 1, 1, 1, 0, 0, 0, 0};
      out.h *= out.w, out.w = 1;
    } else {
      in = padWhereTooWide(l, in, w, op, 0);
    }
    NamedAttrList attrs = reluOf(op);
    Value weight = addFactors(op, l, divisors, formatOf(in).scale / outFormat.scale, w, out, attrs);
    auto type = RankedTensorType::get({out.n, out.c, out.h, out.w},
                                      cast<ShapedType>(l.typeOf(pool.getOutput(), outFormat)).getElementType());
    Value result = createPool(l, loc, type, in, weight, "Avg", w, attrs);
    l.map(pool.getOutput(), isWide ? moves.reshapeAsResult(result) : result);
    return success();
  }

  /// One factor for all in `attrs`, or the weight of those that differ, for a result of `out`'s rows and columns.
  static Value addFactors(Operation *op, Lowering &l, const Divisors &divisors, double factor, const kernel::Window &w,
                          const Dims &out, NamedAttrList &attrs) {
    Builder &b = l.builder;
    const std::vector<int64_t> &rows = divisors.rows, &columns = divisors.columns;
    if (divisors.areUniform()) {
      double area = rows[0] * columns[0];
      if (l.isQuantized()) {
        Multiplier m = multiplierOf(factor / area);
        attrs.set("multiplier", b.getI64IntegerAttr(m.multiplier));
        attrs.set("rshift", b.getI64IntegerAttr(m.rshift));
      } else {
        attrs.set("scale", b.getF64FloatAttr(1 / area));
      }
      return l.none(op->getLoc());
    }
    if (!l.isQuantized()) {
      std::vector<float> factors = divisors.factors();
      if (l.mode.activations != DType::F32) {
        // Sums of 16 bits could pass their largest number: the window's own mean first, then what it is off by.
        const double area = double(w.kh * w.kw);
        attrs.set("scale", b.getF64FloatAttr(1 / area));
        for (float &f : factors)
          f = float(f * area);
      }
      return l.addFloats(op, "divisors", factors, {1, 1, out.h, out.w}, l.mode.activations);
    }
    // One shift for all: that of the largest factor, which belongs to the smallest divisor.
    int64_t least = *std::min_element(rows.begin(), rows.end()) * *std::min_element(columns.begin(), columns.end());
    int64_t rshift = multiplierOf(factor / least).rshift;
    std::vector<int32_t> multipliers;
    for (int64_t r : rows)
      for (int64_t c : columns)
        multipliers.push_back(std::llround(std::ldexp(factor / (r * c), rshift)));
    attrs.set("rshift", b.getI64IntegerAttr(rshift));
    return l.addWeight<int32_t>(op, "divisors", multipliers, {1, 1, out.h, out.w}, DType::I32);
  }
};

} // namespace

void registerPoolLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::MaxPoolOp::attachInterface<MaxPoolLower, MovesModel<top::MaxPoolOp>>(*context);
    top::AvgPoolOp::attachInterface<AvgPoolLower>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::Pool2DOp::verify() {
  if (failed(verifyTensors(*this, {1})) || failed(verifyRequant(*this, getMultiplier(), getRshift())) ||
      failed(verifyWindow(*this, getInput(), getOutput(), getKernelShape(), getStrides(), getPads(), {1, 1})))
    return failure();
  if (getPoolMode() != "Max" && getPoolMode() != "Avg")
    return emitOpError() << "'pool_mode' is \"Max\" or \"Avg\", got \"" << getPoolMode() << "\"";
  if (getPoolMode() == "Max" && failed(verifySameFormat(*this, getInput(), getOutput())))
    return failure();
  if (failed(verifyOneKind(*this, getInput(), getOutput())))
    return failure();
  Dims in = nchwOf(getInput()), out = nchwOf(getOutput());
  if (in.c != out.c)
    return emitOpError() << "'input' has " << in.c << " channels but 'output' has " << out.c;
  if (isPresent(getDivisors()) && cast<ShapedType>(getDivisors().getType()).getNumElements() != out.h * out.w)
    return emitOpError() << "'divisors' has one entry for each of " << out.h << " x " << out.w << " pixels, got "
                         << getDivisors().getType();
  if (getPoolMode() == "Max" && isPresent(getDivisors()))
    return emitOpError() << "'divisors' belong to pool_mode \"Avg\"";
  const NumberFormat format = formatOf(getOutput());
  return verifyType(*this, "divisors", getDivisors(), format.isQuantized() ? DType::I32 : format.dtype);
}

//===- Form ---------------------------------------------------------------===//

Form tpu::Pool2DOp::form() {
  Recipe r;
  kernel::Window w = windowOf(getKernelShape(), getStrides(), getPads(), {1, 1});
  NumberFormat inFormat = formatOf(getInput()), outFormat = formatOf(getOutput());
  Dims in = nchwOf(getInput()), out = nchwOf(getOutput());
  bool integers = inFormat.isQuantized();
  int x = r.addInput(0, inFormat.dtype, in,
                     {AxisMap::same(), AxisMap::same(), AxisMap::window(w.kh, w.strideH, 1, w.padTop),
                      AxisMap::window(w.kw, w.strideW, 1, w.padLeft)});
  if (getPoolMode() == "Max") {
    int y = r.addOutput(outFormat.dtype, out);
    r.steps.push_back(primitive::maxPool(y, x, w, inFormat.dtype == DType::I8 ? -128 : 0));
    addReluSteps(r, getDoRelu(), getReluLimit().convertToDouble(), outFormat);
    return r;
  }
  bool hasDivisors = isPresent(getDivisors());
  int divisors = hasDivisors
                     ? r.addWeight(1, integers ? DType::I32 : outFormat.dtype, {1, 1, out.h, out.w}, Layout::Lanes,
                                   {AxisMap::full(), AxisMap::full(), AxisMap::same(), AxisMap::same()})
                     : -1;
  int y = r.addOutput(outFormat.dtype, out);
  int acc = integers ? r.addScratch(DType::I32, out) : y;
  const double weight = integers ? 1 : getScale().convertToDouble();
  // Padding is real zeros, so that every window sums kh * kw zero points.
  r.steps.push_back(
      primitive::windowSum(acc, x, w, weight, integers ? DType::I8 : outFormat.dtype, inFormat.zeroPoint));
  if (inFormat.zeroPoint)
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Sub, acc, acc,
                                        primitive::Constant{double(w.kh * w.kw * inFormat.zeroPoint), DType::I32}));
  if (hasDivisors) {
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, acc, divisors, acc, integers ? -int(getRshift()) : 0));
  }
  if (integers) {
    kernel::QuantEntry entry{1, 0, int32_t(outFormat.zeroPoint)};
    if (!hasDivisors)
      entry = {int32_t(getMultiplier()), int32_t(-getRshift()), int32_t(outFormat.zeroPoint)};
    r.steps.push_back(primitive::requant(y, acc, entry));
  }
  addReluSteps(r, getDoRelu(), getReluLimit().convertToDouble(), outFormat);
  return r;
}

} // namespace tpu_mlir
