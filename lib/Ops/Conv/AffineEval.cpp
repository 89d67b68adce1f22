//===- AffineEval.cpp - top.BatchNorm, top.Scale in fp32 ------------------===//
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

#include <cmath>

using namespace mlir;
using namespace tpu_mlir;

/// The elements of a weight, or `count` times `absent`.
static FailureOr<SmallVector<float>> elements(EvalPlan &plan, Operation *op, Value value, int64_t count, float absent) {
  if (top::isNone(value))
    return SmallVector<float>(count, absent);
  FailureOr<ArrayRef<float>> data = plan.constant(op, value);
  if (failed(data))
    return failure();
  return SmallVector<float>(*data);
}

LogicalResult top::BatchNormOp::plan(EvalPlan &plan) {
  int64_t channels = elementCount(getMean());
  auto mean = elements(plan, *this, getMean(), channels, 0),
       variance = elements(plan, *this, getVariance(), channels, 1);
  auto gamma = elements(plan, *this, getGamma(), channels, 1), beta = elements(plan, *this, getBeta(), channels, 0);
  if (failed(mean) || failed(variance) || failed(gamma) || failed(beta))
    return failure();
  eval::Affine affine;
  double epsilon = getEpsilon().convertToDouble();
  for (int64_t c = 0; c < channels; ++c) {
    double scale = (*gamma)[c] / std::sqrt((*variance)[c] + epsilon);
    affine.scale.push_back(static_cast<float>(scale));
    affine.offset.push_back(static_cast<float>((*beta)[c] - (*mean)[c] * scale));
  }
  return plan.compute(*this, std::move(affine), {getInput()});
}

LogicalResult top::ScaleOp::plan(EvalPlan &plan) {
  int64_t channels = elementCount(getScale());
  auto scale = elements(plan, *this, getScale(), channels, 1), offset = elements(plan, *this, getBias(), channels, 0);
  if (failed(scale) || failed(offset))
    return failure();
  eval::Affine affine{{scale->begin(), scale->end()}, {offset->begin(), offset->end()}};
  return plan.compute(*this, std::move(affine), {getInput()});
}
