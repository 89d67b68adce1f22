//===- Product.h - Sums of products shared by conv and matmul ---*- C++ -*-===//
// Both are products of gathered inputs ("pixels") with panels of weights. This
// header turns lists of pixels and tap tables into calls of the inner loops,
// split over depth so that the part of a panel in use stays in the second-level
// cache. The order of each float sum is the order of the tap table.
#ifndef TPU_MLIR_LIB_KERNEL_PRODUCT_H
#define TPU_MLIR_LIB_KERNEL_PRODUCT_H

#include "Inner.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace tpu_mlir::kernel {

/// Which inner loop: F32 in, F32 sums.
struct FloatProduct {
  using In = float;
  using Acc = float;
  static constexpr int kWords = 1; ///< array elements per tap
  static auto loop(const InnerLoops &loops) { return loops.productF32; }
};

/// Pairs of int16 in, int32 sums.
struct PairProduct {
  using In = int16_t;
  using Acc = int32_t;
  static constexpr int kWords = 2;
  static auto loop(const InnerLoops &loops) { return loops.productPairs; }
};

/// The taps of a pixel, in the order of the sum. `offset` counts from the pixel's first tap, `row` is the panel's row.
struct Taps {
  std::vector<int32_t> offset, row;
  int64_t perChannel = 1; ///< taps of one input channel (or pair of channels)
};

/// Pixels with the same taps at equal distance. `slot` is the first one's place in the accumulators.
template <typename P> struct Segment {
  const typename P::In *start;
  int64_t step, count, slot;
  const Taps *taps;
};

/// Adds all products of the segments with one panel to acc.
template <typename P>
void accumulate(const InnerLoops &loops, const std::vector<Segment<P>> &segments, int64_t channels,
                const typename P::In *panel, typename P::Acc *acc) {
  constexpr int64_t kPanelBytes = 192 << 10;
  int64_t widest = 1;
  for (const auto &s : segments)
    widest = std::max(widest, s.taps->perChannel);
  int64_t chunk = std::max<int64_t>(1, kPanelBytes / (widest * loops.panelWidth * 4));
  for (int64_t c = 0; c < channels; c += chunk)
    for (const auto &s : segments) {
      int64_t begin = c * s.taps->perChannel, end = std::min(c + chunk, channels) * s.taps->perChannel;
      P::loop(loops)(end - begin, s.taps->offset.data() + begin, s.taps->row.data() + begin, s.start, s.step, s.count,
                     panel, acc + s.slot * loops.panelWidth);
    }
}

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_PRODUCT_H
