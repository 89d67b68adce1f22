//===- MatMulForms.cpp - Matrix products on the chip ----------------------===//
// All of tpu.MatMul. By itself a product with a weight matrix is a 1x1 convolution
// whose rows are batches: global memory holds a row's columns side by side, and
// so do the lanes. Of many rows that leaves most of every lane empty. Beside its
// neighbours the product has its rows in the lanes, as products of computed
// tensors do, and changes rows and columns before and behind a convolution whose
// pixels are the rows. Which of the two is cheaper is the scheduler's to say.
// Between computed tensors the matrix unit multiplies.
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/FilterPacking.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/MatMul.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

using namespace mlir;

namespace tpu_mlir {

//===- Verify (tpu) -------------------------------------------------------===//

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
  if (!formatOf(getOutput()).isOneKindWith(formatOf(getInput())) ||
      (getWeightForm() && formatOf(getOutput()).isQuantized() != isPresent(getQuant())))
    return emitOpError() << "number formats of 'input', 'quant' and 'output' do not fit together";
  for (auto [value, elements] : {std::pair<Value, int64_t>(getBias(), n), std::pair<Value, int64_t>(getQuant(), n * 3)})
    if (isPresent(value) && cast<ShapedType>(value.getType()).getNumElements() != elements)
      return emitOpError() << "an operand of " << elements << " elements is needed for " << n << " columns, got "
                           << value.getType();
  const NumberFormat format = formatOf(getOutput());
  if (getWeightForm() &&
      failed(verifyType(*this, "right", getRight(), format.isQuantized() ? DType::I8 : format.dtype)))
    return failure();
  if (!formatOf(getRight()).isOneKindWith(format))
    return emitOpError() << "'right' and 'output' are both integers or both floats of one format";
  if (!getWeightForm() && (formatOf(getInput()).zeroPoint || formatOf(getRight()).zeroPoint))
    return emitOpError() << "products of computed integers have operands whose zero point is 0, got "
                         << getInput().getType() << " and " << getRight().getType();
  if (failed(verifyType(*this, "bias", getBias(), biasTypeOf(format, /*isDepthwise=*/!getWeightForm()))))
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
  // Of floats it is added by an instruction of its own, in their format.
  int bias = hasBias ? r.addWeight(2, integers ? DType::I32 : outFormat.dtype, {1, 1, 1, n}, Layout::Lanes,
                                   {full, full, full, same})
                     : -1;
  int y = r.addOutput(outFormat.dtype, out);
  int acc = integers ? r.addScratch(DType::I32, out) : y;
  r.steps.push_back(primitive::matMul(acc, a, b));
  if (hasBias)
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, acc, bias, acc));
  if (integers) {
    r.steps.push_back(primitive::requant(
        y, acc, {int32_t(op.getMultiplier()), int32_t(-op.getRshift()), int32_t(outFormat.zeroPoint)}));
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

//===- Local form ---------------------------------------------------------===//

namespace {

struct Product {
  int64_t batch, rows, depth, columns;
};

Product productOf(tpu::MatMulOp op) {
  ArrayRef<int64_t> left = shapeOf(op.getInput());
  int64_t rows = left.size() > 1 ? left[left.size() - 2] : 1, batch = 1;
  for (int64_t d : left.drop_back(std::min<size_t>(2, left.size())))
    batch *= d;
  if (rows == 1)
    std::swap(rows, batch);
  return {batch, rows, left.back(), shapeOf(op.getOutput()).back()};
}

} // namespace

std::optional<Recipe> tpu::MatMulOp::localForm() {
  if (!getWeightForm())
    return std::nullopt;
  const target::Chip &chip = targetOf(*this);
  NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  const Product p = productOf(*this);
  const bool integers = out.isQuantized(), hasBias = isPresent(getBias());
  const int64_t pack = channelPack(chip, in.dtype);
  const auto same = AxisMap::same(), full = AxisMap::full();
  const std::array<AxisMap, 4> whole = {full, full, full, full}, columns = {same, full, full, AxisMap::along(1)};
  auto transposed = [&](Recipe &r, DType type, int64_t channels) {
    int id = r.addScratch(type, {p.batch, channels, 1, p.rows});
    r.buffers[id].map = columns;
    return id;
  };
  Recipe r;
  int x = r.addInput(0, in.dtype, {p.batch, p.rows, 1, p.depth}, {same, same, full, full});
  int filter = r.addWeight(1, integers ? DType::I8 : out.dtype, {1, p.columns, (p.depth + pack - 1) / pack, pack},
                           Layout::Compact, whole);
  int bias = hasBias ? r.addWeight(2, biasTypeOf(out, false), {1, p.columns, 1, 1}, Layout::Compact, whole) : -1;
  int quant = integers ? r.addWeight(3, DType::I32, {1, p.columns, 1, 3}, Layout::Aligned, whole) : -1;
  int y = r.addOutput(out.dtype, {p.batch, p.rows, 1, p.columns});
  int turned = transposed(r, in.dtype, p.depth);
  int acc = transposed(r, integers ? DType::I32 : out.dtype, p.columns), result = acc;
  r.steps.push_back(primitive::transpose(turned, x));
  const kernel::Window point{1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  r.steps.push_back(primitive::conv(acc, turned, filter, point, integers ? -1 : bias));
  if (integers) {
    if (hasBias) {
      int sum = transposed(r, DType::I32, p.columns);
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, sum, bias, acc));
      acc = sum;
    }
    result = transposed(r, out.dtype, p.columns);
    r.steps.push_back(primitive::requant(result, acc, quant));
  }
  r.steps.push_back(primitive::transpose(y, result));
  addReluSteps(r, getDoRelu(), getReluLimit().convertToDouble(), out);
  return r;
}

} // namespace tpu_mlir
