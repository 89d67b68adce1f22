//===- MatMul.cpp - Matrix products: meaning and lowering -----------------===//
// All of top.MatMul: which operands fit together, the result and its cost, what it
// is in fp32, and which form on the chip it takes: a product with a constant
// matrix, or one between computed tensors. The forms are MatMulForms.cpp.
#include "../Eltwise/Broadcast.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"
#include "tpu_mlir/Ops/FilterView.h"
#include "tpu_mlir/Ops/QuantizedFilter.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input", "right", "bias"};

//===- Infer shape --------------------------------------------------------===//

/// Rows and columns of an operand as the product sees them.
static std::pair<int64_t, int64_t> matrixOf(ArrayRef<int64_t> shape, bool isTransposed) {
  int64_t rows = shape[shape.size() - 2], columns = shape.back();
  return isTransposed ? std::pair(columns, rows) : std::pair(rows, columns);
}

static FailureOr<Shape> resultShape(MatMulOp op) {
  ArrayRef<int64_t> left = shapeOf(op.getInput()), right = shapeOf(op.getRight());
  if (left.size() < 2 || right.size() < 2)
    return op.emitOpError("'input' and 'right' must have at least 2 dimensions, but their shapes are ")
           << shapeText(left) << " and " << shapeText(right);
  auto [m, k] = matrixOf(left, op.getLeftTranspose());
  auto [rightK, n] = matrixOf(right, op.getRightTranspose());
  if (k != rightK)
    return op.emitOpError("'input' has ") << k << " columns but 'right' has " << rightK << " rows";
  FailureOr<Shape> shape = broadcast(left.drop_back(2), right.drop_back(2));
  if (failed(shape))
    return op.emitOpError("leading dimensions of 'input' (")
           << shapeText(left) << ") and 'right' (" << shapeText(right) << ") do not broadcast";
  if (!isNone(op.getBias()) && elementCount(op.getBias()) != n)
    return op.emitOpError("'right' has ")
           << n << " columns but 'bias' has " << elementCount(op.getBias()) << " elements";
  shape->append({m, n});
  return shape;
}

