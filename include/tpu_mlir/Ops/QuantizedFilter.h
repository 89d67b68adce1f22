//===- QuantizedFilter.h - int8 filters -------------------------*- C++ -*-===//
// What the lowerings of convolutions and matrix products share.
#ifndef TPU_MLIR_OPS_QUANTIZEDFILTER_H
#define TPU_MLIR_OPS_QUANTIZEDFILTER_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

#include <functional>

namespace tpu_mlir {

/// int8 weights per output channel, int32 bias (empty when there is none) and {multiplier, -rshift, 0} per channel.
struct QuantizedFilter {
  std::vector<int8_t> filter;
  std::vector<int32_t> bias, quant;
};
/// The elements of a filter [oc, taps...], or of a matrix [taps, oc], where the weight file has them.
struct FilterView {
  llvm::ArrayRef<float> elements;
  bool channelsLast = false;
  /// Told which elements were read, and are read again later or not at all.
  std::function<void(llvm::ArrayRef<float>)> done;
};
/// That of a Top weight, whose memory is let go piece by piece.
FilterView viewOf(const Lowering &lowering, mlir::Value topWeight, bool channelsLast = false);
/// Quantises a filter symmetrically per output channel, to [oc, taps...]. Emits a diagnostic on `op` and fails when a
/// sum could overflow int32.
mlir::FailureOr<QuantizedFilter> quantizeFilter(mlir::Operation *op, const FilterView &filter,
                                                llvm::ArrayRef<float> bias, int64_t oc, const NumberFormat &in,
                                                const NumberFormat &out, double levels);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_QUANTIZEDFILTER_H
