//===- FloatMaps.cpp - y = f(x) of floats on the chip ---------------------===//
// tpu.Relu, tpu.Clip, tpu.LeakyRelu, tpu.Abs, and what is made of those and of
// sums: functions of a few products, maxima and minima, which the element-wise
// unit does in IEEE arithmetic. What hardware does with NaN is not known;
// interpreter and simulator keep it, as onnxruntime does.
// Sections: Verify, Form, Lower.
#include "FloatMaps.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/LeakySteps.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <cmath>
#include <utility>

using namespace mlir;

namespace tpu_mlir {
using kernel::BinaryOp;

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::ReluOp::verify() { return verifyFloatMap(*this, getInput(), getOutput()); }
LogicalResult tpu::LeakyReluOp::verify() { return verifyFloatMap(*this, getInput(), getOutput()); }
LogicalResult tpu::AbsOp::verify() { return verifyFloatMap(*this, getInput(), getOutput()); }

LogicalResult tpu::ClipOp::verify() {
  double min = getMin().convertToDouble(), max = getMax().convertToDouble();
  if (!(min <= max)) // NaN, too
    return emitOpError() << "'min' is at most 'max', got " << min << " and " << max;
  return verifyFloatMap(*this, getInput(), getOutput());
}

//===- Form ---------------------------------------------------------------===//

namespace {

/// Result and operand of a map, and the steps between them.
struct FloatMap {
  explicit FloatMap(Value result)
      : type(formatOf(result).dtype), x(recipe.addInput(0, type, nchwOf(result))),
        y(recipe.addOutput(type, nchwOf(result))) {}
  void with(BinaryOp op, int dst, int a, double constant) {
    recipe.steps.push_back(primitive::binary(op, dst, a, primitive::Constant{constant, type}));
  }

  DType type;
  Recipe recipe;
  int x, y;
};

void combine(Recipe &r, BinaryOp op, int dst, int a, int b) { r.steps.push_back(primitive::binary(op, dst, a, b)); }

} // namespace

void addLeakySteps(Recipe &r, int x, int y, const Slopes &slopes) {
  const DType type = r.buffers[y].dtype;
  auto scale = [&](int dst, int a) {
    r.steps.push_back(slopes.buffer < 0
                          ? primitive::binary(BinaryOp::Mul, dst, a, primitive::Constant{slopes.constant, type})
                          : primitive::binary(BinaryOp::Mul, dst, a, slopes.buffer));
  };
  auto against0 = [&](BinaryOp op, int dst) {
    r.steps.push_back(primitive::binary(op, dst, x, primitive::Constant{0, type}));
  };
  const int low = r.addScratch(type, r.buffers[y].dims);
  if (slopes.range != Slopes::Range::Any) {
    scale(low, x);
    return combine(r, slopes.range == Slopes::Range::AtMostOne ? BinaryOp::Max : BinaryOp::Min, y, x, low);
  }
  against0(BinaryOp::Min, low);
  scale(low, low);
  against0(BinaryOp::Max, y);
  combine(r, BinaryOp::Add, y, y, low);
}

Form tpu::ReluOp::form() {
  FloatMap map(getOutput());
  map.with(BinaryOp::Max, map.y, map.x, 0);
  if (double limit = getReluLimit().convertToDouble(); limit > 0)
    map.with(BinaryOp::Min, map.y, map.y, limit);
  return map.recipe;
}

Form tpu::ClipOp::form() {
  FloatMap map(getOutput());
  double min = getMin().convertToDouble(), max = getMax().convertToDouble();
  int from = map.x;
  if (min > -INFINITY)
    map.with(BinaryOp::Max, map.y, std::exchange(from, map.y), min);
  if (max < INFINITY)
    map.with(BinaryOp::Min, map.y, std::exchange(from, map.y), max);
  if (from == map.x)
    map.with(BinaryOp::Mul, map.y, map.x, 1);
  return map.recipe;
}

Form tpu::LeakyReluOp::form() {
  FloatMap map(getOutput());
  addLeakySteps(map.recipe, map.x, map.y, Slopes::one(getAlpha().convertToDouble()));
  return map.recipe;
}

Form tpu::AbsOp::form() {
  FloatMap map(getOutput());
  map.recipe.steps.push_back(makeStep(primitive::absolute(), map.y, {map.x}));
  return map.recipe;
}

//===- Lower --------------------------------------------------------------===//

bool hasFloatMap(Operation *op) {
  return isa<top::ReluOp, top::LeakyReluOp, top::ClipOp, top::AbsOp, top::AddConstOp, top::MulConstOp,
             top::HardSigmoidOp, top::HardSwishOp>(op);
}

/// min(max(alpha * x + beta, 0), 1), as two ops that share local memory.
static Value createHardSigmoid(Lowering &l, Operation *op, Type type, Value in, double alpha, double beta,
                               Location loc) {
  Builder &b = l.builder;
  Value scaled =
      tpu::MulConstOp::create(l.builder, l.roleOf(op, "scaled"), TypeRange{type}, ValueRange{in},
                              ArrayRef<NamedAttribute>{b.getNamedAttr("const_val", b.getF64FloatAttr(alpha))});
  return tpu::AddConstOp::create(l.builder, loc, TypeRange{type}, ValueRange{scaled},
                                 ArrayRef<NamedAttribute>{b.getNamedAttr("const_val", b.getF64FloatAttr(beta)),
                                                          b.getNamedAttr("do_relu", b.getBoolAttr(true)),
                                                          b.getNamedAttr("relu_limit", b.getF64FloatAttr(1))});
}

Value createFloatMap(Lowering &l, Operation *op, Type type, Value in) {
  // The Tpu op of each has the Top op's attributes.
  auto create = [&]<typename TpuOp>(TpuOp) -> Value {
    NamedAttrList attrs(op->getAttrDictionary());
    return TpuOp::create(l.builder, op->getLoc(), TypeRange{type}, ValueRange{in}, attrs.getAttrs());
  };
  if (auto hard = dyn_cast<top::HardSigmoidOp>(op))
    return createHardSigmoid(l, op, type, in, hard.getAlpha().convertToDouble(), hard.getBeta().convertToDouble(),
                             op->getLoc());
  if (isa<top::HardSwishOp>(op)) {
    Value gate = createHardSigmoid(l, op, type, in, 1.0 / 6, 0.5, l.roleOf(op, "gate"));
    return tpu::MulOp::create(l.builder, op->getLoc(), TypeRange{type}, ValueRange{in, gate});
  }
  if (isa<top::ReluOp>(op))
    return create(tpu::ReluOp());
  if (isa<top::LeakyReluOp>(op))
    return create(tpu::LeakyReluOp());
  if (isa<top::ClipOp>(op))
    return create(tpu::ClipOp());
  if (isa<top::AbsOp>(op))
    return create(tpu::AbsOp());
  if (isa<top::AddConstOp>(op))
    return create(tpu::AddConstOp());
  assert(isa<top::MulConstOp>(op) && "hasFloatMap has said so");
  return create(tpu::MulConstOp());
}

} // namespace tpu_mlir
