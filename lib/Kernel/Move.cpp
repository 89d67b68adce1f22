//===- Move.cpp - Elements to other places --------------------------------===//
// Plain loops on elements of one, two or four bytes.

#include "tpu_mlir/Kernel/Move.h"
#include "tpu_mlir/Kernel/Visit.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace tpu_mlir::kernel {

void exchangeChannels(const Tensor &out, const ConstTensor &in) {
  const Dims &d = in.dims;
  assert(out.dims == (Dims{d.n, d.w, d.h, d.c}) && byteSize(out.dtype) == byteSize(in.dtype));
  visitBits(in.dtype, [&]<typename T>() {
    for (int64_t n = 0; n < d.n; ++n)
      for (int64_t c = 0; c < d.c; ++c)
        for (int64_t h = 0; h < d.h; ++h)
          for (int64_t w = 0; w < d.w; ++w)
            out.as<T>()[((n * d.w + w) * d.h + h) * d.c + c] = in.as<T>()[((n * d.c + c) * d.h + h) * d.w + w];
  });
}

void transposeMatrices(const Tensor &out, const ConstTensor &in) {
  const Dims &d = in.dims;
  assert(out.dims == (Dims{d.n, d.c, d.w, d.h}) && byteSize(out.dtype) == byteSize(in.dtype));
  visitBits(in.dtype, [&]<typename T>() {
    for (int64_t i = 0; i < d.n * d.c; ++i)
      for (int64_t h = 0; h < d.h; ++h)
        for (int64_t w = 0; w < d.w; ++w)
          out.as<T>()[(i * d.w + w) * d.h + h] = in.as<T>()[(i * d.h + h) * d.w + w];
  });
}

void broadcastChannel(const Tensor &out, const ConstTensor &in) {
  const Dims &d = out.dims;
  assert(in.dims == (Dims{d.n, 1, d.h, d.w}) && byteSize(out.dtype) == byteSize(in.dtype));
  const int64_t plane = d.h * d.w * byteSize(out.dtype);
  for (int64_t i = 0; i < d.n * d.c; ++i)
    std::memcpy(out.as<uint8_t>() + i * plane, in.as<uint8_t>() + i / d.c * plane, size_t(plane));
}

void insertZeros(const Tensor &out, const ConstTensor &in, int64_t stepH, int64_t stepW) {
  const Dims &d = in.dims, &to = out.dims;
  assert(to == (Dims{d.n, d.c, (d.h - 1) * stepH + 1, (d.w - 1) * stepW + 1}) && out.dtype == in.dtype);
  std::memset(out.data, 0, size_t(out.bytes()));
  visitBits(in.dtype, [&]<typename T>() {
    for (int64_t plane = 0; plane < d.n * d.c; ++plane)
      for (int64_t y = 0; y < d.h; ++y)
        for (int64_t x = 0; x < d.w; ++x)
          out.as<T>()[(plane * to.h + y * stepH) * to.w + x * stepW] = in.as<T>()[(plane * d.h + y) * d.w + x];
  });
}

void turnWindows(const Tensor &windows) {
  const Dims &d = windows.dims;
  visitBits(windows.dtype, [&]<typename T>() {
    T *w = windows.as<T>();
    for (int64_t i = 0; i < d.n * d.c; ++i, w += d.h * d.w)
      std::reverse(w, w + d.h * d.w);
  });
}

} // namespace tpu_mlir::kernel
