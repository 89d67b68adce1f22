//===- ChoiceOps.h - Tpu ops that compare and choose ------------*- C++ -*-===//
// The classes of ChoiceOps.td, apart from TpuDialect.h as those of Top are.
#ifndef TPU_MLIR_DIALECT_TPU_IR_CHOICEOPS_H
#define TPU_MLIR_DIALECT_TPU_IR_CHOICEOPS_H

#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"

#define GET_OP_CLASSES
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.h.inc"

#endif // TPU_MLIR_DIALECT_TPU_IR_CHOICEOPS_H
