//===- MatMulLocal.cpp - Products with a weight matrix in groups ----------===//
// By itself such a product is a 1x1 convolution whose rows are batches: global
// memory holds a row's columns side by side, and so do the lanes. Of many rows
// that leaves most of every lane empty. Beside its neighbours the product has
// its rows in the lanes, as products of computed tensors do, and changes rows
// and columns before and behind a convolution whose pixels are the rows. Which
// of the two is cheaper is the scheduler's to say.
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

using namespace mlir;

namespace tpu_mlir {

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
  int filter = r.addWeight(1, integers ? DType::I8 : DType::F32, {1, p.columns, (p.depth + pack - 1) / pack, pack},
                           Layout::Compact, whole);
  int bias =
      hasBias ? r.addWeight(2, integers ? DType::I32 : DType::F32, {1, p.columns, 1, 1}, Layout::Compact, whole) : -1;
  int quant = integers ? r.addWeight(3, DType::I32, {1, p.columns, 1, 3}, Layout::Aligned, whole) : -1;
  int y = r.addOutput(out.dtype, {p.batch, p.rows, 1, p.columns});
  int turned = transposed(r, in.dtype, p.depth);
  int acc = transposed(r, integers ? DType::I32 : DType::F32, p.columns), result = acc;
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
