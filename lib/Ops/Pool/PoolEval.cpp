//===- PoolEval.cpp - top.MaxPool, top.AvgPool in fp32 --------------------===//
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

using namespace mlir;
using namespace tpu_mlir;

template <typename OpTy> static kernel::Window windowOf(OpTy op) {
  ArrayRef<int64_t> kernel = op.getKernelShape(), strides = op.getStrides(), pads = op.getPads();
  return {kernel[0], kernel[1], strides[0], strides[1], 1, 1, pads[0], pads[1], pads[2], pads[3]};
}

LogicalResult top::MaxPoolOp::plan(EvalPlan &plan) {
  return plan.compute(*this, eval::Pool{windowOf(*this), true}, {getInput()});
}

LogicalResult top::AvgPoolOp::plan(EvalPlan &plan) {
  eval::Pool pool{windowOf(*this), false, getCountIncludePad(), getCeilPad()[0], getCeilPad()[1]};
  return plan.compute(*this, pool, {getInput()});
}
