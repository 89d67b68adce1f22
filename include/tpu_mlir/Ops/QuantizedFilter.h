//===- QuantizedFilter.h - int8 filters -------------------------*- C++ -*-===//
// The integers that a constant filter and bias become, with the requantisation that
// goes with them. In which order the chip stores them is FilterPacking.h's.
#ifndef TPU_MLIR_OPS_QUANTIZEDFILTER_H
#define TPU_MLIR_OPS_QUANTIZEDFILTER_H

#include "tpu_mlir/Ops/FilterView.h"

#include <vector>

namespace tpu_mlir {

/// int8 weights per output channel, int32 bias (empty when there is none) and {multiplier, -rshift, zero point of the
/// result} per channel. What the zero point of the operand adds to every sum is taken off by the bias.
struct QuantizedFilter {
  std::vector<int8_t> filter;
  std::vector<int32_t> bias, quant;
};
/// Quantises a filter symmetrically per output channel, to [oc, taps...]. Emits a diagnostic on `op` and fails when a
/// sum could overflow int32.
mlir::FailureOr<QuantizedFilter> quantizeFilter(mlir::Operation *op, const FilterView &filter,
                                                llvm::ArrayRef<float> bias, int64_t oc, const NumberFormat &in,
                                                const NumberFormat &out, double levels);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_QUANTIZEDFILTER_H