LogicalResult MatMulOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult MatMulOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t MatMulOp::flops() {
  if (!hasStaticShape(getInput()))
    return 0;
  int64_t depth = matrixOf(shapeOf(getInput()), getLeftTranspose()).second;
  return saturatingProduct(2 * depth + !isNone(getBias()) + getDoRelu(), elementCount(getOutput()));
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult MatMulOp::plan(EvalPlan &plan) {
  return plan.compute(*this, eval::MatMul{getLeftTranspose(), getRightTranspose()},
                      {getInput(), getRight(), getBias()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

int64_t product(ArrayRef<int64_t> shape) {
  int64_t p = 1;
  for (int64_t d : shape)
    p *= d;
  return p;
}

/// The elements of a filter of `n` channels in the order [n, k].
std::vector<float> channelsFirst(const FilterView &filter, int64_t n) {
  constexpr int64_t kRows = 64; // whole cache lines of the result
  ArrayRef<float> data = filter.elements;
  if (!filter.channelsLast)
    return data.vec();
  std::vector<float> out(data.size());
  int64_t k = data.size() / n;
  for (int64_t j = 0; j < k; j += kRows) {
    int64_t count = std::min(kRows, k - j);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t r = j; r < j + count; ++r)
        out[i * k + r] = data[r * n + i];
    filter.done(data.slice(j * n, count * n));
  }
  return out;
}

/// Half of int32's range; a bias beyond it would saturate every 8-bit result anyway.
constexpr int64_t kLargestBias = std::numeric_limits<int32_t>::max() / 2;

struct MatMulLower : LowerInterface::ExternalModel<MatMulLower, top::MatMulOp> {
  std::string whyNotLowered(Operation *op, const Lowering &l) const {
    auto mm = cast<top::MatMulOp>(op);
    if (isPresent(mm.getBias()) && !isWeight(mm.getBias()))
      return "'bias' is computed by the network";
    ArrayRef<int64_t> left = shapeOf(mm.getInput()), right = shapeOf(mm.getRight());
    if (left.size() < 2 || right.size() < 2)
      return "an operand has rank 1; reshape it to a matrix";
    if (usesWeightForm(mm))
      return "";
    // Any two 8-bit values may meet: magnitudes of at most 255 each, and as much again for the bias.
    int64_t k = left[mm.getLeftTranspose() ? left.size() - 2 : left.size() - 1];
    if (l.isQuantized() && k * 255 * 255 > std::numeric_limits<int32_t>::max() / 2)
      return "its sums over " + std::to_string(k) + " products could leave int32; keep this op in F32";
    return "";
  }

  static bool usesWeightForm(top::MatMulOp mm) {
    return isWeight(mm.getRight()) && product(shapeOf(mm.getRight()).drop_back(2)) == 1 && !isWeight(mm.getInput());
  }

  /// Swaps the last two axes of a lowered value.
  static Value transpose(Lowering &l, Value v, Operation *op, StringRef role) {
    SmallVector<int64_t> shape(shapeOf(v)), order(llvm::to_vector(llvm::seq<int64_t>(0, shape.size())));
    std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
    std::swap(order[order.size() - 1], order[order.size() - 2]);
    auto type = RankedTensorType::get(shape, cast<ShapedType>(v.getType()).getElementType());
    return tpu::PermuteOp::create(
        l.builder, l.roleOf(op, role), TypeRange{type}, ValueRange{v},
        ArrayRef<NamedAttribute>{l.builder.getNamedAttr("order", l.builder.getDenseI64ArrayAttr(order))});
  }

  /// The matrices of an operand, each as often as the result's batches ask for.
  static Value repeatBatches(Lowering &l, Value v, Operation *op) {
    ArrayRef<int64_t> result = shapeOf(op->getResult(0));
    const size_t rank = result.size();
    for (size_t axis = 0; axis + 2 < rank; ++axis) {
      ArrayRef<int64_t> shape = shapeOf(v);
      const size_t missing = rank - shape.size();
      if (result[axis] > 1 && (axis < missing || shape[axis - missing] == 1))
        v = repeatAlong(l, op, v, rank, axis, result[axis]);
    }
    return v;
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto mm = cast<top::MatMulOp>(op);
    Builder &b = l.builder;
    Value in = usesWeightForm(mm) ? l.operand(mm.getInput()) : l.centredOperand(mm.getInput());
    if (mm.getLeftTranspose())
      in = transpose(l, in, op, "left_transpose");
    NumberFormat inFormat = formatOf(in), outFormat = l.formatOfResult(mm.getOutput());
    NamedAttrList attrs;
    attrs.set("do_relu", mm.getDoReluAttr());
    attrs.set("relu_limit", mm.getReluLimitAttr());
    Value none = l.none(op->getLoc()), bias = none, quant = none, right;
    ArrayRef<float> biasData;
    if (isPresent(mm.getBias()))
      biasData = l.weightData(mm.getBias());
    if (usesWeightForm(mm)) {
      ArrayRef<int64_t> shape = shapeOf(mm.getRight()).take_back(2);
      int64_t k = shape[mm.getRightTranspose() ? 1 : 0], n = shape[mm.getRightTranspose() ? 0 : 1];
      FilterView view = viewOf(l, mm.getRight(), !mm.getRightTranspose());
      if (l.isQuantized()) {
        FailureOr<QuantizedFilter> q =
            quantizeFilter(op, view, biasData, n, inFormat, outFormat, l.chip.quant.weightLevels);
        if (failed(q))
          return failure();
        right = l.addWeight<int8_t>(op, "filter_i8", q->filter, {n, k, 1, 1}, DType::I8);
        if (!q->bias.empty())
          bias = l.addWeight<int32_t>(op, "bias_int32", q->bias, {1, n, 1, 1}, DType::I32);
        quant = l.addWeight<int32_t>(op, "quant", q->quant, {1, n, 1, 3}, DType::I32);
      } else {
        right = l.addFloats(op, ("filter_" + shortName(l.mode.weights)).str(), channelsFirst(view, n), {n, k, 1, 1},
                            l.mode.weights);
        if (!biasData.empty())
          bias = l.floatWeight(mm.getBias(), l.mode.sums);
      }
      attrs.set("weight_form", b.getUnitAttr());
    } else {
      right = l.centredOperand(mm.getRight());
      // One matrix for all batches needs no copies.
      if (ArrayRef<int64_t> batches = shapeOf(right).drop_back(2); product(batches) != 1)
        right = repeatBatches(l, right, op);
      in = repeatBatches(l, in, op);
      if (mm.getRightTranspose())
        right = transpose(l, right, op, "right_transpose");
      if (l.isQuantized()) {
        double step = inFormat.scale * formatOf(right).scale;
        Multiplier m = multiplierOf(step / outFormat.scale);
        attrs.set("multiplier", b.getI64IntegerAttr(m.multiplier));
        attrs.set("rshift", b.getI64IntegerAttr(m.rshift));
        std::vector<int32_t> quantized;
        for (float v : biasData)
          quantized.push_back(std::clamp<int64_t>(quantizeOne(v, step, DType::I32), -kLargestBias, kLargestBias));
        if (!biasData.empty())
          bias = l.addWeight<int32_t>(op, "bias_int32", quantized, {1, 1, 1, int64_t(quantized.size())}, DType::I32);
      } else if (!biasData.empty()) {
        bias = l.floatWeight(mm.getBias(), l.mode.activations);
      }
    }
    l.map(mm.getOutput(), tpu::MatMulOp::create(l.builder, op->getLoc(), TypeRange{l.typeOf(mm.getOutput(), outFormat)},
                                                ValueRange{in, right, bias, quant}, attrs.getAttrs()));
    return success();
  }
};

} // namespace

void registerMatMulLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::MatMulOp::attachInterface<MatMulLower>(*context); });
}

} // namespace tpu_mlir
