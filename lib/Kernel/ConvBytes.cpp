//===- ConvBytes.cpp - Convolution of integers in bytes -------------------===//
// Pixels are the elements of vectors, so sums land in planes as they are, and
// weights are read where they lie, four input channels at a time. The input is
// copied to quads of four channels, padded and cut into phases: rows and columns
// that are a stride apart become neighbours. A tap is then one distance for all
// outputs, which are computed as one long row whose pitch is the padded one;
// sums between the rows are dropped.

#include "ConvBytes.h"
#include "ConvTiles.h"
#include "Landings.h"
#include "Window.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cstring>
#include <memory>

namespace tpu_mlir::kernel {
namespace {

constexpr int64_t kQuad = 4;
constexpr int64_t kSmall = 1 << 18; ///< products that are not worth a thread

/// The places of padded pixels in one quad of channels.
struct Grid {
  int64_t columns, rows, perPhase, quadPixels;
  std::vector<int64_t> phases; ///< [strideH][strideW]: number of the phase, or −1 where no tap looks

  Grid(const Dims &in, const Dims &out, const Window &win) {
    // The padding on the right of a row is that on the left of the next.
    columns = std::max((in.w + std::max(win.padLeft, win.padRight) + win.strideW - 1) / win.strideW, out.w);
    rows = out.h + win.dilationH * (win.kh - 1) / win.strideH;
    int64_t slack = win.dilationW * (win.kw - 1) / win.strideW;
    perPhase = rows * columns + slack;
    phases.assign(size_t(win.strideH * win.strideW), -1);
    int64_t used = 0;
    for (int64_t y = 0; y < win.kh; ++y)
      for (int64_t x = 0; x < win.kw; ++x) {
        int64_t &phase = phases[size_t(y * win.dilationH % win.strideH * win.strideW + x * win.dilationW % win.strideW)];
        if (phase < 0)
          phase = used++;
      }
    // Vectors may begin at the last output. An odd number of cache lines spreads the quads over the cache's sets.
    quadPixels = (used * perPhase + ByteLoops::kPixels * ByteLoops::kVectors + 15) / 16;
    quadPixels = (quadPixels | 1) * 16;
  }
  int64_t tap(int64_t y, int64_t x, const Window &win) const {
    return phases[size_t(y % win.strideH * win.strideW + x % win.strideW)] * perPhase + y / win.strideH * columns +
           x / win.strideW;
  }
};

/// Fills one quad of channels, all its phases.
struct Packer {
  const ByteLoops &loops;
  const ConstTensor &in;
  const Dims &id;
  const Window &win;
  const Grid &grid;
  int padValue;

