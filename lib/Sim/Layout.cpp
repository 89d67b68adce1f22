//===- Layout.cpp - Tensors in local memory -------------------------------===//
// Moves rows with memcpy wherever the layout allows, planes by several threads.

#include "tpu_mlir/Sim/Layout.h"
#include "tpu_mlir/Kernel/Parallel.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <cstring>
#include <utility>

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

template <typename T>
void copyElements(uint8_t *to, int64_t toH, int64_t toW, const uint8_t *from, int64_t fromH, int64_t fromW, int64_t h,
                  int64_t w) {
  for (int64_t y = 0; y < h; ++y)
    for (int64_t x = 0; x < w; ++x)
      std::memcpy(to + (y * toH + x * toW) * int64_t(sizeof(T)), from + (y * fromH + x * fromW) * int64_t(sizeof(T)),
                  sizeof(T));
}

/// Copies h rows of w elements of `size` bytes between two strided places.
void copyPlane(uint8_t *to, int64_t toH, int64_t toW, const uint8_t *from, int64_t fromH, int64_t fromW, int64_t h,
               int64_t w, int64_t size) {
  if (w == 1) // one row of what were rows
    std::swap(h, w), toW = toH, fromW = fromH;
  if (toW == 1 && fromW == 1) {
    if ((toH == w && fromH == w) || h == 1) {
      std::memcpy(to, from, size_t(h * w * size));
      return;
    }
    for (int64_t y = 0; y < h; ++y)
      std::memcpy(to + y * toH * size, from + y * fromH * size, size_t(w * size));
    return;
  }
  switch (size) {
  case 1:
    return copyElements<uint8_t>(to, toH, toW, from, fromH, fromW, h, w);
  case 2:
    return copyElements<uint16_t>(to, toH, toW, from, fromH, fromW, h, w);
  default:
    return copyElements<uint32_t>(to, toH, toW, from, fromH, fromW, h, w);
  }
}

template <typename Byte, typename AnyMemory> BytePlanes<Byte> placesOf(AnyMemory &memory, const LocalTensor &t) {
  int64_t size = kernel::byteSize(t.dtype);
  return {memory.lane(0) + t.start.offset,
          {memory.lanes(), t.start.lane, memory.lanePitch(), t.strides.c * size, t.strides.n * size},
          t.strides.h,
          t.strides.w};
}

/// The dense buffer of these dimensions.
template <typename Byte> BytePlanes<Byte> densePlanes(const Dims &d, int64_t size, Byte *base) {
  int64_t plane = d.h * d.w * size;
  return {base, {d.c, 0, plane, 0, d.c * plane}, d.w, 1};
}

} // namespace

BytePlanes<uint8_t> planesOf(Memory &memory, const LocalTensor &t) { return placesOf<uint8_t>(memory, t); }
BytePlanes<const uint8_t> planesOf(const Memory &memory, const LocalTensor &t) {
  return placesOf<const uint8_t>(memory, t);
}

bool hasPlacesApart(const LocalTensor &t, const Memory &memory) {
  const Dims &d = t.dims;
  const Strides &s = t.strides;
  int64_t groups = groupsOf(d, t.start.lane, memory), extent = 1;
  for (auto [count, stride] : {std::pair(d.w, s.w), {d.h, s.h}, {groups, s.c}, {d.n, s.n}}) {
    if (count > 1 && stride < extent)
      return false;
    extent += (count - 1) * stride;
  }
  return true;
}

void copyPlanes(const Dims &d, int64_t size, const BytePlanes<uint8_t> &to, const BytePlanes<const uint8_t> &from,
                uint64_t laneMask) {
  int64_t planes = d.n * d.c, grain = std::max<int64_t>(1, (1 << 17) / (d.h * d.w * size));
  kernel::parallelFor(planes, grain, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      int64_t n = plane / d.c, c = plane % d.c;
      if (laneMask >> ((to.at.first + c) % to.at.perGroup % 64) & 1)
        copyPlane(to.base + to.at.at(n, c), to.h, to.w, from.base + from.at.at(n, c), from.h, from.w, d.h, d.w, size);
    }
  });
}

void gather(const Memory &memory, const LocalTensor &t, void *dense) {
  int64_t size = kernel::byteSize(t.dtype);
  copyPlanes(t.dims, size, densePlanes(t.dims, size, static_cast<uint8_t *>(dense)), planesOf(memory, t));
}

void scatter(Memory &memory, const LocalTensor &t, const void *dense, uint64_t laneMask) {
  int64_t size = kernel::byteSize(t.dtype);
  // Of elements that share a place the last one stays.
  kernel::ThreadLimit limit(hasPlacesApart(t, memory) ? kernel::threadCount() : 1);
  copyPlanes(t.dims, size, planesOf(memory, t), densePlanes(t.dims, size, static_cast<const uint8_t *>(dense)), laneMask);
}

} // namespace tpu_mlir::sim
