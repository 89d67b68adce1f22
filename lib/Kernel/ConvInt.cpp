//===- ConvInt.cpp - Convolution of integers ------------------------------===//
// Direct convolution over panels of output channels, on a padded copy of the
// input, since the pad value takes part in the sum. Weights and inputs are
// widened to pairs of int16, the operands of the inner loop.

#include "ConvBytes.h"
#include "ConvTiles.h"
#include "Product.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cstring>

namespace tpu_mlir::kernel {
namespace {

/// Copies one image to [y][x][channel pair], padded on all sides, as int16. The odd last channel is paired with zeros.
void packImage(const InnerLoops &loops, const ConstTensor &in, const Dims &id, int64_t image, const Window &win,
               int padValue, int64_t paddedW, int64_t row, int16_t *to) {
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
    constexpr int64_t kPairs = 16, kColumns = 16; // multiples of every level's lanes
    auto isSquare = [&](int64_t c, int64_t x) { return 2 * (c + loops.lanes) <= id.c && x + kColumns <= id.w; };
    for (int64_t c0 = 0; c0 < pairs; c0 += kPairs)
      for (int64_t x0 = 0; x0 < id.w; x0 += kColumns)
        for (int64_t c = c0, cEnd = std::min(c0 + kPairs, pairs); c < cEnd; ++c) {
          if (isSquare(c, x0)) {
            for (int64_t x = x0; x < x0 + kColumns; x += loops.lanes)
              loops.packPlanes(in.dtype, from + 2 * c * plane + x, plane, to + ((win.padLeft + x) * pairs + c) * 2,
                               2 * pairs);
            c += loops.lanes - 1;
            continue;
          }
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

/// Input channels, kernel positions and the number of channels that lie together in a filter's row.
struct FilterRow {
  int64_t channels, kernel, group;
  int64_t length() const { return (channels + group - 1) / group * group * kernel; }
};

/// Rows of one panel of output channels to [pair of input channels][kernel][output channel][2]; what is missing is 0.
template <typename T>
void packFilter(const InnerLoops &loops, DType dtype, const T *from, const FilterRow &row, int64_t outChannels,
                int zeroPoint, int16_t *to) {
  int64_t width = loops.panelWidth, lanes = loops.lanes;
  // Blocks of input channels whose cells stay in the first-level cache while the output channels pass.
  int64_t block = row.group == 1 ? 64 : row.group, step = row.group == 1 ? row.kernel : 1;
  if (outChannels < width)
    std::fill_n(to, (row.channels + 1) / 2 * row.kernel * width * 2, int16_t(0));
  for (int64_t c = 0; c < row.channels; c += block)
    for (int64_t k = 0; k < row.kernel; ++k)
      for (int64_t j = 0; j < outChannels; ++j) {
        int64_t count = std::min(block, row.channels - c);
        const T *w = from + j * row.length() + c * row.kernel + k * row.group;
        int16_t *cell = to + ((c / 2 * row.kernel + k) * width + j) * 2;
        int64_t i = 0;
        // A square does the next rows too.
        if (step == 1 && j / lanes * lanes + lanes <= outChannels)
          for (; i + 2 * lanes <= count; i += 2 * lanes, cell += lanes * row.kernel * width * 2)
            if (j % lanes == 0)
              loops.packRows(dtype, w + i, row.length(), zeroPoint, cell, row.kernel * width * 2);
        for (; i < count; i += 2, cell += row.kernel * width * 2) {
          int16_t both[2] = {int16_t(w[i * step] - zeroPoint),
                             i + 1 < count ? int16_t(w[(i + 1) * step] - zeroPoint) : int16_t(0)};
          std::memcpy(cell, both, sizeof both);
        }
      }
}

/// Moves sums [pixel][panelWidth] to planes [channel][pixel], or adds them there.
void storeSums(const InnerLoops &loops, const int32_t *acc, int64_t pixels, int32_t *to, int64_t plane,
               int64_t channels, bool add) {
  int64_t lanes = loops.lanes, width = loops.panelWidth, wholePixels = pixels / lanes * lanes,
          wholeChannels = channels / lanes * lanes;
  for (int64_t p = 0; p < wholePixels; p += lanes)
    for (int64_t c = 0; c < wholeChannels; c += lanes)
      loops.turnSums(acc + p * width + c, width, to + c * plane + p, plane, add);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t p = c < wholeChannels ? wholePixels : 0; p < pixels; ++p) {
      int32_t &sum = to[c * plane + p];
      sum = int32_t(uint32_t(acc[p * width + c]) + (add ? uint32_t(sum) : 0));
    }
}

/// convInt on dense copies of operands whose planes are apart.
void convDense(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const Window &win, int padValue,
               int kernelZeroPoint, bool accumulateInto, int64_t group) {
  auto copy = [](const ConstTensor &t, int64_t count, int64_t bytes, std::vector<uint8_t> &to) {
    to.resize(size_t(count * bytes));
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to.data() + i * bytes, t.as<uint8_t>() + (t.planes ? planeOffset(t.dims, t.planes, i) : i * bytes),
                  size_t(bytes));
    return ConstTensor(t.dtype, t.dims, to.data());
  };
  std::vector<uint8_t> image, weights;
  const Dims &d = in.dims;
  ConstTensor rows = filter;
  rows.dims = {1, filter.dims.n, 1, FilterRow{d.c, win.kh * win.kw, group}.length()};
  rows = copy(rows, rows.dims.c, rows.dims.w, weights);
  rows.dims = filter.dims;
  convInt(out, copy(in, d.n * d.c, d.h * d.w, image), rows, win, padValue, kernelZeroPoint, accumulateInto, group);
}

} // namespace

void convInt(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const Window &win, int padValue,
             int kernelZeroPoint, bool accumulateInto, int64_t group) {
  checkShapes(out, in, filter, win);
  assert(group == 1 || group % 2 == 0);
  assert(out.dtype == DType::I32 && bitWidth(in.dtype) == 8 && bitWidth(filter.dtype) == 8);
  const InnerLoops &loops = inner();
  if (loops.bytes && convBytes(*loops.bytes, out, in, filter, win, padValue, kernelZeroPoint, accumulateInto, group))
    return;
  if (in.planes || filter.planes)
    return convDense(out, in, filter, win, padValue, kernelZeroPoint, accumulateInto, group);
  int64_t width = loops.panelWidth, kernel = win.kh * win.kw;
  Dims id = in.dims, od = out.dims;
  flattenPointwise(id, od, win);
  int64_t pairs = (id.c + 1) / 2, depth = pairs * kernel, panels = (od.c + width - 1) / width;
  int64_t products = od.count() * id.c * kernel;

  FilterRow row{id.c, kernel, group};
  std::unique_ptr<int16_t[]> weights(new int16_t[size_t(panels * depth * width * 2)]);
  parallelFor(panels, grainFor(products, size_t(panels)), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      int64_t from = panel * width * row.length(), channels = std::min(width, od.c - panel * width);
      int16_t *to = weights.get() + panel * depth * width * 2;
      if (filter.dtype == DType::I8)
        packFilter(loops, filter.dtype, filter.as<int8_t>() + from, row, channels, kernelZeroPoint, to);
      else
        packFilter(loops, filter.dtype, filter.as<uint8_t>() + from, row, channels, kernelZeroPoint, to);
    }
  });

  int64_t paddedH = id.h + win.padTop + win.padBottom, paddedW = id.w + win.padLeft + win.padRight;
  int64_t rowValues = paddedW * pairs * 2;
  std::unique_ptr<int16_t[]> padded(new int16_t[size_t(id.n * paddedH * rowValues)]);
  int64_t rows = id.n * paddedH;
  parallelFor(rows, products < (1 << 20) ? rows : std::max<int64_t>(1, rows / 16), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      packImage(loops, in, id, r / paddedH, win, padValue, paddedW, r % paddedH, padded.get() + r * rowValues);
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
      int64_t first = tile.image * od.c + tile.panel * width, row = tile.row * od.w;
      int32_t *sums = out.as<int32_t>() + row;
      if (!out.planes ||
          (out.planes->first + tile.panel * width) % out.planes->perGroup + channels <= out.planes->perGroup)
        storeSums(loops, acc.data(), pixels, sums + planeOffset(od, out.planes, first),
                  out.planes ? out.planes->channel : od.h * od.w, channels, accumulateInto);
      else // the panel's channels are not at equal distances
        for (int64_t c = 0; c < channels; ++c)
          storeSums(loops, acc.data() + c, pixels, sums + planeOffset(od, out.planes, first + c), 0, 1, accumulateInto);
    }
  });
}

void subtractKernelZeroPoints(const Tensor &sums, const ConstTensor &in, const Window &win, int padValue,
                              const ConstTensor &zeroPoints) {
  const Dims &d = sums.dims;
  const std::vector<int8_t> ones(size_t(in.dims.c * win.kh * win.kw), 1);
  const Dims one{d.n, 1, d.h, d.w};
  std::vector<int32_t> windowSums(size_t(one.count()));
  convInt({DType::I32, one, windowSums.data()}, in, {DType::I8, {1, in.dims.c, win.kh, win.kw}, ones.data()}, win,
          padValue);
  const int64_t plane = d.h * d.w;
  for (int64_t i = 0; i < d.n * d.c; ++i) {
    const uint32_t zero = uint32_t(integerAt(zeroPoints.dtype, zeroPoints.data, i % d.c));
    for (int64_t x = 0; x < plane; ++x) {
      int32_t &sum = sums.as<int32_t>()[i * plane + x];
      sum = int32_t(uint32_t(sum) - zero * uint32_t(windowSums[size_t(i / d.c * plane + x)]));
    }
  }
}

} // namespace tpu_mlir::kernel
