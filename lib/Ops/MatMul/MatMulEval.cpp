//===- MatMulEval.cpp - top.MatMul in fp32 --------------------------------===//
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

using namespace mlir;
using namespace tpu_mlir;

LogicalResult top::MatMulOp::plan(EvalPlan &plan) {
  return plan.compute(*this, eval::MatMul{getLeftTranspose(), getRightTranspose()},
                      {getInput(), getRight(), getBias()});
}
