//===- Interp.cpp - Linear interpolation ----------------------------------===//
// All of top.Interp: axis by axis, each sample of the result is a weighted mean of
// two of the input. In fp32 those are gathered; on the chip an axis is a product
// with a constant matrix that has two numbers a row, in f32 in every mode.
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Interfaces/OpInterfaces.h"
#include "tpu_mlir/Ops/Computes.h"
#include "tpu_mlir/Ops/Moves.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input"};
static constexpr StringRef kModes[] = {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                                       "asymmetric", "align_corners",        "tf_crop_and_resize"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(InterpOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (op.getSizes().size() != in.size() || op.getScales().size() != in.size())
    return op.emitOpError("'input' has ") << in.size() << " dimensions but 'sizes' has " << op.getSizes().size()
                                          << " elements and 'scales' " << op.getScales().size();
  if (!op.getRoi().empty() && op.getRoi().size() != 2 * in.size())
    return op.emitOpError("'roi' has ") << op.getRoi().size() << " elements; two for each of " << in.size()
                                        << " dimensions are needed";
  return Shape(op.getSizes());
}

LogicalResult InterpOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult InterpOp::verify() {
  if (getMode() != "linear")
    return emitOpError("'mode' is \"") << getMode() << "\"; known: linear";
  if (!llvm::is_contained(kModes, getCoordMode())) {
    auto diagnostic = emitOpError("'coord_mode' is \"") << getCoordMode() << "\"; known:";
    for (StringRef known : kModes)
      diagnostic << " " << known;
    return diagnostic;
  }
  for (double scale : getScales())
    if (!(scale > 0) || std::isinf(scale))
      return emitOpError("'scales' has the element ") << scale << "; all must be positive numbers";
  for (double edge : getRoi())
    if (!std::isfinite(edge))
      return emitOpError("'roi' has an element that is not a finite number");
  if (failed(verifyList(*this, "sizes", getSizes(), getSizes().size(), 1)))
    return failure();
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t InterpOp::flops() { return saturatingProduct(3, elementCount(getOutput())); }

} // namespace tpu_mlir::top

namespace tpu_mlir {

namespace {

/// Sample i of an axis of the result: `low[i]` times weights[i][0] and `high[i]` times weights[i][1], plus `added[i]`.
struct Samples {
  std::vector<int64_t> low, high;
  std::vector<std::array<float, 2>> weights;
  std::vector<float> added;
  bool addsSomething() const {
    return llvm::any_of(added, [](float a) { return a != 0; });
  }
};

/// Where sample x of `size` stands in an input of `length`. Source: the ONNX specification of Resize, in float32 and in
/// onnxruntime's order of operations.
float placeOf(StringRef mode, float x, float scale, float length, float size, float from, float to) {
  if (mode == "half_pixel")
    return (x + 0.5f) / scale - 0.5f;
  if (mode == "half_pixel_symmetric")
    return length / 2 * (1 - size / (scale * length)) + ((x + 0.5f) / scale - 0.5f);
  if (mode == "pytorch_half_pixel")
    return size > 1 ? (x + 0.5f) / scale - 0.5f : 0;
  if (mode == "asymmetric")
    return x / scale;
  if (mode == "align_corners")
    return size == 1 ? 0 : x * (length - 1) / (size - 1);
  return size > 1 ? from * (length - 1) + (x * (to - from) * (length - 1)) / (size - 1)
                  : 0.5f * (from + to) * (length - 1);
}

bool changesAxis(top::InterpOp op, size_t axis) {
  const bool isCrop = op.getCoordMode() == "tf_crop_and_resize" && !op.getRoi().empty();
  const size_t rank = op.getSizes().size();
  return op.getSizes()[axis] != shapeOf(op.getInput())[axis] || op.getScales()[axis] != 1 ||
         (isCrop && (op.getRoi()[axis] != 0 || op.getRoi()[rank + axis] != 1));
}

Samples samplesOf(top::InterpOp op, size_t axis) {
  const int64_t length = shapeOf(op.getInput())[axis], size = op.getSizes()[axis];
  const size_t rank = op.getSizes().size();
  ArrayRef<double> roi = op.getRoi();
  const float from = roi.empty() ? 0 : float(roi[axis]), to = roi.empty() ? 1 : float(roi[rank + axis]);
  const bool isCrop = op.getCoordMode() == "tf_crop_and_resize";
  Samples s;
  for (int64_t i = 0; i < size; ++i) {
    float place =
        placeOf(op.getCoordMode(), float(i), float(op.getScales()[axis]), float(length), float(size), from, to);
    const bool isOutside = isCrop && (place < 0 || place > float(length - 1));
    place = std::clamp(place, 0.0f, float(length - 1));
    const int64_t low = std::min(int64_t(place), length - 1), high = std::min(low + 1, length - 1);
    const float share = place - float(low);
    s.low.push_back(low), s.high.push_back(high);
    s.weights.push_back(isOutside ? std::array<float, 2>{0, 0} : std::array<float, 2>{1 - share, share});
    s.added.push_back(isOutside ? float(op.getExtrapolationValue().convertToDouble()) : 0);
  }
  return s;
}

/// Axes that change, those that shrink most first: what comes later has less to do.
SmallVector<size_t> axesOf(top::InterpOp op) {
  SmallVector<size_t> axes;
  for (size_t axis = 0; axis < op.getSizes().size(); ++axis)
    if (changesAxis(op, axis))
      axes.push_back(axis);
  auto growth = [&](size_t axis) {
    return std::pair(double(op.getSizes()[axis]) / double(shapeOf(op.getInput())[axis]), axis);
  };
  llvm::sort(axes, [&](size_t a, size_t b) { return growth(a) < growth(b); });
  return axes;
}

int64_t product(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

} // namespace

//===- Interpret ----------------------------------------------------------===//

LogicalResult top::InterpOp::plan(EvalPlan &plan) {
  FailureOr<int> input = plan.tensorOf(*this, getInput());
  if (failed(input))
    return failure();
  int value = *input;
  std::vector<int64_t> shape = shapeOf(getInput()).vec();
  for (size_t axis : axesOf(*this)) {
    const Samples s = samplesOf(*this, axis);
    const int64_t before = product(ArrayRef(shape).take_front(axis)),
                  after = product(ArrayRef(shape).drop_front(axis + 1)), size = int64_t(s.low.size());
    const std::vector<int64_t> rows{before, shape[axis], after}, made{before, size, after}, column{size, 1};
    const int seen = plan.step(host::View{}, {value}, rows);
    auto weighted = [&](const std::vector<int64_t> &taken, int side) {
      host::Gather gather{{0, 1, 2}, {std::vector<int64_t>(before), taken, std::vector<int64_t>(after)}, 0};
      std::iota(gather.index[0].begin(), gather.index[0].end(), 0);
      std::iota(gather.index[2].begin(), gather.index[2].end(), 0);
      std::vector<float> weights;
      for (const auto &w : s.weights)
        weights.push_back(w[side]);
      const int neighbours = plan.step(std::move(gather), {seen}, made);
      return plan.step(host::Combine{host::Combine::Kind::Mul, {}},
                       {neighbours, plan.addConstant(std::move(weights), column)}, made);
    };
    std::vector<int> parts = {weighted(s.low, 0), weighted(s.high, 1)};
    if (s.addsSomething())
      parts.push_back(plan.addConstant(s.added, column));
    value = plan.step(host::Combine{host::Combine::Kind::Add, {}}, std::move(parts), made);
    shape[axis] = size;
    value = plan.step(host::View{}, {value}, shape);
  }
  return plan.finish(*this, host::View{}, {value});
}

//===- Lower --------------------------------------------------------------===//

namespace {

struct InterpLower : LowerInterface::ExternalModel<InterpLower, top::InterpOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto interp = cast<top::InterpOp>(op);
    Moves moves(l, op);
    Computes f(l, op);
    Value value = l.dequantize(l.operand(interp.getInput()));
    SmallVector<int64_t> shape(shapeOf(value));
    for (size_t axis : axesOf(interp)) {
      const Samples s = samplesOf(interp, axis);
      const int64_t before = product(ArrayRef(shape).take_front(axis)),
                    after = product(ArrayRef(shape).drop_front(axis + 1)), length = shape[axis],
                    size = int64_t(s.low.size());
      std::vector<float> matrix(size * length, 0.0f);
      for (int64_t i = 0; i < size; ++i) {
        matrix[i * length + s.low[i]] += s.weights[i][0];
        matrix[i * length + s.high[i]] += s.weights[i][1];
      }
      // The axis becomes the last one.
      Value rows = moves.reshape(value, {before, length, after}, "axis");
      rows = moves.permute(rows, {0, 2, 1}, "axis_last");
      Value bias = s.addsSomething() ? f.weight(s.added, {size}, "outside") : Value();
      rows = f.product(rows, f.weight(matrix, {size, length, 1, 1}, "matrix"), bias, "samples");
      rows = moves.permute(rows, {0, 2, 1}, "axis_back");
      shape[axis] = size;
      value = moves.reshape(rows, shape, "resized");
    }
    l.map(interp.getOutput(), moves.reshapeAsResult(value));
    return success();
  }
};

} // namespace

void registerInterpLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::InterpOp::attachInterface<InterpLower>(*context); });
}

} // namespace tpu_mlir
