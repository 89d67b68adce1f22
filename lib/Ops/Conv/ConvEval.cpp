//===- ConvEval.cpp - top.Conv in fp32 ------------------------------------===//
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

using namespace mlir;
using namespace tpu_mlir;

LogicalResult top::ConvOp::plan(EvalPlan &plan) {
  ArrayRef<int64_t> kernel = getKernelShape(), strides = getStrides(), dilations = getDilations(), pads = getPads();
  kernel::Window window{kernel[0],    kernel[1], strides[0], strides[1], dilations[0],
                        dilations[1], pads[0],   pads[1],    pads[2],    pads[3]};
  return plan.compute(*this, eval::Conv{window, static_cast<int64_t>(getGroup())},
                      {getInput(), getFilter(), getBias()});
}
