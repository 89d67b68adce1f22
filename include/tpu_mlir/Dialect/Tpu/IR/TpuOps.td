//===- TpuOps.td - All Tpu ops -----------------------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TPU_IR_TPU_OPS
#define TPU_MLIR_DIALECT_TPU_IR_TPU_OPS
include "tpu_mlir/Dialect/Tpu/IR/ComputeOps.td"
include "tpu_mlir/Dialect/Tpu/IR/EltwiseOps.td"
include "tpu_mlir/Dialect/Tpu/IR/ShapeOps.td"
#endif
