//===- UnaryEval.cpp - Unary ops in fp32 ----------------------------------===//
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

using namespace mlir;
using namespace tpu_mlir;
using namespace tpu_mlir::top;

template <typename OpTy> static LogicalResult planUnary(OpTy op, EvalPlan &plan) {
  return plan.compute(op, eval::Unary{*unaryFunctionOf(op)}, {op.getInput()});
}

LogicalResult ReluOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult LeakyReluOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult ClipOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SigmoidOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SiLUOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult TanhOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult GELUOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult ExpOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult LogOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SqrtOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult AbsOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult ErfOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult SoftplusOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult MishOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult HardSwishOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult EluOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
LogicalResult HardSigmoidOp::plan(EvalPlan &plan) { return planUnary(*this, plan); }
