//===- Rows.cpp - Extremes of rows, in f32 --------------------------------===//
// A maximum of a row is a pool over its columns; of one that local memory does not
// hold, of its pieces' maxima. Pieces follow from the row's length alone.
#include "Rows.h"
#include "../Pool/AxisPools.h"
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace tpu_mlir {

AroundAxis::AroundAxis(ArrayRef<int64_t> shape, size_t axis) : size(shape[axis]) {
  for (auto [i, length] : llvm::enumerate(shape))
    (i < axis ? outer : inner) *= i == axis ? 1 : length;
}

Value inFloats(Lowering &l, Operation *op, Value top) {
  if (isWeight(top))
    return top;
  Value value = l.dequantize(l.mapped(top));
  // A network's input is f32, but of a type that still has its calibrated range, which no result here may take over.
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType().isF32())
    return value;
  return tpu::ReshapeOp::create(l.builder, l.roleOf(op, "floats"), type.clone(l.builder.getF32Type()), value);
}

Value Rows::of(Value value, size_t axis) {
  const AroundAxis a(shapeOf(value), axis);
  if (a.inner > 1) {
    value = moves.reshape(value, {a.outer, a.size, a.inner}, "lines");
    value = moves.permute(value, {0, 2, 1}, "turned");
  }
  return moves.reshape(value, {1, a.outer * a.inner, 1, a.size}, "rows");
}

Value Rows::largest(Value rows) {
  constexpr int64_t kRoom = 1024; // bytes of local memory for what is made of a piece
  const int64_t count = shapeOf(rows)[1], size = shapeOf(rows)[3];
  const int64_t most = std::min((l.chip.local.laneBytes - kRoom) / kernel::byteSize(DType::F32), l.chip.limits.maxDim);
  const int64_t pieces = (size + most - 1) / most, length = (size + pieces - 1) / pieces;
  if (pieces > 1) {
    rows = moves.pad(rows, {0, 0, 0, 0}, {0, 0, 0, pieces * length - size}, -INFINITY);
    rows = moves.reshape(rows, {1, count, pieces, length}, "pieces");
  }
  auto type = RankedTensorType::get({1, count, pieces, 1}, l.builder.getF32Type());
  Value found = createPool(l, l.roleOf(op, "largest"), type, rows, l.none(op->getLoc()), "Max",
                           {1, length, 1, 1, 1, 1, 0, 0, 0, 0}, {});
  return pieces > 1 ? largest(moves.reshape(found, {1, count, 1, pieces}, "found")) : found;
}

Type Rows::typeOf(ValueRange operands) const {
  top::Shape shape;
  for (Value v : operands)
    shape = *top::broadcast(shape, shapeOf(v));
  return RankedTensorType::get(shape, l.builder.getF32Type());
}

Value Rows::equal(Value a, Value b) {
  return tpu::CompareOp::create(l.builder, l.roleOf(op, "is"), typeOf({a, b}), a, b, "Equal", /*ginfo=*/Attribute());
}

Value Rows::makeWhere(Value cond, Value a, Value b, double x, double y) {
  Value none = l.none(op->getLoc());
  SmallVector<Value> present = {cond};
  for (Value v : {a, b})
    if (v)
      present.push_back(v);
  return tpu::WhereOp::create(l.builder, l.roleOf(op, "where"), typeOf(present), cond, a ? a : none, b ? b : none,
                              APFloat(x), APFloat(y), /*ginfo=*/Attribute());
}
Value Rows::where(Value cond, Value a, Value b) { return makeWhere(cond, a, b, 0, 0); }
Value Rows::where(Value cond, Value a, double b) { return makeWhere(cond, a, Value(), 0, b); }
Value Rows::where(Value cond, double a, Value b) { return makeWhere(cond, Value(), b, a, 0); }

Value Rows::negative(Value value) {
  return tpu::MulConstOp::create(
      l.builder, l.roleOf(op, "negative"), TypeRange{value.getType()}, ValueRange{value},
      ArrayRef<NamedAttribute>{l.builder.getNamedAttr("const_val", l.builder.getF64FloatAttr(-1))});
}

Value Rows::numbers(int64_t count, double first, double step) {
  std::vector<float> list;
  for (int64_t i = 0; i < count; ++i)
    list.push_back(static_cast<float>(first + step * static_cast<double>(i)));
  return l.addFloats(op, "numbers", list, {1, 1, 1, count}, DType::F32);
}

} // namespace tpu_mlir
