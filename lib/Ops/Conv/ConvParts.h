//===- ConvParts.h - Making convolutions ------------------------*- C++ -*-===//
// Between the lowering of top.Conv and that of windows too wide for a command:
// both end in one tpu.Conv2D, of operands that may have been laid out first.
#ifndef TPU_MLIR_LIB_OPS_CONV_CONVPARTS_H
#define TPU_MLIR_LIB_OPS_CONV_CONVPARTS_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/QuantizedFilter.h"

namespace tpu_mlir {

/// A convolution to be created: what may differ from the Top op's where the lowering lays its operand out first.
struct ConvParts {
  mlir::Value in;
  ConvShape shape;
  FilterView filter; ///< [oc, ic / group, kh, kw] of `shape`
  llvm::SmallVector<int64_t> out;
  mlir::Location loc;
};

/// The tpu.Conv2D of `parts`, with the bias, the relu and the result's format of `conv`. Emits a diagnostic and fails
/// when sums could leave int32.
mlir::FailureOr<mlir::Value> createConv(top::ConvOp conv, Lowering &lowering, ConvParts parts);

/// The convolution with windows, or with taps, too far apart for a command.
mlir::FailureOr<mlir::Value> createWideStride(top::ConvOp conv, Lowering &lowering, mlir::Value in,
                                              const ConvShape &shape, const FilterView &filter);
mlir::FailureOr<mlir::Value> createWideDilation(top::ConvOp conv, Lowering &lowering, mlir::Value in,
                                                const ConvShape &shape, const FilterView &filter);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_CONV_CONVPARTS_H
