//===- Landings.h - Outputs as one long row ---------------------*- C++ -*-===//
// A window over a padded plane may compute its outputs as one row whose pitch is
// the plane's: every tap is one distance then. Says which of those sums exist.
#ifndef TPU_MLIR_LIB_KERNEL_LANDINGS_H
#define TPU_MLIR_LIB_KERNEL_LANDINGS_H

#include "InnerBytes.h"
#include "tpu_mlir/Kernel/Format.h"

#include <algorithm>
#include <vector>

namespace tpu_mlir::kernel {

/// One for every vector of sums, `columns` apart from row to row.
inline std::vector<Landing> makeLandings(const Dims &out, int64_t columns) {
  constexpr int64_t n = ByteLoops::kPixels;
  int64_t count = (out.h - 1) * columns + out.w;
  std::vector<Landing> landings;
  landings.reserve(size_t((count + n - 1) / n));
  for (int64_t i = 0; i < count; i += n) {
    Landing l{i / columns * out.w + std::min(i % columns, out.w), 0};
    int64_t column = i % columns;
    for (int64_t j = 0; j < n && i + j < count; ++j) {
      l.mask |= uint32_t(column < out.w) << j;
      column = column + 1 == columns ? 0 : column + 1;
    }
    landings.push_back(l);
  }
  return landings;
}

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_LANDINGS_H
