//===- Combine.h - Sums and products in fp32 --------------------*- C++ -*-===//
// Arithmetic with one weight, or with one weight per channel, is an affine map;
// everything else combines tensors.
#ifndef TPU_MLIR_LIB_OPS_ELTWISE_COMBINE_H
#define TPU_MLIR_LIB_OPS_ELTWISE_COMBINE_H

#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

namespace tpu_mlir::top {

/// Whether a weight of that shape has one element, or one per channel (axis 1) of a tensor of shape `full`.
inline bool isPerChannel(mlir::ArrayRef<int64_t> shape, mlir::ArrayRef<int64_t> full) {
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
inline mlir::FailureOr<host::Affine> affineOf(EvalPlan &plan, mlir::Operation *op, mlir::Value weight,
                                              host::Combine::Kind kind, float ofInput, float ofWeight) {
  mlir::FailureOr<mlir::ArrayRef<float>> data = plan.constant(op, weight);
  if (failed(data))
    return mlir::failure();
  host::Affine affine;
  for (float value : *data) {
    affine.scale.push_back(kind == host::Combine::Kind::Mul ? ofInput * ofWeight * value : ofInput);
    affine.offset.push_back(kind == host::Combine::Kind::Mul ? 0 : ofWeight * value);
  }
  return affine;
}

template <typename OpTy>
mlir::LogicalResult planCombine(OpTy op, EvalPlan &plan, host::Combine::Kind kind,
                                std::vector<float> coefficients = {}) {
  mlir::SmallVector<mlir::Value> inputs(op.getInputs());
  mlir::ArrayRef<int64_t> out = shapeOf(op.getOutput());
  for (size_t weight = 0; inputs.size() == 2 && weight < 2; ++weight) {
    mlir::Value other = inputs[1 - weight];
    if (!plan.isConstant(inputs[weight]) || plan.isConstant(other) || shapeOf(other) != out ||
        !isPerChannel(shapeOf(inputs[weight]), out))
      continue;
    std::vector<float> factors = coefficients;
    if (factors.empty())
      factors = {1, kind == host::Combine::Kind::Sub ? -1.0f : 1.0f};
    auto affine = affineOf(plan, op, inputs[weight], kind, factors[1 - weight], factors[weight]);
    return failed(affine) ? mlir::failure() : plan.compute(op, std::move(*affine), {other});
  }
  return plan.compute(op, host::Combine{kind, std::move(coefficients)}, inputs);
}

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_ELTWISE_COMBINE_H
