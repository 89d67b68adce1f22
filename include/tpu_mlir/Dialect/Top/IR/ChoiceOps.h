//===- ChoiceOps.h - Top ops that compare and choose ------------*- C++ -*-===//
// The classes of ChoiceOps.td. They stand apart from TopDialect.h, so that only
// who names them is compiled again when one changes.
#ifndef TPU_MLIR_DIALECT_TOP_IR_CHOICEOPS_H
#define TPU_MLIR_DIALECT_TOP_IR_CHOICEOPS_H

#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#define GET_OP_CLASSES
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h.inc"

#endif // TPU_MLIR_DIALECT_TOP_IR_CHOICEOPS_H
