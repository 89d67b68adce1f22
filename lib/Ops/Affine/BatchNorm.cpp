//===- BatchNorm.cpp - Batch normalisation with settled statistics --------===//
// All of top.BatchNorm. It has no form on the chip: passes over the Top dialect
// write it as a scale, or multiply it into a convolution.
#include "Elements.h"
#include "PerChannel.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input", "mean", "variance", "gamma", "beta"};

//===- Infer shape --------------------------------------------------------===//

static FailureOr<Shape> resultShape(BatchNormOp op) { return perChannelShape(op, kOperands); }

LogicalResult BatchNormOp::inferShape() { return inferResult(*this, resultShape, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult BatchNormOp::verify() {
  if (double epsilon = getEpsilon().convertToDouble(); !(epsilon >= 0))
    return emitOpError("'epsilon' is ") << epsilon << "; it must not be negative";
  return verifyResult(*this, resultShape, kOperands);
}

//===- FLOPs --------------------------------------------------------------===//

// Settled statistics make it one multiplication and one addition per element.
int64_t BatchNormOp::flops() { return (2 + getDoRelu()) * elementCount(getOutput()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult BatchNormOp::plan(EvalPlan &plan) {
  int64_t channels = elementCount(getMean());
  auto mean = elements(plan, *this, getMean(), channels, 0),
       variance = elements(plan, *this, getVariance(), channels, 1);
  auto gamma = elements(plan, *this, getGamma(), channels, 1), beta = elements(plan, *this, getBeta(), channels, 0);
  if (failed(mean) || failed(variance) || failed(gamma) || failed(beta))
    return failure();
  host::Affine affine;
  double epsilon = getEpsilon().convertToDouble();
  for (int64_t c = 0; c < channels; ++c) {
    double scale = (*gamma)[c] / std::sqrt((*variance)[c] + epsilon);
    affine.scale.push_back(static_cast<float>(scale));
    affine.offset.push_back(static_cast<float>((*beta)[c] - (*mean)[c] * scale));
  }
  return plan.compute(*this, std::move(affine), {getInput()});
}

} // namespace tpu_mlir::top
