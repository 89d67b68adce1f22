//===- TopDialect.h - The Top dialect -----------------------------*- C++ -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_TOPDIALECT_H
#define TPU_MLIR_DIALECT_TOP_IR_TOPDIALECT_H

#include "tpu_mlir/Interfaces/OpInterfaces.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "tpu_mlir/Dialect/Top/IR/WeightStore.h"

#include "tpu_mlir/Dialect/Top/IR/TopDialect.h.inc"

#define GET_OP_CLASSES
#include "tpu_mlir/Dialect/Top/IR/TopOps.h.inc"

#endif // TPU_MLIR_DIALECT_TOP_IR_TOPDIALECT_H
