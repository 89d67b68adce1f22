//===- TpuDialect.h - The Tpu dialect ---------------------------*- C++ -*-===//
// The ops of a lowered network, which have number formats and a form on the
// chip, and the attributes that later passes give them. What each op is stands
// in its file of lib/Ops.
#ifndef TPU_MLIR_DIALECT_TPU_IR_TPUDIALECT_H
#define TPU_MLIR_DIALECT_TPU_IR_TPUDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "tpu_mlir/Interfaces/OpInterfaces.h"

#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "tpu_mlir/Dialect/Tpu/IR/TpuAttrs.h.inc"

#define GET_OP_CLASSES
#include "tpu_mlir/Dialect/Tpu/IR/TpuOps.h.inc"

#endif // TPU_MLIR_DIALECT_TPU_IR_TPUDIALECT_H
