//===- Pch.h - The precompiled header of TpuMlirCore -----------*- C++ -*-===//
// What nearly every file of the library includes, so that each compiles in
// seconds: MLIR's core and both dialects. Files name what they need themselves.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
