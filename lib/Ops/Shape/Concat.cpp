//===- Concat.cpp - Joining tensors along an axis -------------------------===//
// All of top.Concat and tpu.Concat. Joined parts take one number format, that of
// the result, or floats where the result leaves the network. In global memory a
// join is a copy program; beside neighbours in local memory, copies between
// lanes or inside them.
#include "DenseStrides.h"
#include "RowsInLanes.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <array>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"inputs"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(ConcatOp op) {
  Shape shape(shapeOf(op.getInputs().front()));
  uint64_t axis = op.getAxis();
  if (axis >= shape.size())
    return op.emitOpError("'axis' is ") << static_cast<int64_t>(axis) << " but 'inputs[0]' has " << shape.size()
                                        << " dimensions";
  for (auto [index, input] : llvm::enumerate(op.getInputs().drop_front())) {
    Shape other(shapeOf(input));
    bool fits = other.size() == shape.size();
    for (size_t i = 0; fits && i < shape.size(); ++i)
      fits = i == axis || other[i] == shape[i];
    if (!fits)
      return op.emitOpError("'inputs[") << index + 1 << "]' has shape " << shapeText(other) << ", which does not fit "
                                        << shapeText(shapeOf(op.getInputs().front())) << " along axis " << axis;
    shape[axis] += other[axis];
  }
  return shape;
}

LogicalResult ConcatOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("needs at least one input");
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t ConcatOp::flops() { return getDoRelu() ? elementCount(getOutput()) : 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  bool isIdentity =
      getInputs().size() == 1 && !getDoRelu() && getInputs()[0].getType() == getType() && !isReturned(getOutput());
  return isIdentity ? getInputs()[0] : OpFoldResult();
}

//===- Interpret ----------------------------------------------------------===//

LogicalResult ConcatOp::plan(EvalPlan &plan) {
  int64_t rank = shapeOf(getOutput()).size(), axis = getAxis();
  return plan.compute(*this, host::Concat{axis < 0 ? axis + rank : axis}, SmallVector<Value>(getInputs()));
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

/// Part `i` of a join, lowered to integers or floats, as floats with the join's relu.
Value asFloat(top::ConcatOp concat, size_t i, Value part, Lowering &l) {
  NumberFormat format = formatOf(part);
  const double limit = concat.getReluLimit().convertToDouble();
  if (concat.getDoRelu() && !format.isQuantized())
    return tpu::ReluOp::create(
        l.builder, l.roleOf(concat, "relu_" + std::to_string(i)), TypeRange{part.getType()}, ValueRange{part},
        ArrayRef<NamedAttribute>{l.builder.getNamedAttr("relu_limit", concat.getReluLimitAttr())});
  if (concat.getDoRelu()) {
    // Unsigned integers saturate at 0, and at the limit where their steps end there.
    double scale = limit > 0 ? std::min(format.scale, limit / 255) : format.scale;
    part = l.requantize(part, {DType::U8, scale, 0}, l.roleOf(concat, "requant_" + std::to_string(i)));
  }
  return l.dequantize(part);
}

struct ConcatLower : LowerInterface::ExternalModel<ConcatLower, top::ConcatOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto concat = cast<top::ConcatOp>(op);
    NumberFormat out = l.formatOfResult(concat.getOutput());
    SmallVector<Value> values;
    for (Value v : concat.getInputs())
      values.push_back(l.operandAsIs(v));
    // One format for all parts would cost the small ones their values; a result that leaves is float anyway.
    const bool isFree =
        l.leavesAsFloat(concat.getOutput()) && llvm::any_of(values, [&](Value v) { return formatOf(v) != out; });
    if (isFree)
      out = {};
    for (auto [i, v] : llvm::enumerate(values))
      if (isFree)
        v = isWeight(concat.getInputs()[i]) && !concat.getDoRelu() ? concat.getInputs()[i] : asFloat(concat, i, v, l);
      else if (l.isQuantized())
        v = l.requantize(v, out, l.roleOf(op, "requant_" + std::to_string(i)));
    int64_t axis = concat.getAxis() < 0 ? concat.getAxis() + shapeOf(concat.getOutput()).size() : concat.getAxis();
    const double limit = concat.getReluLimit().convertToDouble();
    // Parts that are joined as floats have their relu already.
    const bool rectifies = concat.getDoRelu() && !isFree && !saturatesAsRelu(out, limit);
    Value joined = tpu::ConcatOp::create(l.builder, rectifies ? l.roleOf(op, "concat") : op->getLoc(),
                                         l.typeOf(concat.getOutput(), out), values, axis);
    l.map(concat.getOutput(), rectifies ? createRectified(l, joined, limit, op->getLoc()) : joined);
    return success();
  }
};

} // namespace

void registerConcatLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::ConcatOp::attachInterface<ConcatLower, MovesModel<top::ConcatOp, true>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::ConcatOp::verify() {
  if (failed(verifyTensors(*this)))
    return failure();
  ArrayRef<int64_t> out = shapeOf(getOutput());
  if (getAxis() >= out.size() || getInputs().empty()) // unsigned: below 0 is far above
    return emitOpError() << "'axis' is below the rank " << out.size() << " and there are inputs, got " << getAxis();
  int64_t sum = 0;
  for (Value v : getInputs()) {
    SmallVector<int64_t> shape(shapeOf(v));
    if (failed(verifySameFormat(*this, v, getOutput())))
      return failure();
    if (shape.size() == out.size()) {
      sum += shape[getAxis()];
      shape[getAxis()] = out[getAxis()];
    }
    if (ArrayRef<int64_t>(shape) != out)
      return emitOpError() << "an input of type " << v.getType() << " does not fit " << getOutput().getType()
                           << " along axis " << getAxis();
  }
  if (sum != out[getAxis()])
    return emitOpError() << "inputs have " << sum << " elements along axis " << getAxis() << " but 'output' has "
                         << out[getAxis()];
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::ConcatOp::form() {
  CopyProgram p{formatOf(getOutput()).dtype, {}};
  std::vector<int64_t> target = denseStrides(shapeOf(getOutput()));
  int64_t offset = 0;
  for (auto [i, v] : llvm::enumerate(getInputs())) {
    Move m;
    m.source = i;
    m.dims = shapeOf(v).vec();
    m.sourceStrides = denseStrides(m.dims);
    m.targetStrides = target;
    m.targetOffset = offset * target[getAxis()];
    offset += m.dims[getAxis()];
    p.moves.push_back(m);
  }
  return p;
}

//===- Local form ---------------------------------------------------------===//

/// Along rows or columns: each operand into its part. `shape` has more than one row of such parts; tensors of many axes
/// are seen as rows of everything from the axis on.
static std::optional<Recipe> joinInLanes(ArrayRef<int64_t> shape, int64_t axis, OperandRange inputs, DType type) {
  auto dimsOf = [&](ArrayRef<int64_t> s) {
    if (s.size() <= 4)
      return *rowsOf(s);
    Dims d{1, 1, 1, 1};
    for (auto [i, size] : llvm::enumerate(s))
      (int64_t(i) < axis ? d.c : d.w) *= size;
    return d;
  };
  const bool alongRows = shape.size() == 4 && axis == 2;
  Recipe r;
  int64_t offset = 0;
  for (auto [i, v] : llvm::enumerate(inputs)) {
    const Dims d = dimsOf(shapeOf(v));
    const AxisMap part = AxisMap::window(1, 1, 1, offset), same = AxisMap::same();
    r.addInput(int(i), type, d, {same, same, alongRows ? part : same, alongRows ? same : part});
    offset += alongRows ? d.h : d.w;
  }
  const int y = r.addOutput(type, dimsOf(shape));
  for (int id = 0; id < y; ++id)
    r.steps.push_back(primitive::insert(y, id));
  return r;
}

/// Channels, or rows of matrices, behind each other: along the lanes.
std::optional<Recipe> tpu::ConcatOp::localForm() {
  ArrayRef<int64_t> shape = shapeOf(getOutput());
  if (shape.size() < 2 || llvm::any_of(getInputs(), [](Value v) { return isWeight(v); }))
    return std::nullopt;
  DType type = formatOf(getOutput()).dtype;
  if (shape.size() > 4 || getAxis() != 1 || shape.size() == 2) {
    // What is side by side in global memory can be made there.
    const bool isSideBySide = llvm::all_of(shape.take_front(getAxis()), [](int64_t d) { return d == 1; });
    return isSideBySide ? std::nullopt : joinInLanes(shape, getAxis(), getInputs(), type);
  }
  Recipe r;
  const std::array<AxisMap, 4> all = {AxisMap::same(), AxisMap::full(), AxisMap::same(), AxisMap::same()};
  for (auto [i, v] : llvm::enumerate(getInputs()))
    r.addInput(int(i), type, *rowsOf(shapeOf(v)), all);
  const int count = int(r.buffers.size()), y = r.addOutput(type, *rowsOf(shape));
  int64_t offset = 0;
  for (int id = 0; id < count; ++id) {
    primitive::CopyAttributes with;
    with.toChannel = offset, with.channels = r.buffers[id].dims.c;
    offset += with.channels;
    r.steps.push_back(primitive::copy(y, id, with));
  }
  return r;
}

} // namespace tpu_mlir
