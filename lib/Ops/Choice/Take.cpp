//===- Take.cpp - Elements of an axis by computed indices -----------------===//
// All of top.Take. On the chip each index is compared with all that there are, and
// the ones and zeros are multiplied with the elements: of one that is there, times
// one, and zeros, the sum is it, to the bit, in f32. Constant indices are moves
// (../Shape/Gather.cpp).
#include "Rows.h"
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input", "indices"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(TakeOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  const size_t axis = op.getAxis();
  if (axis >= in.size()) // unsigned: below 0 is far above
    return op.emitOpError("'axis' is ") << static_cast<int64_t>(axis) << " but 'input' has " << in.size()
                                        << " dimensions";
  Shape shape(in.take_front(axis));
  llvm::append_range(shape, shapeOf(op.getIndices()));
  llvm::append_range(shape, in.drop_front(axis + 1));
  return shape;
}

LogicalResult TakeOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult TakeOp::verify() { return verifyResult(*this, resultShape, kOperands); }

//===- FLOPs --------------------------------------------------------------===//

int64_t TakeOp::flops() { return 0; }

//===- Interpret ----------------------------------------------------------===//

LogicalResult TakeOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Take{static_cast<int64_t>(getAxis())}, {getInput(), getIndices()});
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

struct TakeLower : LowerInterface::ExternalModel<TakeLower, top::TakeOp> {
  /// Each index is compared with as many, and each element multiplied as often.
  static constexpr int64_t kMostElements = 8192;

  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto take = cast<top::TakeOp>(op);
    const int64_t size = shapeOf(take.getInput())[take.getAxis()];
    if (size <= kMostElements)
      return "";
    return "it takes elements by computed indices from " + std::to_string(size) + " of axis " +
           std::to_string(take.getAxis()) + ", and compares each index with all of them; at most " +
           std::to_string(kMostElements) + " are possible; look them up before the network, and give it what was found";
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    auto take = cast<top::TakeOp>(op);
    const AroundAxis around(shapeOf(take.getInput()), take.getAxis());
    const int64_t count = cast<ShapedType>(take.getIndices().getType()).getNumElements();
    Rows rows(l, op);
    Value index = rows.moves.reshape(inFloats(l, op, take.getIndices()), {1, count, 1, 1}, "indices");
    Value hits = rows.equal(fromStart(rows, l, op, index, around.size), rows.numbers(around.size, 0, 1));
    hits = rows.moves.reshape(hits, {count, around.size}, "hits");
    Value product = isWeight(take.getInput()) ? ofWeight(l, op, hits, take.getInput(), around)
                                              : ofTensor(rows, l, op, hits, take.getInput(), around);
    if (around.outer > 1) {
      product = rows.moves.reshape(product, {count, around.outer, around.inner}, "taken");
      product = rows.moves.permute(product, {1, 0, 2}, "in_place");
    }
    l.map(take.getOutput(), rows.moves.reshapeAsResult(product));
    return success();
  }

  /// Indices below 0 count from the end.
  static Value fromStart(Rows &rows, Lowering &l, Operation *op, Value index, int64_t size) {
    Type type = index.getType();
    Value isBelow = tpu::CompareConstOp::create(l.builder, l.roleOf(op, "is_below"), type, index, "Less", APFloat(0.0),
                                                /*ginfo=*/Attribute());
    Value raised = tpu::AddConstOp::create(
        l.builder, l.roleOf(op, "raised"), TypeRange{type}, ValueRange{index},
        ArrayRef<NamedAttribute>{l.builder.getNamedAttr("const_val", l.builder.getF64FloatAttr(double(size)))});
    return rows.where(isBelow, raised, index);
  }

  static Value multiply(Lowering &l, Operation *op, Value hits, Value right, int64_t columns, bool isWeight) {
    auto type = RankedTensorType::get({shapeOf(hits)[0], columns}, l.builder.getF32Type());
    NamedAttrList attrs;
    if (isWeight)
      attrs.set("weight_form", l.builder.getUnitAttr());
    Value none = l.none(op->getLoc());
    return tpu::MatMulOp::create(l.builder, l.roleOf(op, "product"), TypeRange{type},
                                 ValueRange{hits, right, none, none}, attrs.getAttrs());
  }

  /// A constant table, in the order of a filter: [outer * inner, size].
  static Value ofWeight(Lowering &l, Operation *op, Value hits, Value table, const AroundAxis &a) {
    ArrayRef<float> data = l.weightData(table);
    std::vector<float> filter(data.size());
    for (int64_t o = 0; o < a.outer; ++o)
      for (int64_t s = 0; s < a.size; ++s)
        for (int64_t i = 0; i < a.inner; ++i)
          filter[(o * a.inner + i) * a.size + s] = data[(o * a.size + s) * a.inner + i];
    const int64_t columns = a.outer * a.inner;
    return multiply(l, op, hits, l.addFloats(op, "table", filter, {columns, a.size, 1, 1}, DType::F32), columns, true);
  }

  static Value ofTensor(Rows &rows, Lowering &l, Operation *op, Value hits, Value input, const AroundAxis &a) {
    Value x = rows.moves.reshape(inFloats(l, op, input), {a.outer, a.size, a.inner}, "elements");
    x = rows.moves.permute(x, {1, 0, 2}, "elements_first");
    x = rows.moves.reshape(x, {a.size, a.outer * a.inner}, "matrix");
    return multiply(l, op, hits, x, a.outer * a.inner, false);
  }
};

} // namespace

void registerTakeLowering(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, top::TopDialect *) { top::TakeOp::attachInterface<TakeLower>(*context); });
}

} // namespace tpu_mlir
