//===- Layout.h - How the elements of a tensor lie in memory ----*- C++ -*-===//
// The few layouts in which fp32 tensors lie between steps, as
// one four-part form that loops can walk. Decides nothing.
#ifndef TPU_MLIR_LIB_HOST_LAYOUT_H
#define TPU_MLIR_LIB_HOST_LAYOUT_H

#include "tpu_mlir/Host/Graph.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace tpu_mlir::host {

/// Row-major, or with `block` channels (axis 1) side by side as [n, c / block, h, w, block], where channels beyond the
/// last are zero, or with all channels side by side. Only row-major holds for ranks other than 4.
struct Layout {
  int64_t block = 1; ///< 1: row-major; 0: all channels
  static constexpr Layout plain() { return {1}; }
  static constexpr Layout channelsLast() { return {0}; }
  constexpr bool isPlain() const { return block == 1; }
  constexpr bool operator==(const Layout &) const = default;
};

/// A tensor in memory: [outer, blocks, inner, block], with channel blocks * block + position in the block.
struct Extents {
  int64_t outer = 1, blocks = 1, inner = 1, block = 1;
  constexpr int64_t count() const { return outer * blocks * inner * block; }
};

inline Extents extentsOf(const Dims &dims, Layout layout) {
  Extents e;
  if (dims.size() < 2) {
    e.inner = dims.empty() ? 1 : dims[0];
    return e;
  }
  e.outer = dims[0];
  e.block = layout.block ? layout.block : dims[1];
  e.blocks = (dims[1] + e.block - 1) / e.block;
  for (size_t axis = 2; axis < dims.size(); ++axis)
    e.inner *= dims[axis];
  return e;
}

/// The axes of a tensor from the outermost to the innermost, for layouts without blocks.
inline std::vector<size_t> memoryOrder(size_t rank, Layout layout) {
  std::vector<size_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  if (layout == Layout::channelsLast() && rank > 1)
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}
/// Sizes in that order.
inline Dims memoryDims(const Dims &dims, Layout layout) {
  Dims sizes;
  for (size_t axis : memoryOrder(dims.size(), layout))
    sizes.push_back(dims[axis]);
  return sizes;
}

/// Whether memory holds channels that the tensor does not have.
inline bool hasPadding(const Dims &dims, Layout layout) {
  return layout.block > 1 && dims.size() > 1 && dims[1] % layout.block;
}

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_LAYOUT_H
