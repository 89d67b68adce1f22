//===- Grouped.h - Filters of convolutions in groups ------------*- C++ -*-===//
// Chooses, by the timing model, how groups share the array, and arranges the
// filter accordingly. Depth-wise convolutions have a form of their own and
// come here only to pass.
#ifndef TPU_MLIR_LIB_OPS_CONV_GROUPED_H
#define TPU_MLIR_LIB_OPS_CONV_GROUPED_H

#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir {

/// How groups that fill no lanes of their own are computed.
struct Grouping {
  int64_t join = 1;  ///< groups that become one, as blocks on the diagonal of a larger filter
  int64_t band = 0;  ///< or: output channels of a block that reads all its groups at once
  int64_t width = 0; ///< input channels of a filter's row
  AxisMap map;       ///< of a band

  /// A filter [oc, ic, taps] of `group` groups as rows of `width` channels, the ones that a row does not read zero.
  template <typename T>
  std::vector<T> arrange(llvm::ArrayRef<T> filter, int64_t oc, int64_t ic, int64_t taps, int64_t group) const {
    if (!band && join == 1)
      return filter.vec();
    std::vector<T> rows(oc * width * taps);
    for (int64_t o = 0, perGroup = oc / group; o < oc; ++o) {
      int64_t own = o / perGroup * ic,
              from = band ? needOf(map, {o, o + 1}, ic * group).range.begin : o / perGroup / join * join * ic;
      std::copy_n(filter.begin() + o * ic * taps, ic * taps, rows.begin() + (o * width + own - from) * taps);
    }
    return rows;
  }
};

/// The cheapest grouping by the timing model.
Grouping groupingOf(const ConvShape &shape, const Dims &in, const Dims &out, DType type, const target::Chip &chip);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_CONV_GROUPED_H
