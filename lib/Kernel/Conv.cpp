//===- Conv.cpp - Convolution ---------------------------------------------===//
// Direct convolution over panels of output channels. Floats skip padding taps
// exactly, so pixels are grouped by which taps they have; integers work on a
// padded copy of the input, since the pad value takes part in the sum.

#include "Product.h"
#include "Window.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cassert>
#include <cstring>
#include <map>
#include <tuple>

namespace tpu_mlir::kernel {
namespace {

constexpr int64_t kTilePixels = 512;

/// Where one task puts its sums: rows [row, row + rows) of the output, flattened to pixels.
struct Tile {
  int64_t image, row, rows, panel;
};

std::vector<Tile> makeTiles(int64_t images, int64_t rows, int64_t rowPixels, int64_t panels) {
  int64_t perTile = std::max<int64_t>(1, kTilePixels / rowPixels);
  std::vector<Tile> tiles;
  for (int64_t n = 0; n < images; ++n)
    for (int64_t panel = 0; panel < panels; ++panel)
      for (int64_t r = 0; r < rows; r += perTile)
        tiles.push_back({n, r, std::min(perTile, rows - r), panel});
  return tiles;
}

/// Small convolutions are not worth waking threads.
int64_t grainFor(int64_t products, size_t tiles) { return products < (1 << 20) ? int64_t(tiles) : 1; }

/// Moves sums [pixel][width] to planes [channel][pixel]; small squares keep both sides in the cache.
template <typename T, bool Add>
void storePlanes(const T *acc, int64_t width, int64_t pixels, T *out, int64_t plane, int64_t channels) {
  for (int64_t p0 = 0; p0 < pixels; p0 += 16)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = p0, end = std::min(p0 + 16, pixels); p < end; ++p) {
        T &to = out[c * plane + p];
        if constexpr (Add)
          to = T(uint32_t(to) + uint32_t(acc[p * width + c]));
        else
          to = acc[p * width + c];
      }
}

/// A 1×1 window without stride or padding sees the image as one long row.
void flattenPointwise(Dims &in, Dims &out, const Window &win) {
  if (win.kh == 1 && win.kw == 1 && win.strideH == 1 && win.strideW == 1 && in.h == out.h && in.w == out.w) {
    in = {in.n, in.c, 1, in.h * in.w};
    out = {out.n, out.c, 1, out.h * out.w};
  }
}

void checkShapes(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const Window &win) {
  assert(filter.dims == (Dims{out.dims.c, in.dims.c, win.kh, win.kw}) && out.dims.n == in.dims.n);
  assert(out.dims.h == win.outH(in.dims.h) && out.dims.w == win.outW(in.dims.w));
  (void)out, (void)in, (void)filter, (void)win;
}

} // namespace

void convF32(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const float *bias,
             const Window &win) {
  checkShapes(out, in, filter, win);
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
      storePlanes<float, false>(acc.data(), width, pixels, to, od.h * od.w, channels);
    }
  });
}

namespace {

/// Copies one image to [y][x][channel pair], padded on all sides, as int16. The odd last channel is paired with zeros.
void packImage(const ConstTensor &in, const Dims &id, int64_t image, const Window &win, int padValue, int64_t paddedW,
               int64_t row, int16_t *to) {
  int64_t pairs = (id.c + 1) / 2, plane = id.h * id.w, y = row - win.padTop;
  auto fill = [&](int64_t x0, int64_t x1) {
    for (int64_t x = x0; x < x1; ++x)
      for (int64_t c = 0; c < 2 * pairs; ++c)
        to[x * 2 * pairs + c] = c < id.c ? int16_t(padValue) : int16_t(0);
  };
  if (y < 0 || y >= id.h)
    return fill(0, paddedW);
  fill(0, win.padLeft);
  fill(win.padLeft + id.w, paddedW);
  auto copy = [&](auto *base) {
    auto *from = base + image * id.c * plane + y * id.w;
    constexpr int64_t kPairs = 16, kColumns = 16;
    for (int64_t c0 = 0; c0 < pairs; c0 += kPairs)
      for (int64_t x0 = 0; x0 < id.w; x0 += kColumns)
        for (int64_t c = c0, cEnd = std::min(c0 + kPairs, pairs); c < cEnd; ++c) {
          auto *first = from + 2 * c * plane;
          bool paired = 2 * c + 1 < id.c;
          auto *second = paired ? first + plane : first;
          int16_t *cell = to + ((win.padLeft + x0) * pairs + c) * 2;
          for (int64_t x = x0, xEnd = std::min(x0 + kColumns, id.w); x < xEnd; ++x, cell += 2 * pairs) {
            int16_t both[2] = {first[x], paired ? int16_t(second[x]) : int16_t(0)};
            std::memcpy(cell, both, sizeof both);
          }
        }
  };
  if (in.dtype == DType::I8)
    copy(in.as<int8_t>());
  else
    copy(in.as<uint8_t>());
}

template <typename T>
void packFilter(const T *from, int64_t inChannels, int64_t kernel, int64_t outChannels, int64_t width, int zeroPoint,
                int16_t *to) {
  int64_t pairs = (inChannels + 1) / 2;
  for (int64_t j = 0; j < width; ++j)
    for (int64_t c = 0; c < 2 * pairs; ++c)
      for (int64_t k = 0; k < kernel; ++k) {
        bool present = j < outChannels && c < inChannels;
        int value = present ? from[(j * inChannels + c) * kernel + k] - zeroPoint : 0;
        to[((c / 2 * kernel + k) * width + j) * 2 + c % 2] = int16_t(value);
      }
}

} // namespace

