//===- PermutedOps.cpp - Ops under another order of axes ------------------===//
// The ops whose meaning does not depend on the order of axes beyond an attribute
// that names axes. Windows, products and reshapes are none: there the order is
// the meaning.
#include "PermutedOps.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tpu_mlir::top {

Order inverse(ArrayRef<int64_t> order) {
  Order back(order.size());
  for (auto [to, from] : llvm::enumerate(order))
    back[from] = to;
  return back;
}

Shape permuted(ArrayRef<int64_t> shape, ArrayRef<int64_t> order) {
  Shape result;
  for (int64_t axis : order)
    result.push_back(shape[axis]);
  return result;
}

bool movesElements(ArrayRef<int64_t> shape, ArrayRef<int64_t> order) {
  auto wide = llvm::make_filter_range(order, [&](int64_t axis) { return shape[axis] > 1; });
  return !llvm::is_sorted(SmallVector<int64_t>(wide));
}

//===- Ops ----------------------------------------------------------------===//

bool isPermutable(Operation *op, const Constants &constants) {
  bool isKnown = op->hasTrait<Elementwise>() ||
                 isa<AddOp, SubOp, MulOp, MaxOp, MinOp, PReluOp, ConcatOp, PadOp, SliceOp, GatherOp>(op);
  if (!isKnown || !hasStaticShapes(op))
    return false;
  size_t rank = shapeOf(op->getResult(0)).size();
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    // A tensor of fewer axes would need a reshape of its own.
    return shapeOf(operand).size() == rank || (!isa<ConcatOp>(op) && constants.find(operand));
  });
}

/// Where `axis` is after a permutation.
static int64_t placeOf(int64_t axis, ArrayRef<int64_t> order) { return llvm::find(order, axis) - order.begin(); }

void permuteInPlace(Operation *op, ArrayRef<int64_t> order) {
  int64_t rank = order.size();
  auto turned = [&](ArrayRef<int64_t> list) { return permuted(list, order); };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](ConcatOp concat) { concat.setAxis(placeOf(concat.getAxis(), order)); })
      .Case([&](GatherOp gather) { gather.setAxis(placeOf(gather.getAxis(), order)); })
      .Case([&](PadOp pad) {
        Shape both = turned(pad.getPaddings().take_front(rank));
        both.append(turned(pad.getPaddings().drop_front(rank)));
        pad.setPaddings(both);
      })
      .Case([&](SliceOp slice) {
        slice.setOffset(turned(slice.getOffset()));
        slice.setSteps(turned(slice.getSteps()));
        slice.setEnds(turned(slice.getEnds()));
      });
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  op->getResult(0).setType(RankedTensorType::get(turned(type.getShape()), type.getElementType()));
}

//===- Constants ----------------------------------------------------------===//

Value permuteConstant(WeightOp weight, ArrayRef<int64_t> order, Constants &constants, OpBuilder &builder) {
  Shape shape(order.size() - shapeOf(weight.getOutput()).size(), 1);
  shape.append(shapeOf(weight.getOutput()).begin(), shapeOf(weight.getOutput()).end());
  Shape strides(shape.size(), 1);
  for (int64_t axis = static_cast<int64_t>(shape.size()) - 2; axis >= 0; --axis)
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  Shape turned = permuted(shape, order), steps = permuted(strides, order), at(shape.size(), 0);

  ArrayRef<float> source = constants.find(weight.getOutput())->floats();
  std::vector<double> values;
  values.reserve(source.size());
  for (int64_t from = 0; values.size() < source.size();) {
    values.push_back(source[from]);
    for (int64_t axis = static_cast<int64_t>(turned.size()) - 1; axis >= 0; --axis) {
      from += steps[axis];
      if (++at[axis] < turned[axis])
        break;
      from -= steps[axis] * turned[axis];
      at[axis] = 0;
    }
  }
  builder.setInsertionPoint(weight);
  return constants.make(builder, nameOf(weight), "permuted", values, turned);
}

//===- Reductions ---------------------------------------------------------===//

Operation *poolOverMiddle(ReshapeOp reshape) {
  ArrayRef<int64_t> in = shapeOf(reshape.getInput()), seen = shapeOf(reshape.getOutput());
  if (in.size() != 4 || seen.size() != 4 || !reshape.getOutput().hasOneUse() || seen[2] != in[1] * in[2] ||
      seen[3] != in[3])
    return nullptr;
  Operation *user = *reshape.getOutput().getUsers().begin();
  auto isWhole = [&](auto pool) {
    return pool && pool.getKernelShape() == ArrayRef<int64_t>{seen[2], 1} &&
           llvm::all_of(pool.getPads(), [](int64_t pad) { return pad == 0; });
  };
  return isWhole(dyn_cast<AvgPoolOp>(user)) || isWhole(dyn_cast<MaxPoolOp>(user)) ? user : nullptr;
}

void poolInstead(ReshapeOp reshape, Operation *pool, Value permuted, Constants &constants, OpBuilder &builder) {
  ArrayRef<int64_t> shape = shapeOf(permuted);
  auto type = cast<RankedTensorType>(pool->getResult(0).getType());
  builder.setInsertionPoint(pool);
  Operation *whole = builder.clone(*pool);
  whole->setOperand(0, permuted);
  whole->setAttr("kernel_shape", builder.getDenseI64ArrayAttr({shape[2], shape[3]}));
  whole->getResult(0).setType(RankedTensorType::get({shape[0], shape[1], 1, 1}, type.getElementType()));
  whole->setLoc(nameLoc(builder.getContext(), constants.freshName(nameOf(pool) + "_permuted")));
  // [n, c, 1, 1] and what was [.., 1, c] hold the same elements in the same order.
  auto seen = ReshapeOp::create(builder, pool->getLoc(), type, whole->getResult(0), type.getShape());
  pool->getResult(0).replaceAllUsesWith(seen.getOutput());
  pool->erase();
  reshape.erase();
}

} // namespace tpu_mlir::top
