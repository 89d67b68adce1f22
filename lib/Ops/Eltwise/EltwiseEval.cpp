//===- EltwiseEval.cpp - Element-wise arithmetic in fp32 ------------------===//
// Arithmetic with a number or with one weight per channel is an affine map;
// everything else combines tensors.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

using namespace mlir;
using namespace tpu_mlir;
using eval::Combine;

/// Whether a weight of that shape has one element, or one per channel (axis 1) of a tensor of shape `full`.
static bool isPerChannel(ArrayRef<int64_t> shape, ArrayRef<int64_t> full) {
  if (shape.size() > full.size())
    return false;
  for (size_t axis = 0; axis < full.size(); ++axis) {
    int64_t size = axis + shape.size() < full.size() ? 1 : shape[axis + shape.size() - full.size()];
    if (size != 1 && (axis != 1 || size != full[1]))
      return false;
  }
  return true;
}

/// x (of the result's shape) with a weight, as y = x * scale + offset.
static FailureOr<eval::Affine> affineOf(EvalPlan &plan, Operation *op, Value weight, Combine::Kind kind, float ofInput,
                                        float ofWeight) {
  FailureOr<ArrayRef<float>> data = plan.constant(op, weight);
  if (failed(data))
    return failure();
  eval::Affine affine;
  for (float value : *data) {
    affine.scale.push_back(kind == Combine::Kind::Mul ? ofInput * ofWeight * value : ofInput);
    affine.offset.push_back(kind == Combine::Kind::Mul ? 0 : ofWeight * value);
  }
  return affine;
}

template <typename OpTy>
static LogicalResult planCombine(OpTy op, EvalPlan &plan, Combine::Kind kind, std::vector<float> coefficients = {}) {
  SmallVector<Value> inputs(op.getInputs());
  ArrayRef<int64_t> out = top::shapeOf(op.getOutput());
  for (size_t weight = 0; inputs.size() == 2 && weight < 2; ++weight) {
    Value other = inputs[1 - weight];
    if (!plan.isConstant(inputs[weight]) || plan.isConstant(other) || top::shapeOf(other) != out ||
        !isPerChannel(top::shapeOf(inputs[weight]), out))
      continue;
    std::vector<float> factors = coefficients;
    if (factors.empty())
      factors = {1, kind == Combine::Kind::Sub ? -1.0f : 1.0f};
    auto affine = affineOf(plan, op, inputs[weight], kind, factors[1 - weight], factors[weight]);
    return failed(affine) ? failure() : plan.compute(op, std::move(*affine), {other});
  }
  return plan.compute(op, Combine{kind, std::move(coefficients)}, inputs);
}

LogicalResult top::AddOp::plan(EvalPlan &plan) {
  std::vector<float> coefficients;
  if (auto given = getCoeff(); given && llvm::any_of(*given, [](double c) { return c != 1; }))
    coefficients.assign(given->begin(), given->end());
  return planCombine(*this, plan, Combine::Kind::Add, std::move(coefficients));
}
LogicalResult top::SubOp::plan(EvalPlan &plan) { return planCombine(*this, plan, Combine::Kind::Sub); }
LogicalResult top::MulOp::plan(EvalPlan &plan) { return planCombine(*this, plan, Combine::Kind::Mul); }

LogicalResult top::MaxOp::plan(EvalPlan &plan) {
  return plan.compute(*this, Combine{Combine::Kind::Max, {}}, SmallVector<Value>(getInputs()));
}
LogicalResult top::MinOp::plan(EvalPlan &plan) {
  return plan.compute(*this, Combine{Combine::Kind::Min, {}}, SmallVector<Value>(getInputs()));
}

LogicalResult top::AddConstOp::plan(EvalPlan &plan) {
  auto value = static_cast<float>(getConstVal().convertToDouble());
  return plan.compute(*this, eval::Affine{{1}, {value}}, {getInput()});
}
LogicalResult top::MulConstOp::plan(EvalPlan &plan) {
  auto value = static_cast<float>(getConstVal().convertToDouble());
  return plan.compute(*this, eval::Affine{{value}, {0}}, {getInput()});
}
