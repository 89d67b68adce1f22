//===- Pool.cpp - Depth-wise convolution and maximum pooling --------------===//
// Both walk a channel row by row: every tap of the window is one pass over an
// output row, which keeps the order kh, kw of float sums. Integer sums have no
// order to keep: DepthwiseInt.cpp.

#include "DepthwiseInt.h"
#include "Inner.h"
#include "Widened.h"
#include "Window.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cassert>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

namespace tpu_mlir::kernel {
namespace {

void checkWindow(const Tensor &out, const ConstTensor &in, const Window &win) {
  assert(out.dims.n == in.dims.n && out.dims.c == in.dims.c);
  assert(out.dims.h == win.outH(in.dims.h) && out.dims.w == win.outW(in.dims.w));
  (void)out, (void)in, (void)win;
}

} // namespace

void depthwise(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const void *bias, const Window &win,
               int padValue) {
  checkWindow(out, in, win);
  assert(filter.dims.count() == 1 || filter.dims == (Dims{1, in.dims.c, win.kh, win.kw}));
  if (!isFloat(in.dtype))
    return depthwiseInt(out, in, filter, static_cast<const int32_t *>(bias), win, padValue);
  if (in.dtype != DType::F32)
    return narrowed(out,
                    [&](const Tensor &wide) { depthwise(wide, Widened(in), Widened(filter), bias, win, padValue); });
  const InnerLoops &loops = inner();
  const Dims &id = in.dims, &od = out.dims;
  bool constant = filter.dims.count() == 1;
  parallelFor(od.n * od.c, planeGrain(od, win.kh * win.kw), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      int64_t c = plane % od.c;
      for (int64_t y = 0; y < od.h; ++y) {
        auto rows = validTaps(y, win.strideH, win.padTop, win.dilationH, win.kh, id.h);
        int64_t outAt = (plane * od.h + y) * od.w;
        float *acc = out.as<float>() + outAt;
        std::fill_n(acc, od.w, bias ? static_cast<const float *>(bias)[c] : 0.0f);
        for (int64_t ky = rows.first; ky < rows.second; ++ky)
          for (int64_t kx = 0; kx < win.kw; ++kx) {
            auto [x0, x1] = validOutputs(kx, win.strideW, win.padLeft, win.dilationW, od.w, id.w);
            if (x0 == x1)
              continue;
            float w = filter.as<float>()[constant ? 0 : (c * win.kh + ky) * win.kw + kx];
            int64_t iy = y * win.strideH - win.padTop + ky * win.dilationH;
            int64_t ix = x0 * win.strideW - win.padLeft + kx * win.dilationW;
            loops.rowF32(in.as<float>() + (plane * id.h + iy) * id.w + ix, win.strideW, w, acc + x0, x1 - x0);
          }
      }
    }
  });
}

namespace {

/// Fills acc with what a window holds before its first real element.
template <typename T>
void startRow(T *acc, const Window &win, const Dims &id, const Dims &od, bool rowsPadded, bool rowsEmpty, T pad) {
  for (int64_t x = 0; x < od.w; ++x) {
    auto [k0, k1] = validTaps(x, win.strideW, win.padLeft, win.dilationW, win.kw, id.w);
    if constexpr (std::is_floating_point_v<T>)
      acc[x] =
          rowsEmpty || k0 == k1 ? -FLT_MAX : -INFINITY; // padding is skipped; a window of padding alone has no maximum
    else
      acc[x] = rowsPadded || k0 > 0 || k1 < win.kw ? pad : std::numeric_limits<T>::lowest();
  }
}

void startRow(DType t, void *acc, const Window &win, const Dims &id, const Dims &od, bool rowsPadded, bool rowsEmpty,
              int pad) {
  assert(byteSize(t) != 2 || !isFloat(t));
  if (t == DType::F32)
    return startRow(static_cast<float *>(acc), win, id, od, rowsPadded, rowsEmpty, 0.0f);
  visitInteger(t, [&]<typename T>() { startRow(static_cast<T *>(acc), win, id, od, rowsPadded, rowsEmpty, T(pad)); });
}

} // namespace

void maxPool(const Tensor &out, const ConstTensor &in, const Window &win, int padValue) {
  checkWindow(out, in, win);
  assert(out.dtype == in.dtype);
  if (isFloat(in.dtype) && in.dtype != DType::F32) // widening keeps the order, and the maximum is one of the operands
    return narrowed(out, [&](const Tensor &wide) { maxPool(wide, Widened(in), win, padValue); });
  const InnerLoops &loops = inner();
  const Dims &id = in.dims, &od = out.dims;
  int64_t size = byteSize(in.dtype);
  parallelFor(od.n * od.c, planeGrain(od, win.kh * win.kw), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane)
      for (int64_t y = 0; y < od.h; ++y) {
        auto rows = validTaps(y, win.strideH, win.padTop, win.dilationH, win.kh, id.h);
        uint8_t *acc = out.as<uint8_t>() + (plane * od.h + y) * od.w * size;
        startRow(in.dtype, acc, win, id, od, rows.first > 0 || rows.second < win.kh, rows.first == rows.second,
                 padValue);
        for (int64_t ky = rows.first; ky < rows.second; ++ky)
          for (int64_t kx = 0; kx < win.kw; ++kx) {
            auto [x0, x1] = validOutputs(kx, win.strideW, win.padLeft, win.dilationW, od.w, id.w);
            if (x0 == x1)
              continue;
            int64_t iy = y * win.strideH - win.padTop + ky * win.dilationH;
            int64_t ix = x0 * win.strideW - win.padLeft + kx * win.dilationW;
            loops.rowMax(in.dtype, in.as<uint8_t>() + ((plane * id.h + iy) * id.w + ix) * size, win.strideW,
                         acc + x0 * size, x1 - x0);
          }
      }
  });
}

} // namespace tpu_mlir::kernel
