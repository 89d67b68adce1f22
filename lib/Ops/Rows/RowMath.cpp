//===- RowMath.cpp - Arithmetic along rows, in a lowering -----------------===//
// Decides how rows are cut: pieces that local memory holds beside what is made of
// them, as many as there are idle lanes. A row's number is that of its pieces'
// numbers.
#include "RowMath.h"
#include "../Pool/AxisPools.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir {

/// Elements that a row, or a piece of one, may have; a fraction of any chip's local memory, so that several tensors of
/// 32-bit floats lie there together.
static constexpr int64_t kLongest = 4096;
/// Below these, more lanes gain less than pieces cost; and pieces are no longer worth a command.
static constexpr int64_t kShort = 256, kShortest = 16;

//===- Views --------------------------------------------------------------===//

RowView RowMath::rowsOf(int64_t count, int64_t length, int64_t partsEach) const {
  const int64_t part = length / partsEach;
  int64_t pieces = 1;
  for (int64_t each = 1; each <= std::max<int64_t>(1, part / kShortest); ++each) {
    if (part % each)
      continue;
    pieces = each;
    const bool fillsLanes = count * partsEach * each >= l.chip.local.lanes / 2;
    if (part / each <= kLongest && (fillsLanes || part / each < kShort))
      break;
  }
  pieces *= partsEach;
  if (pieces == 1)
    return {{1, count, 1, length}};
  return {{count, pieces, 1, length / pieces}, 3, true};
}

std::optional<RowView> RowMath::rowsInPlace(int64_t outer, int64_t length, int64_t inner) const {
  if (inner == 1)
    return rowsOf(outer, length);
  if (outer < l.chip.local.lanes / 2 || length > kLongest)
    return std::nullopt;
  return RowView{{1, outer, length, inner}, 2};
}

//===- Numbers of rows ----------------------------------------------------===//

Value RowMath::poolAxis(Value v, int axis, StringRef mode, double factor) {
  SmallVector<int64_t> shape(shapeOf(v));
  const int64_t length = shape[axis];
  if (length > kLongest) {
    assert(axis == 3 && shape[2] == 1 && "rows along axis 2 are short");
    int64_t pieces = (length + kLongest - 1) / kLongest;
    for (int64_t exact = pieces; exact <= length / kShort; ++exact)
      if (length % exact == 0) {
        pieces = exact;
        break;
      }
    const int64_t each = (length + pieces - 1) / pieces;
    v = moves.pad(v, {0, 0, 0, 0}, {0, 0, 0, pieces * each - length}, mode == "Max" ? -INFINITY : 0);
    v = moves.reshape(v, {shape[0] * shape[1], pieces, 1, each}, "pieces");
    v = moves.reshape(poolAxis(v, 3, mode, 1), {shape[0], shape[1], 1, pieces}, "of_pieces");
    return poolAxis(v, 3, mode, factor);
  }
  const kernel::Window window =
      axis == 3 ? kernel::Window{1, length, 1, 1, 1, 1, 0, 0, 0, 0} : kernel::Window{length, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  shape[axis] = 1;
  NamedAttrList attrs;
  if (mode == "Avg")
    attrs.set("scale", l.builder.getF64FloatAttr(factor));
  return createPool(l, l.roleOf(op, mode == "Max" ? "max" : "sum"), typeLike(v, shape), v, l.none(op->getLoc()), mode,
                    window, attrs);
}

Value RowMath::reduce(Value v, const RowView &rows, StringRef mode, double factor) {
  if (!rows.isInPieces)
    return poolAxis(v, rows.axis, mode, factor);
  Value numbers = poolAxis(v, 3, mode, 1);
  return poolAxis(moves.reshape(numbers, {1, rows.count(), 1, rows.pieces()}, "of_pieces"), 3, mode, factor);
}

Value RowMath::spread(Value numbers, const RowView &rows) {
  if (!rows.isInPieces)
    return numbers;
  const std::vector<float> ones(size_t(rows.pieces()), 1.0f);
  Value one = l.addFloats(op, "ones", ones, {1, 1, 1, rows.pieces()}, formatOf(numbers).dtype);
  return moves.reshape(mul(numbers, one, "spread"), {rows.count(), rows.pieces(), 1, 1}, "of_each_piece");
}

//===- Element-wise ops ---------------------------------------------------===//

Type RowMath::typeLike(Value v, ArrayRef<int64_t> shape) const {
  return RankedTensorType::get(shape, cast<ShapedType>(v.getType()).getElementType());
}

/// The shape of two tensors of one rank that broadcast.
static SmallVector<int64_t> joined(Value a, Value b) {
  SmallVector<int64_t> shape(shapeOf(a));
  for (auto [size, other] : llvm::zip_equal(shape, shapeOf(b)))
    size = std::max(size, other);
  return shape;
}

Value RowMath::add(Value a, Value b, StringRef role) {
  return tpu::AddOp::create(l.builder, l.roleOf(op, role), TypeRange{typeLike(a, joined(a, b))}, ValueRange{a, b});
}

Value RowMath::sub(Value a, Value b, StringRef role) {
  Builder &builder = l.builder;
  return tpu::AddOp::create(
      l.builder, l.roleOf(op, role), TypeRange{typeLike(a, joined(a, b))}, ValueRange{a, b},
      ArrayRef<NamedAttribute>{builder.getNamedAttr("coeff", builder.getDenseF64ArrayAttr({1, -1}))});
}

Value RowMath::mul(Value a, Value b, StringRef role) {
  return tpu::MulOp::create(l.builder, l.roleOf(op, role), TypeRange{typeLike(a, joined(a, b))}, ValueRange{a, b});
}

template <typename OpT> static Value withConstant(Lowering &l, Location loc, Value v, double constant) {
  Builder &b = l.builder;
  return OpT::create(l.builder, loc, TypeRange{v.getType()}, ValueRange{v},
                     ArrayRef<NamedAttribute>{b.getNamedAttr("const_val", b.getF64FloatAttr(constant))});
}

Value RowMath::addConst(Value v, double constant, StringRef role) {
  return withConstant<tpu::AddConstOp>(l, l.roleOf(op, role), v, constant);
}

Value RowMath::mulConst(Value v, double constant, StringRef role) {
  return withConstant<tpu::MulConstOp>(l, l.roleOf(op, role), v, constant);
}

Value RowMath::absolute(Value v, StringRef role) {
  return tpu::AbsOp::create(l.builder, l.roleOf(op, role), TypeRange{v.getType()}, ValueRange{v});
}

Value RowMath::function(StringRef name, Value v) {
  Builder &b = l.builder;
  return tpu::ActiveOp::create(l.builder, l.roleOf(op, name), TypeRange{v.getType()}, ValueRange{v},
                               ArrayRef<NamedAttribute>{b.getNamedAttr("function", b.getStringAttr(name))});
}

} // namespace tpu_mlir
