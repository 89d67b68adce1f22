//===- ConvParts.h - Making convolutions ------------------------*- C++ -*-===//
// Between the lowering of top.Conv and that of windows too wide for a command:
// both end in one tpu.Conv2D, of operands that may have been laid out first.
#ifndef TPU_MLIR_LIB_OPS_CONV_CONVPARTS_H
#define TPU_MLIR_LIB_OPS_CONV_CONVPARTS_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/QuantizedFilter.h"

namespace tpu_mlir {

/// The Top op that a convolution is made for: its name, its relu and its result's format are the op's.
struct ConvSource {
  mlir::Operation *op;
  mlir::Value bias;   ///< a weight or none
  mlir::Value filter; ///< a weight or null; a convolution's filter of its shape has its elements in its order
};

/// A convolution to be created: what may differ from the Top op's where the lowering lays its operand out first.
struct ConvParts {
  mlir::Value in;
  ConvShape shape;
  FilterView filter; ///< [oc, ic / group, kh, kw] of `shape`
  llvm::SmallVector<int64_t> out;
  mlir::Location loc;
};

/// Why no convolution with this window can be made, as the tail of a sentence; empty where one can.
std::string whyNoConv(const Lowering &lowering, mlir::Value filter, const kernel::Window &window);

/// The tpu.Conv2D of `parts`. Emits a diagnostic and fails when sums could leave int32.
mlir::FailureOr<mlir::Value> createConv(const ConvSource &source, Lowering &lowering, ConvParts parts);

/// The same with windows, or with taps, too far apart for a command.
mlir::FailureOr<mlir::Value> createWideStride(const ConvSource &source, Lowering &lowering, const ConvParts &parts);
mlir::FailureOr<mlir::Value> createWideDilation(const ConvSource &source, Lowering &lowering, const ConvParts &parts);

/// Whichever of the three the window needs.
mlir::FailureOr<mlir::Value> createAnyConv(const ConvSource &source, Lowering &lowering, ConvParts parts);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_CONV_CONVPARTS_H
