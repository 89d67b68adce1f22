//===- MatMulLowering.cpp - tpu.MatMul: verifier, arithmetic, lowering ----===//
// Two forms: with a weight matrix, a 1x1 convolution over rows; between two
// computed tensors, the matrix unit. Sections: Verify, Form, Lower.
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/QuantizedFilter.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/MatMul.h"
#include "tpu_mlir/Primitive/Requant.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::MatMulOp::verify() {
  if (failed(verifyTensors(*this, {2, 3})) || failed(verifyRequant(*this, getMultiplier(), getRshift())))
    return failure();
  ArrayRef<int64_t> left = shapeOf(getInput()), right = shapeOf(getRight()), out = shapeOf(getOutput());
  int64_t n = out.back(), k = left.back();
  size_t least = getWeightForm() ? 1 : 2;
  if (left.size() < least || out.size() < least || right.size() < 2)
    return emitOpError() << "operands are matrices, got " << getInput().getType() << " and " << getRight().getType();
  if (getWeightForm() && (right.size() != 4 || right[0] != n || right[2] != 1 || right[3] != 1))
    return emitOpError() << "'right' is [" << n << ", " << k << ", 1, 1] in weight form, got " << getRight().getType();
  int64_t rightK = getWeightForm() ? right[1] : right[right.size() - 2],
          rightN = getWeightForm() ? right[0] : right.back();
  if (rightK != k)
    return emitOpError() << "'input' has " << k << " columns but 'right' has " << rightK << " rows";
  int64_t rows = cast<ShapedType>(getInput().getType()).getNumElements() / k;
  bool shapesFit = rightN == n && cast<ShapedType>(getOutput().getType()).getNumElements() == rows * n;
  if (!getWeightForm()) {
    int64_t batch = cast<ShapedType>(getRight().getType()).getNumElements() / (rightK * rightN);
    shapesFit &= out[out.size() - 2] == left[left.size() - 2] && (batch == 1 || batch * left[left.size() - 2] == rows);
  }
  if (!shapesFit)
    return emitOpError() << getInput().getType() << " times " << getRight().getType() << " is not "
                         << getOutput().getType();
  if (formatOf(getOutput()).isQuantized() != formatOf(getInput()).isQuantized() ||
      (getWeightForm() && formatOf(getOutput()).isQuantized() != isPresent(getQuant())))
    return emitOpError() << "number formats of 'input', 'quant' and 'output' do not fit together";
  for (auto [value, elements] : {std::pair<Value, int64_t>(getBias(), n), std::pair<Value, int64_t>(getQuant(), n * 3)})
    if (isPresent(value) && cast<ShapedType>(value.getType()).getNumElements() != elements)
      return emitOpError() << "an operand of " << elements << " elements is needed for " << n << " columns, got "
                           << value.getType();
  bool integers = formatOf(getOutput()).isQuantized();
  if (getWeightForm() && failed(verifyType(*this, "right", getRight(), integers ? DType::I8 : DType::F32)))
    return failure();
  if (formatOf(getRight()).isQuantized() != integers)
    return emitOpError() << "'right' and 'output' are both integers or both f32";
  if (failed(verifyType(*this, "bias", getBias(), integers ? DType::I32 : DType::F32)))
    return failure();
  return verifyType(*this, "quant", getQuant(), DType::I32);
}

//===- Form ---------------------------------------------------------------===//

/// Between computed tensors: rows are the chip's channels, columns its w.
static Recipe matrixRecipe(tpu::MatMulOp op) {
  ArrayRef<int64_t> left = shapeOf(op.getInput()), right = shapeOf(op.getRight());
  int64_t m = left[left.size() - 2], k = left.back(), n = right.back();
  auto batch = [&](ArrayRef<int64_t> shape) {
    int64_t count = 1;
    for (int64_t d : shape.drop_back(2))
      count *= d;
    return count;
  };
  NumberFormat inFormat = formatOf(op.getInput()), outFormat = formatOf(op.getOutput());
  Recipe r;
  auto same = AxisMap::same(), full = AxisMap::full();
  Dims out{batch(shapeOf(op.getOutput())), m, 1, n};
  int a = r.addInput(0, inFormat.dtype, {batch(left), m, 1, k}, {same, same, full, full});
  int b = r.addInput(1, formatOf(op.getRight()).dtype, {batch(right), k, 1, n}, {same, full, full, same});
  bool integers = outFormat.isQuantized(), hasBias = isPresent(op.getBias());
  int bias = hasBias ? r.addWeight(2, integers ? DType::I32 : DType::F32, {1, 1, 1, n}, Layout::Lanes,
                                   {full, full, full, same})
                     : -1;
  int y = r.addOutput(outFormat.dtype, out);
  int acc = integers ? r.addScratch(DType::I32, out) : y;
  r.steps.push_back(primitive::matMul(acc, a, b));
  if (hasBias)
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, acc, bias, acc));
  if (integers) {
    r.steps.push_back(primitive::requant(y, acc, {int32_t(op.getMultiplier()), int32_t(-op.getRshift()), 0}));
  }
  addReluSteps(r, op.getDoRelu(), op.getReluLimit().convertToDouble(), outFormat);
  return r;
}

