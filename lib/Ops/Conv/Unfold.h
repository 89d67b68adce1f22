//===- Unfold.h - Convolutions of few input channels ------------*- C++ -*-===//
// Chooses, by the timing model, which taps of a convolution of few channels
// become channels, and makes what that takes.
#ifndef TPU_MLIR_LIB_OPS_CONV_UNFOLD_H
#define TPU_MLIR_LIB_OPS_CONV_UNFOLD_H

#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Target/Target.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace tpu_mlir {

/// Which taps of a convolution become channels: all rows and `columns` neighbouring columns. What is left is a
/// convolution of 1 x `kernelW` with `strideW` and `dilationW`.
struct Unfolding {
  kernel::Window window; ///< of the unfolding
  int64_t columns = 1, kernelW = 1, strideW = 1, dilationW = 1;
  int64_t channels = 0, width = 0; ///< of its result
};

/// The unfolding that makes a convolution of `in` to `out` cheapest by the timing model, or nothing where it is
/// cheapest as it is. `isMade`: the network computes `in`, so that it need not be loaded otherwise.
std::optional<Unfolding> chooseUnfolding(const kernel::Window &window, const kernel::Dims &in, const kernel::Dims &out,
                                         bool isMade, const target::Chip &chip);

/// The filter [oc, ic, kh, kw] of the convolution over the unfolding: [oc, channels, 1, kernelW].
std::vector<int8_t> unfoldFilter(const std::vector<int8_t> &filter, int64_t oc, int64_t ic, const Unfolding &unfolding,
                                 const kernel::Window &window);
/// One 1 in each plane: [channels, kh, columns].
std::vector<uint8_t> selectorOf(int64_t ic, const Unfolding &unfolding);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_CONV_UNFOLD_H
