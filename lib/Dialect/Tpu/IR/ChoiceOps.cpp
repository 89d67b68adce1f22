//===- ChoiceOps.cpp - Tpu ops that compare and choose --------------------===//
// What is generated for them. Their forms stand in lib/Ops/Choice.
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.cpp.inc"