Form tpu::MatMulOp::form() {
  if (!getWeightForm())
    return matrixRecipe(*this);
  int64_t k = shapeOf(getInput()).back(), n = shapeOf(getOutput()).back();
  int64_t rows = cast<ShapedType>(getInput().getType()).getNumElements() / k;
  NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  return convRecipe({}, {rows, k, 1, 1}, {rows, n, 1, 1}, in, out, isPresent(getBias()),
                    channelPack(targetOf(*this), in.dtype), getDoRelu(), getReluLimit().convertToDouble());
}

//===- Lower --------------------------------------------------------------===//

namespace {

int64_t product(ArrayRef<int64_t> shape) {
  int64_t p = 1;
  for (int64_t d : shape)
    p *= d;
  return p;
}

/// The elements of a filter of `n` channels in the order [n, k].
std::vector<uint8_t> channelsFirst(const FilterView &filter, int64_t n) {
  constexpr int64_t kRows = 64; // whole cache lines of the result
  ArrayRef<float> data = filter.elements;
  std::vector<uint8_t> bytes(data.size() * sizeof(float));
  auto *out = reinterpret_cast<float *>(bytes.data());
  int64_t k = data.size() / n;
  if (!filter.channelsLast) {
    std::copy(data.begin(), data.end(), out);
    return bytes;
  }
  for (int64_t j = 0; j < k; j += kRows) {
    int64_t count = std::min(kRows, k - j);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t r = j; r < j + count; ++r)
        out[i * k + r] = data[r * n + i];
    filter.done(data.slice(j * n, count * n));
  }
  return bytes;
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
    auto leftBatch = left.drop_back(2), rightBatch = right.drop_back(2);
    if (leftBatch != rightBatch && product(rightBatch) != 1)
      return "batch dimensions of 'input' and 'right' differ";
    // Any two 8-bit values may meet: magnitudes of at most 255 each, and as much again for the bias.
    int64_t k = left[mm.getLeftTranspose() ? left.size() - 2 : left.size() - 1];
    if (l.isInt8() && k * 255 * 255 > std::numeric_limits<int32_t>::max() / 2)
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

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto mm = cast<top::MatMulOp>(op);
    Builder &b = l.builder;
    Value in = l.operand(mm.getInput());
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
      if (l.isInt8()) {
        FailureOr<QuantizedFilter> q =
            quantizeFilter(op, view, biasData, n, inFormat, outFormat, l.chip.quant.weightLevels);
        if (failed(q))
          return failure();
        right = l.addWeight<int8_t>(op, "filter_i8", q->filter, {n, k, 1, 1}, DType::I8);
        if (!biasData.empty())
          bias = l.addWeight<int32_t>(op, "bias_int32", q->bias, {1, n, 1, 1}, DType::I32);
        quant = l.addWeight<int32_t>(op, "quant", q->quant, {1, n, 1, 3}, DType::I32);
      } else {
        right = l.addWeightBytes(op, "filter_f32", channelsFirst(view, n), {n, k, 1, 1}, DType::F32);
        if (!biasData.empty())
          bias = mm.getBias();
      }
      attrs.set("weight_form", b.getUnitAttr());
    } else {
      right = l.operand(mm.getRight());
      if (mm.getRightTranspose())
        right = transpose(l, right, op, "right_transpose");
      if (l.isInt8()) {
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
        bias = mm.getBias();
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
