//===- Moves.cpp - Moving data inside a lowering --------------------------===//
// Each makes the op, with its name and shape, unless nothing would move. What
// the ops are on a chip is their own files'.
#include "tpu_mlir/Ops/Moves.h"

#include <numeric>

using namespace mlir;

namespace tpu_mlir {

Type Moves::typeLike(Value v, ArrayRef<int64_t> shape) const {
  return RankedTensorType::get(shape, cast<ShapedType>(v.getType()).getElementType());
}

Value Moves::reshape(Value v, ArrayRef<int64_t> shape, StringRef role) {
  if (shapeOf(v) == shape)
    return v;
  return tpu::ReshapeOp::create(l.builder, l.roleOf(op, role), typeLike(v, shape), v);
}

Value Moves::reshapeAsResult(Value v) {
  return tpu::ReshapeOp::create(l.builder, op->getLoc(), typeLike(v, shapeOf(op->getResult(0))), v);
}

Value Moves::permuteAt(Value v, ArrayRef<int64_t> order, Location loc) {
  SmallVector<int64_t> shape, moving;
  for (int64_t axis : order) {
    shape.push_back(shapeOf(v)[axis]);
    if (shape.back() > 1)
      moving.push_back(axis);
  }
  if (llvm::is_sorted(moving))
    return tpu::ReshapeOp::create(l.builder, loc, typeLike(v, shape), v);
  return tpu::PermuteOp::create(l.builder, loc, typeLike(v, shape), v, order);
}

Value Moves::permute(Value v, ArrayRef<int64_t> order, StringRef role) {
  return llvm::is_sorted(order) ? v : permuteAt(v, order, l.roleOf(op, role));
}

Value Moves::permuteAsResult(Value v, ArrayRef<int64_t> order) { return permuteAt(v, order, op->getLoc()); }

Value Moves::slice(Value v, ArrayRef<int64_t> begin, ArrayRef<int64_t> end, ArrayRef<int64_t> steps, StringRef role) {
  SmallVector<int64_t> shape;
  for (size_t i = 0; i < begin.size(); ++i)
    shape.push_back((end[i] - begin[i] + steps[i] - 1) / steps[i]);
  if (shapeOf(v) == ArrayRef<int64_t>(shape))
    return v;
  return tpu::SliceOp::create(l.builder, l.roleOf(op, role), typeLike(v, shape), v, begin, steps);
}

Value Moves::pad(Value v, ArrayRef<int64_t> before, ArrayRef<int64_t> after, double value) {
  SmallVector<int64_t> shape(shapeOf(v)), paddings(before);
  paddings.append(after.begin(), after.end());
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] += before[i] + after[i];
  if (shapeOf(v) == ArrayRef<int64_t>(shape))
    return v;
  return tpu::PadOp::create(l.builder, l.roleOf(op, "pad"), typeLike(v, shape), v, paddings, APFloat(value),
                            "constant");
}

Value Moves::concat(ArrayRef<Value> values, int64_t axis, StringRef role) {
  SmallVector<int64_t> shape(shapeOf(values.front()));
  for (Value v : values.drop_front())
    shape[axis] += shapeOf(v)[axis];
  return tpu::ConcatOp::create(l.builder, l.roleOf(op, role), typeLike(values.front(), shape), values, axis);
}

} // namespace tpu_mlir