  void quad(int64_t image, int64_t number, uint8_t *to) const {
    uint32_t flip = 0, keep = 0;
    const uint8_t *planes[kQuad];
    for (int64_t i = 0; i < kQuad; ++i) {
      int64_t c = number * kQuad + i;
      bool exists = c < id.c;
      planes[i] = in.as<uint8_t>() + planeOffset(id, in.planes, image * id.c + (exists ? c : id.c - 1));
      keep |= exists ? 0xffu << (8 * i) : 0;
      flip |= in.dtype == DType::I8 ? 0x80u << (8 * i) : 0;
    }
    uint32_t pad = ((uint32_t(padValue) & 0xff) * 0x01010101u ^ flip) & keep;
    auto fill = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        std::memcpy(to + i * kQuad, &pad, kQuad);
    };
    for (int64_t py = 0; py < win.strideH; ++py)
      for (int64_t px = 0; px < win.strideW; ++px) {
        int64_t phase = grid.phases[size_t(py * win.strideW + px)];
        if (phase < 0)
          continue;
        int64_t at = phase * grid.perPhase;
        // The first column inside the image, and how many of them.
        auto [left, right] = validOutputs(px, win.strideW, win.padLeft, 1, grid.columns, id.w);
        left = std::min(left, right);
        for (int64_t row = 0; row < grid.rows; ++row, at += grid.columns) {
          int64_t y = row * win.strideH + py - win.padTop;
          if (y < 0 || y >= id.h) {
            fill(at, at + grid.columns);
            continue;
          }
          fill(at, at + left);
          int64_t first = y * id.w + left * win.strideW + px - win.padLeft;
          const uint8_t *from[kQuad] = {planes[0] + first, planes[1] + first, planes[2] + first, planes[3] + first};
          loops.interleave(from, win.strideW, right - left, flip, keep, to + (at + left) * kQuad);
          fill(at + right, at + grid.columns);
        }
        fill(at, (phase + 1) * grid.perPhase);
      }
    int64_t end = 0;
    for (int64_t phase : grid.phases)
      end = std::max(end, (phase + 1) * grid.perPhase);
    fill(end, grid.quadPixels); // read, but not used
  }
};

/// Weights as rows of quads: where they lie, or copied.
struct Rows {
  std::vector<const int8_t *> start;
  std::vector<int32_t> sums; ///< of each row
  std::vector<QuadStep> steps;
  std::unique_ptr<int8_t[]> own;
};

bool collect(const ByteLoops &loops, const ConstTensor &filter, int64_t channels, const Window &win, const Grid &grid,
             int zeroPoint, int64_t group, bool needsSums, Rows &rows) {
  int64_t kernel = win.kh * win.kw, quads = (channels + kQuad - 1) / kQuad, count = filter.dims.n;
  int64_t rowLength = (channels + group - 1) / group * group * kernel, ownLength = quads * kernel * kQuad;
  bool lies = filter.dtype == DType::I8 && zeroPoint == 0 && group % kQuad == 0;
  if (!lies) {
    rows.own.reset(new int8_t[size_t(count * ownLength)]());
    bool isSigned = filter.dtype == DType::I8;
    for (int64_t j = 0; j < count; ++j) {
      const uint8_t *from = filter.as<uint8_t>() + (filter.planes ? filter.planes->at(0, j) : j * rowLength);
      int8_t *to = rows.own.get() + j * ownLength;
      int outside = 0;
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t k = 0; k < kernel; ++k) {
          uint8_t stored = from[(c / group * kernel + k) * group + c % group];
          int w = (isSigned ? int8_t(stored) : int(stored)) - zeroPoint;
          outside |= (w + 128) & ~0xff;
          to[(c / kQuad * kernel + k) * kQuad + c % kQuad] = int8_t(w);
        }
      if (outside)
        return false;
    }
  }
  int64_t step = lies ? group : kQuad;
  for (int64_t c = 0; c < channels; c += step)
    for (int64_t y = 0; y < win.kh; ++y)
      for (int64_t x = 0; x < win.kw; ++x)
        for (int64_t i = c, end = std::min(c + step, channels); i < end; i += kQuad)
          rows.steps.push_back(
              {int32_t((i / kQuad * grid.quadPixels + grid.tap(y * win.dilationH, x * win.dilationW, win)) * kQuad),
               int32_t((c / step * kernel + y * win.kw + x) * step + i - c)});
  rows.start.resize(size_t(count));
  for (int64_t j = 0; j < count; ++j)
    rows.start[size_t(j)] = lies ? filter.as<int8_t>() + (filter.planes ? filter.planes->at(0, j) : j * rowLength)
                                 : rows.own.get() + j * ownLength;
  rows.sums.assign(size_t(count), 0);
  for (int64_t j = 0; j < count && needsSums; ++j) {
    const int8_t *row = rows.start[size_t(j)];
    int64_t whole = lies ? channels / group : quads;
    rows.sums[size_t(j)] = loops.sum(row, whole * step * kernel);
    // What stands for channels past the last is not read as a weight.
    for (int64_t k = 0; k < kernel && whole * step < channels; ++k)
      rows.sums[size_t(j)] += loops.sum(row + (whole * kernel + k) * step, channels - whole * step);
  }
  return true;
}

/// The vectors of an image's outputs, gaps between rows included, and how many a block takes.
struct Vectors {
  std::vector<Landing> landing;
  std::vector<int64_t> blocks; ///< the first vector of each, and the end

