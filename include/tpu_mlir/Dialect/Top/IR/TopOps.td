//===- TopOps.td - All Top ops -----------------------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_TOP_OPS
#define TPU_MLIR_DIALECT_TOP_IR_TOP_OPS
include "tpu_mlir/Dialect/Top/IR/BasicOps.td"
include "tpu_mlir/Dialect/Top/IR/ConvOps.td"
include "tpu_mlir/Dialect/Top/IR/EltwiseOps.td"
include "tpu_mlir/Dialect/Top/IR/PoolOps.td"
include "tpu_mlir/Dialect/Top/IR/RecurrentOps.td"
include "tpu_mlir/Dialect/Top/IR/RowOps.td"
include "tpu_mlir/Dialect/Top/IR/SelectOps.td"
include "tpu_mlir/Dialect/Top/IR/ShapeOps.td"
include "tpu_mlir/Dialect/Top/IR/SpatialOps.td"
#endif
