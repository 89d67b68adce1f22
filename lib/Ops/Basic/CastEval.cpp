//===- CastEval.cpp - top.Cast in fp32: the identity ----------------------===//
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

using namespace mlir;
using namespace tpu_mlir;

LogicalResult top::CastOp::plan(EvalPlan &plan) { return plan.compute(*this, eval::View{}, {getInput()}); }
