//===- DepthwiseBytes.cpp - Depth-wise convolution in bytes ---------------===//
// Up to four neighbouring taps of a window's row are one product of quads: a
// permutation takes the bytes of 16 outputs from one vector of the padded plane.
// Rows that a stride apart are neighbours there, and outputs are computed as one
// long row whose pitch is the padded one; sums between the rows are dropped.

#include "DepthwiseInt.h"
#include "Inner.h"
#include "Landings.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cstring>

namespace tpu_mlir::kernel {
namespace {

constexpr int64_t kQuad = 4;
constexpr int64_t kSlack = 64; ///< bytes that a vector may reach behind the last

/// A padded plane as [row phase][row][column].
struct PaddedRows {
  int64_t columns, pitch, rows, perPhase;
  PaddedRows(const Dims &in, const Dims &out, const Window &win) {
    // The padding on the right of a row is that on the left of the next.
    columns = std::max((in.w + std::max(win.padLeft, win.padRight) + win.strideW - 1) / win.strideW, out.w);
    pitch = columns * win.strideW;
    rows = (in.h + win.padTop + win.padBottom + win.strideH - 1) / win.strideH;
    perPhase = rows * pitch + win.kw;
  }
  int64_t row(int64_t y, int64_t strideH) const { return y % strideH * perPhase + y / strideH * pitch; }
};

} // namespace

bool depthwiseBytes(const ByteLoops &loops, const Tensor &out, const ConstTensor &in, const ConstTensor &filter,
                    const int32_t *bias, const Window &win, int padValue) {
  const Dims &id = in.dims, &od = out.dims;
  if (win.dilationW != 1 || win.strideW > kQuad)
    return false;
  int64_t taps = win.kh * win.kw, perRow = (win.kw + kQuad - 1) / kQuad, planes = od.n * od.c;
  bool constant = filter.dims.count() == 1;
  if (filter.dtype == DType::U8)
    for (int64_t i = 0; i < filter.dims.count(); ++i)
      if (filter.as<uint8_t>()[i] > 127)
        return false;

  const PaddedRows place(id, od, win);
  std::vector<WindowStep> shape;
  for (int64_t y = 0; y < win.kh; ++y)
    for (int64_t g = 0; g < perRow; ++g)
      shape.push_back({int32_t(place.row(y * win.dilationH, win.strideH) + g * kQuad), 0});
  std::vector<Landing> landings = makeLandings(od, place.columns);
  bool isSigned = in.dtype == DType::I8;
  const uint8_t flip = isSigned ? 0x80 : 0;

  parallelFor(planes, std::max<int64_t>(planeGrain(od, taps), planes / 16), [&](int64_t begin, int64_t end) {
    // Whole vectors of outputs, then what the last one's bytes and taps reach.
    size_t bytes = size_t(place.perPhase * win.strideH + 16 * win.strideW + win.kw + kSlack);
    std::vector<uint8_t> padded(bytes, uint8_t(padValue) ^ flip);
    std::vector<WindowStep> steps = shape;
    for (int64_t plane = begin; plane < end; ++plane) {
      int64_t c = plane % od.c;
      const uint8_t *from = in.as<uint8_t>() + planeOffset(id, in.planes, plane);
      for (int64_t y = 0; y < id.h; ++y)
        loops.copy(from + y * id.w, id.w, flip,
                   padded.data() + place.row(y + win.padTop, win.strideH) + win.padLeft);
      int32_t sum = 0;
      if (!constant || plane == begin)
        for (size_t s = 0; s < steps.size(); ++s) {
          int64_t y = int64_t(s) / perRow, x = int64_t(s) % perRow * kQuad;
          int8_t quad[kQuad] = {};
          for (int64_t i = 0; i < kQuad && x + i < win.kw; ++i)
            quad[i] = filter.as<int8_t>()[constant ? 0 : c * taps + y * win.kw + x + i];
          std::memcpy(&steps[s].weights, quad, sizeof quad);
        }
      if (isSigned) // the input counts 128 more than it should
        sum = constant ? int32_t(taps) * filter.as<int8_t>()[0] : loops.sum(filter.as<int8_t>() + c * taps, taps);
      loops.window(int64_t(steps.size()), steps.data(), padded.data(), int(win.strideW),
                   int32_t(uint32_t(bias ? bias[c] : 0) - uint32_t(sum) * 128u), int64_t(landings.size()),
                   landings.data(), out.as<int32_t>() + planeOffset(od, out.planes, plane));
    }
  });
  return true;
}

} // namespace tpu_mlir::kernel
