//===- Conv.cpp - Convolution of floats -----------------------------------===//
// Direct convolution over panels of output channels. Padding taps are skipped
// exactly, so pixels are grouped by which taps they have.

#include "ConvTiles.h"
#include "Product.h"
#include "Widened.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cstring>
#include <map>
#include <tuple>

namespace tpu_mlir::kernel {
namespace {

/// Moves sums [pixel][width] to planes [channel][pixel]; small squares keep both sides in the cache.
void storePlanes(const float *acc, int64_t width, int64_t pixels, float *out, int64_t plane, int64_t channels) {
  for (int64_t p0 = 0; p0 < pixels; p0 += 16)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = p0, end = std::min(p0 + 16, pixels); p < end; ++p)
        out[c * plane + p] = acc[p * width + c];
}

} // namespace

void convF32(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const float *bias,
             const Window &win) {
  checkShapes(out, in, filter, win);
  if (in.dtype != DType::F32)
    return narrowed(out, [&](const Tensor &wide) { convF32(wide, Widened(in), Widened(filter), bias, win); });
  const InnerLoops &loops = inner();
  int64_t width = loops.panelWidth, kernel = win.kh * win.kw;
  Dims id = in.dims, od = out.dims;
  flattenPointwise(id, od, win);
  int64_t depth = id.c * kernel, panels = (od.c + width - 1) / width;
  int64_t products = od.count() * depth;

  std::unique_ptr<float[]> weights(new float[size_t(panels * depth * width)]);
  parallelFor(panels, grainFor(products, size_t(panels)), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      int64_t channels = std::min(width, od.c - panel * width);
      float *to = weights.get() + panel * depth * width;
      const float *from = filter.as<float>() + panel * width * depth;
      for (int64_t k0 = 0; k0 < depth; k0 += 16)
        for (int64_t j = 0; j < width; ++j)
          for (int64_t k = k0, last = std::min(k0 + 16, depth); k < last; ++k)
            to[k * width + j] = j < channels ? from[j * depth + k] : 0.0f;
    }
  });

  // One tap table for every combination of valid rows and columns of the kernel.
  std::map<std::tuple<int64_t, int64_t, int64_t, int64_t>, Taps> tables;
  auto tapsFor = [&](std::pair<int64_t, int64_t> rows, std::pair<int64_t, int64_t> columns) {
    Taps &taps = tables[{rows.first, rows.second, columns.first, columns.second}];
    int64_t count = (rows.second - rows.first) * (columns.second - columns.first);
    if (taps.offset.empty() && count > 0) {
      taps.perChannel = count;
      taps.offset.reserve(size_t(count * id.c));
      taps.row.reserve(size_t(count * id.c));
      for (int64_t c = 0; c < id.c; ++c)
        for (int64_t y = rows.first; y < rows.second; ++y)
          for (int64_t x = columns.first; x < columns.second; ++x) {
            taps.offset.push_back(int32_t(c * id.h * id.w + (y - rows.first) * win.dilationH * id.w +
                                          (x - columns.first) * win.dilationW));
            taps.row.push_back(int32_t(c * kernel + y * win.kw + x));
          }
    }
    return count > 0 ? &taps : nullptr;
  };
  struct Run {
    int64_t first, count, tapBegin;
    std::pair<int64_t, int64_t> taps;
  };
  std::vector<Run> columnRuns;
  for (int64_t x = 0; x < od.w; ++x) {
    auto taps = validTaps(x, win.strideW, win.padLeft, win.dilationW, win.kw, id.w);
    if (columnRuns.empty() || columnRuns.back().taps != taps)
      columnRuns.push_back({x, 0, taps.first, taps});
    ++columnRuns.back().count;
  }
  std::vector<std::vector<const Taps *>> rowTables;
  for (int64_t y = 0; y < od.h; ++y) {
    auto rows = validTaps(y, win.strideH, win.padTop, win.dilationH, win.kh, id.h);
    auto &list = rowTables.emplace_back();
    for (const Run &run : columnRuns)
      list.push_back(tapsFor(rows, run.taps));
  }

  std::vector<Tile> tiles = makeTiles(od.n, od.h, od.w, panels);
  parallelFor(int64_t(tiles.size()), grainFor(products, tiles.size()), [&](int64_t begin, int64_t end) {
    std::vector<Segment<FloatProduct>> segments;
    std::vector<float> acc;
    for (int64_t t = begin; t < end; ++t) {
      const Tile &tile = tiles[size_t(t)];
      int64_t pixels = tile.rows * od.w, channels = std::min(width, od.c - tile.panel * width);
      const float *image = in.as<float>() + tile.image * id.c * id.h * id.w;
      segments.clear();
      for (int64_t y = 0; y < tile.rows; ++y)
        for (size_t r = 0; r < columnRuns.size(); ++r) {
          const Run &run = columnRuns[r];
          const Taps *taps = rowTables[size_t(tile.row + y)][r];
          if (!taps)
            continue;
          auto rows = validTaps(tile.row + y, win.strideH, win.padTop, win.dilationH, win.kh, id.h);
          int64_t iy = (tile.row + y) * win.strideH - win.padTop + rows.first * win.dilationH;
          int64_t ix = run.first * win.strideW - win.padLeft + run.tapBegin * win.dilationW;
          segments.push_back({image + iy * id.w + ix, win.strideW, run.count, y * od.w + run.first, taps});
        }
      acc.assign(size_t(pixels * width), 0.0f);
      if (bias)
        for (int64_t p = 0; p < pixels; ++p)
          std::memcpy(acc.data() + p * width, bias + tile.panel * width, size_t(channels) * sizeof(float));
      accumulate(loops, segments, id.c, weights.get() + tile.panel * depth * width, acc.data());
      float *to = out.as<float>() + ((tile.image * od.c + tile.panel * width) * od.h + tile.row) * od.w;
      storePlanes(acc.data(), width, pixels, to, od.h * od.w, channels);
    }
  });
}

} // namespace tpu_mlir::kernel
