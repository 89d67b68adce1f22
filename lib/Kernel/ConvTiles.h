//===- ConvTiles.h - Tiles of a convolution's result ------------*- C++ -*-===//
// What the float and the integer convolution share: which rows and channels a
// task computes and how its sums reach the planes.
#ifndef TPU_MLIR_LIB_KERNEL_CONVTILES_H
#define TPU_MLIR_LIB_KERNEL_CONVTILES_H

#include "Window.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace tpu_mlir::kernel {

constexpr int64_t kTilePixels = 512;

/// Where one task puts its sums: rows [row, row + rows) of the output, flattened to pixels.
struct Tile {
  int64_t image, row, rows, panel;
};

inline std::vector<Tile> makeTiles(int64_t images, int64_t rows, int64_t rowPixels, int64_t panels) {
  int64_t perTile = std::max<int64_t>(1, kTilePixels / rowPixels);
  std::vector<Tile> tiles;
  for (int64_t n = 0; n < images; ++n)
    for (int64_t panel = 0; panel < panels; ++panel)
      for (int64_t r = 0; r < rows; r += perTile)
        tiles.push_back({n, r, std::min(perTile, rows - r), panel});
  return tiles;
}

/// Small convolutions are not worth waking threads.
inline int64_t grainFor(int64_t products, size_t tiles) { return products < (1 << 20) ? int64_t(tiles) : 1; }

/// A 1×1 window without stride or padding sees the image as one long row.
inline void flattenPointwise(Dims &in, Dims &out, const Window &win) {
  if (win.kh == 1 && win.kw == 1 && win.strideH == 1 && win.strideW == 1 && in.h == out.h && in.w == out.w) {
    in = {in.n, in.c, 1, in.h * in.w};
    out = {out.n, out.c, 1, out.h * out.w};
  }
}

inline void checkShapes(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const Window &win) {
  assert(filter.dims == (Dims{out.dims.c, in.dims.c, win.kh, win.kw}) && out.dims.n == in.dims.n);
  assert(out.dims.h == win.outH(in.dims.h) && out.dims.w == win.outW(in.dims.w));
  (void)out, (void)in, (void)filter, (void)win;
}

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_CONVTILES_H
