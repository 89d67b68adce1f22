//===- ChoiceOps.cpp - Top ops that compare and choose --------------------===//
// What is generated for them. What they mean stands in lib/Ops/Choice.
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.cpp.inc"
