//===- DepthwiseInt.cpp - Depth-wise convolution of integers --------------===//
// Each plane is padded, widened and cut into phases: rows and columns that are
// a stride apart become neighbours. Every tap is then one distance in that
// buffer, the same for all outputs, and small planes are summed in one go
// instead of row by row.

#include "DepthwiseInt.h"
#include "Inner.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cstring>
#include <vector>

namespace tpu_mlir::kernel {
namespace {

constexpr int64_t kSlack = 64;         ///< elements that the inner loop may touch behind the last
constexpr int64_t kSumsAtATime = 4096; ///< stay in the first-level cache

/// A padded plane as [row phase][column phase][row][column].
struct Phases {
  int64_t rows, columns, perPhase, strideH, strideW;
  Phases(const Dims &in, const Window &win)
      : rows((in.h + win.padTop + win.padBottom + win.strideH - 1) / win.strideH),
        columns((in.w + win.padLeft + win.padRight + win.strideW - 1) / win.strideW), perPhase(rows * columns),
        strideH(win.strideH), strideW(win.strideW) {}
  int64_t size() const { return perPhase * strideH * strideW; }
  int64_t at(int64_t y, int64_t x) const {
    return (y % strideH * strideW + x % strideW) * perPhase + y / strideH * columns + x / strideW;
  }
};

/// Writes a plane behind its padding, which stays as it is.
template <typename T>
void widenPlane(const T *in, const Dims &d, const Window &win, const Phases &phases, int16_t *to) {
  for (int64_t y = 0; y < d.h; ++y, in += d.w)
    for (int64_t x0 = 0, first = std::min(win.strideW, d.w); x0 < first; ++x0) {
      int16_t *cell = to + phases.at(y + win.padTop, x0 + win.padLeft);
      int64_t count = (d.w - x0 + win.strideW - 1) / win.strideW;
      if (win.strideW == 1)
        for (int64_t i = 0; i < count; ++i)
          cell[i] = int16_t(in[i]);
      else
        for (int64_t i = 0; i < count; ++i)
          cell[i] = int16_t(in[x0 + i * win.strideW]);
    }
}

} // namespace

void depthwiseInt(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const int32_t *bias,
                  const Window &win, int padValue) {
  const InnerLoops &loops = inner();
  if (loops.bytes && depthwiseBytes(*loops.bytes, out, in, filter, bias, win, padValue))
    return;
  const Dims &id = in.dims, &od = out.dims;
  const Phases phases(id, win);
  int64_t taps = win.kh * win.kw;
  bool constant = filter.dims.count() == 1;
  std::vector<int32_t> offsets;
  for (int64_t y = 0; y < win.kh; ++y)
    for (int64_t x = 0; x < win.kw; ++x)
      offsets.push_back(int32_t(phases.at(y * win.dilationH, x * win.dilationW)));
  int64_t rowsAtATime = std::max<int64_t>(1, kSumsAtATime / phases.columns);

  parallelFor(od.n * od.c, planeGrain(od, taps), [&](int64_t begin, int64_t end) {
    std::vector<int16_t> padded(size_t(phases.size() + kSlack), int16_t(padValue));
    std::vector<int32_t> sums(size_t(rowsAtATime * phases.columns + kSlack)), weights(static_cast<size_t>(taps));
    for (int64_t plane = begin; plane < end; ++plane) {
      int64_t c = plane % od.c;
      if (in.dtype == DType::I8)
        widenPlane(in.as<int8_t>() + planeOffset(id, in.planes, plane), id, win, phases, padded.data());
      else
        widenPlane(in.as<uint8_t>() + planeOffset(id, in.planes, plane), id, win, phases, padded.data());
      for (int64_t k = 0; k < taps; ++k) {
        int64_t at = constant ? 0 : c * taps + k;
        weights[size_t(k)] = filter.dtype == DType::I8 ? filter.as<int8_t>()[at] : filter.as<uint8_t>()[at];
      }
      for (int64_t y = 0; y < od.h; y += rowsAtATime) {
        int64_t rows = std::min(rowsAtATime, od.h - y);
        loops.windowInt(padded.data() + y * phases.columns, offsets.data(), weights.data(), taps, bias ? bias[c] : 0,
                        sums.data(), (rows - 1) * phases.columns + od.w);
        int32_t *to = out.as<int32_t>() + planeOffset(od, out.planes, plane) + y * od.w;
        for (int64_t r = 0; r < rows; ++r)
          std::memcpy(to + r * od.w, sums.data() + r * phases.columns, size_t(od.w) * sizeof(int32_t));
      }
    }
  });
}

} // namespace tpu_mlir::kernel
