//===- Layout.cpp - Tensors in local memory -------------------------------===//
// Moves rows with memcpy wherever the layout allows.

#include "tpu_mlir/Sim/Layout.h"
#include "tpu_mlir/Kernel/Parallel.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <cstring>

namespace tpu_mlir::sim {

int64_t groupsOf(const Dims &dims, int64_t lane, const Memory &memory) {
  return (lane + dims.c + memory.lanes() - 1) / memory.lanes();
}

Strides alignedStrides(const Dims &dims, DType dtype, int64_t lane, const Memory &memory) {
  int64_t unit = memory.alignBytes() / kernel::byteSize(dtype);
  int64_t channel = (dims.h * dims.w + unit - 1) / unit * unit;
  return {groupsOf(dims, lane, memory) * channel, channel, dims.w, 1};
}

Strides compactStrides(const Dims &dims, int64_t lane, const Memory &memory) {
  int64_t channel = dims.h * dims.w;
  return {groupsOf(dims, lane, memory) * channel, channel, dims.w, 1};
}

Strides sharedStrides(const Dims &dims) { return {0, 0, dims.w, 1}; }

void checkInside(const LocalTensor &t, const char *operand, const Memory &memory) {
  const Dims &d = t.dims;
  if (d.n < 1 || d.c < 1 || d.h < 1 || d.w < 1)
    throw UserError("'" + std::string(operand) + "' has an empty shape [" + std::to_string(d.n) + ", " +
                    std::to_string(d.c) + ", " + std::to_string(d.h) + ", " + std::to_string(d.w) + "]");
  int64_t last = (d.n - 1) * t.strides.n + (groupsOf(d, t.start.lane, memory) - 1) * t.strides.c +
                 (d.h - 1) * t.strides.h + (d.w - 1) * t.strides.w;
  int64_t end = t.start.offset + (last + 1) * kernel::byteSize(t.dtype);
  if (end > memory.laneBytes())
    throw UserError("'" + std::string(operand) + "' at lane " + std::to_string(t.start.lane) + " offset " +
                    hex(uint64_t(t.start.offset)) + " reaches offset " + hex(uint64_t(end)) + ", beyond the " +
                    hex(uint64_t(memory.laneBytes())) + " bytes of a lane");
}

namespace {

/// Calls move(place in the lane, place in the dense buffer) for each plane (n, c) whose lane is in the mask.
template <typename AnyMemory, typename DenseByte, typename Move>
void forChannels(AnyMemory &memory, const LocalTensor &t, DenseByte *dense, uint64_t mask, Move move) {
  int64_t size = kernel::byteSize(t.dtype), channel = t.dims.h * t.dims.w * size;
  int64_t planes = t.dims.n * t.dims.c, lanes = memory.lanes();
  kernel::parallelFor(planes, std::max<int64_t>(1, (1 << 19) / channel), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      int64_t n = plane / t.dims.c, at = t.start.lane + plane % t.dims.c, lane = at % lanes, group = at / lanes;
      if (!(mask >> (lane % 64) & 1))
        continue;
      move(memory.lane(lane) + t.start.offset + size * (n * t.strides.n + group * t.strides.c),
           dense + plane * channel);
    }
  });
}

/// Copies h rows of w elements of `size` bytes between two strided places.
void copyPlane(uint8_t *to, int64_t toH, int64_t toW, const uint8_t *from, int64_t fromH, int64_t fromW, int64_t h,
               int64_t w, int64_t size) {
  if (toW == 1 && fromW == 1) {
    if (toH == w && fromH == w) {
      std::memcpy(to, from, size_t(h * w * size));
      return;
    }
    for (int64_t y = 0; y < h; ++y)
      std::memcpy(to + y * toH * size, from + y * fromH * size, size_t(w * size));
    return;
  }
  for (int64_t y = 0; y < h; ++y)
    for (int64_t x = 0; x < w; ++x)
      std::memcpy(to + (y * toH + x * toW) * size, from + (y * fromH + x * fromW) * size, size_t(size));
}

} // namespace

void gather(const Memory &memory, const LocalTensor &t, void *dense) {
  forChannels(memory, t, static_cast<uint8_t *>(dense), ~uint64_t(0), [&](const uint8_t *from, uint8_t *to) {
    copyPlane(to, t.dims.w, 1, from, t.strides.h, t.strides.w, t.dims.h, t.dims.w, kernel::byteSize(t.dtype));
  });
}

void scatter(Memory &memory, const LocalTensor &t, const void *dense, uint64_t laneMask) {
  forChannels(memory, t, static_cast<const uint8_t *>(dense), laneMask, [&](uint8_t *to, const uint8_t *from) {
    copyPlane(to, t.strides.h, t.strides.w, from, t.dims.w, 1, t.dims.h, t.dims.w, kernel::byteSize(t.dtype));
  });
}

} // namespace tpu_mlir::sim