void convInt(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const Window &win, int padValue,
             int kernelZeroPoint, bool accumulateInto) {
  checkShapes(out, in, filter, win);
  assert(out.dtype == DType::I32 && bitWidth(in.dtype) == 8 && bitWidth(filter.dtype) == 8);
  const InnerLoops &loops = inner();
  int64_t width = loops.panelWidth, kernel = win.kh * win.kw;
  Dims id = in.dims, od = out.dims;
  flattenPointwise(id, od, win);
  int64_t pairs = (id.c + 1) / 2, depth = pairs * kernel, panels = (od.c + width - 1) / width;
  int64_t products = od.count() * id.c * kernel;

  std::unique_ptr<int16_t[]> weights(new int16_t[size_t(panels * depth * width * 2)]);
  parallelFor(panels, grainFor(products, size_t(panels)), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      int64_t from = panel * width * id.c * kernel, channels = std::min(width, od.c - panel * width);
      int16_t *to = weights.get() + panel * depth * width * 2;
      if (filter.dtype == DType::I8)
        packFilter(filter.as<int8_t>() + from, id.c, kernel, channels, width, kernelZeroPoint, to);
      else
        packFilter(filter.as<uint8_t>() + from, id.c, kernel, channels, width, kernelZeroPoint, to);
    }
  });

  int64_t paddedH = id.h + win.padTop + win.padBottom, paddedW = id.w + win.padLeft + win.padRight;
  int64_t rowValues = paddedW * pairs * 2;
  std::unique_ptr<int16_t[]> padded(new int16_t[size_t(id.n * paddedH * rowValues)]);
  int64_t rows = id.n * paddedH;
  parallelFor(rows, products < (1 << 20) ? rows : std::max<int64_t>(1, rows / 16), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      packImage(in, id, r / paddedH, win, padValue, paddedW, r % paddedH, padded.get() + r * rowValues);
  });

  Taps taps;
  taps.perChannel = kernel;
  for (int64_t c = 0; c < pairs; ++c)
    for (int64_t y = 0; y < win.kh; ++y)
      for (int64_t x = 0; x < win.kw; ++x) {
        taps.offset.push_back(int32_t((y * win.dilationH * paddedW + x * win.dilationW) * pairs + c));
        taps.row.push_back(int32_t(c * kernel + y * win.kw + x));
      }

  std::vector<Tile> tiles = makeTiles(od.n, od.h, od.w, panels);
  parallelFor(int64_t(tiles.size()), grainFor(products, tiles.size()), [&](int64_t begin, int64_t end) {
    std::vector<Segment<PairProduct>> segments;
    std::vector<int32_t> acc;
    for (int64_t t = begin; t < end; ++t) {
      const Tile &tile = tiles[size_t(t)];
      int64_t pixels = tile.rows * od.w, channels = std::min(width, od.c - tile.panel * width);
      const int16_t *image = padded.get() + tile.image * paddedH * rowValues;
      segments.clear();
      for (int64_t y = 0; y < tile.rows; ++y)
        segments.push_back(
            {image + (tile.row + y) * win.strideH * rowValues, win.strideW * pairs, od.w, y * od.w, &taps});
      acc.assign(size_t(pixels * width), 0);
      accumulate(loops, segments, pairs, weights.get() + tile.panel * depth * width * 2, acc.data());
      int32_t *to = out.as<int32_t>() + ((tile.image * od.c + tile.panel * width) * od.h + tile.row) * od.w;
      if (accumulateInto)
        storePlanes<int32_t, true>(acc.data(), width, pixels, to, od.h * od.w, channels);
      else
        storePlanes<int32_t, false>(acc.data(), width, pixels, to, od.h * od.w, channels);
    }
  });
}

} // namespace tpu_mlir::kernel