  Vectors(const Dims &out, int64_t columns) {
    constexpr int64_t most = ByteLoops::kVectors;
    landing = makeLandings(out, columns);
    int64_t left = int64_t(landing.size()), at = 0;
    while (left > 0) {
      blocks.push_back(at);
      int64_t taken = left == most + 1 ? 2 : std::min(left, most); // two and two rather than three and one
      at += taken, left -= taken;
    }
    blocks.push_back(at);
  }
};

} // namespace

bool convBytes(const ByteLoops &loops, const Tensor &out, const ConstTensor &in, const ConstTensor &filter,
               const Window &window, int padValue, int kernelZeroPoint, bool accumulate, int64_t group) {
  Window win = window;
  Dims id = in.dims, od = out.dims;
  flattenPointwise(id, od, win);
  if (id.h == 1 && od.h == 1)
    win.strideH = 1;
  Grid grid(id, od, win);
  int64_t quads = (id.c + kQuad - 1) / kQuad, imageBytes = quads * grid.quadPixels * kQuad;
  if (imageBytes > INT32_MAX)
    return false;
  bool isSigned = in.dtype == DType::I8;
  Rows rows;
  if (!collect(loops, filter, id.c, win, grid, kernelZeroPoint, group, isSigned, rows))
    return false;
  // A signed input counts 128 more than it should.
  std::vector<int32_t> start(size_t(od.c));
  for (int64_t c = 0; c < od.c && isSigned; ++c)
    start[size_t(c)] = int32_t(0u - uint32_t(rows.sums[size_t(c)]) * 128u);

  int64_t products = od.count() * id.c * win.kh * win.kw;
  std::unique_ptr<uint8_t[]> image(new uint8_t[size_t(id.n * imageBytes)]);
  Packer packer{loops, in, id, win, grid, padValue};
  int64_t all = id.n * quads, share = std::max<int64_t>(1, std::max(all / 16, (1 << 15) / (grid.quadPixels * kQuad)));
  parallelFor(all, products < kSmall ? all : share, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      packer.quad(i / quads, i % quads, image.get() + i * grid.quadPixels * kQuad);
  });

  Vectors vectors(od, grid.columns);
  // Few tiles of pixels are cut by output channels too, so that all threads have work.
  int64_t blocks = int64_t(vectors.blocks.size()) - 1, tiles = od.n * blocks, cuts = 1;
  while (tiles * cuts < 16 && od.c / cuts >= 4 * ByteLoops::kRows)
    cuts *= 2;
  int64_t perCut = ((od.c + cuts - 1) / cuts + ByteLoops::kRows - 1) / ByteLoops::kRows * ByteLoops::kRows;
  cuts = (od.c + perCut - 1) / perCut;
  int64_t tasks = tiles * cuts, grain = std::max<int64_t>(1, tasks / 16);
  parallelFor(tasks, products < kSmall ? tasks : grain, [&](int64_t begin, int64_t end) {
    std::vector<int32_t *> planes(static_cast<size_t>(perCut));
    int64_t known = -1;
    for (int64_t t = begin; t < end; ++t) {
      int64_t block = t % blocks, n = t / blocks / cuts, channel = t / blocks % cuts * perCut;
      int64_t count = std::min(perCut, od.c - channel);
      if (t / blocks != known)
        for (int64_t c = 0; c < count; ++c)
          planes[size_t(c)] = out.as<int32_t>() + planeOffset(od, out.planes, n * od.c + channel + c);
      known = t / blocks;
      int64_t first = vectors.blocks[size_t(block)], end = vectors.blocks[size_t(block) + 1];
      loops.block(int64_t(rows.steps.size()), rows.steps.data(),
                  image.get() + n * imageBytes + first * ByteLoops::kPixels * kQuad, int(count),
                  rows.start.data() + channel, start.data() + channel, int(end - first),
                  vectors.landing.data() + first, planes.data(), accumulate);
    }
  });
  return true;
}

} // namespace tpu_mlir::kernel
