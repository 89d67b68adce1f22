//===- Operand.cpp - What a command reads and writes ----------------------===//
// Between coordinates, dense positions and bytes of memory.

#include "tpu_mlir/Sim/Operand.h"

namespace tpu_mlir::sim {

ElementPlace placeOf(const Operand &o, const kernel::Dims &i, int64_t lanes) {
  int64_t item = kernel::byteSize(o.dtype), inner = i.n * o.strides.n + i.h * o.strides.h + i.w * o.strides.w;
  if (!o.isLocal)
    return {false, 0, o.address + uint64_t((inner + i.c * o.strides.c) * item)};
  int64_t at = o.start.lane + i.c;
  return {true, at % lanes, uint64_t(o.start.offset + (inner + at / lanes * o.strides.c) * item)};
}

/// The (h, w) of a plane that starts `rest` elements before the one looked for.
static std::optional<std::pair<int64_t, int64_t>> findInPlane(const Operand &o, int64_t rest) {
  for (int64_t h = 0; h < o.dims.h; ++h) {
    int64_t at = rest - h * o.strides.h;
    if (at < 0)
      continue;
    if (o.strides.w == 0 ? at == 0 : at % o.strides.w == 0 && at / o.strides.w < o.dims.w)
      return std::pair(h, o.strides.w ? at / o.strides.w : 0);
    if (o.strides.h == 0)
      break;
  }
  return std::nullopt;
}

std::optional<kernel::Dims> find(const Operand &o, const ElementPlace &place, int64_t lanes) {
  if (o.isLocal != place.isLocal)
    return std::nullopt;
  int64_t bytes = o.isLocal ? int64_t(place.address) - o.start.offset : int64_t(place.address - o.address);
  if (bytes < 0 || (o.isWrite && o.isLocal && !(o.laneMask >> (place.lane % 64) & 1)))
    return std::nullopt;
  int64_t at = bytes / kernel::byteSize(o.dtype);
  int64_t first = 0, step = 1;
  if (o.isLocal)
    first = (place.lane - o.start.lane + lanes) % lanes, step = lanes;
  for (int64_t c = first; c < o.dims.c; c += step) {
    int64_t group = o.isLocal ? (o.start.lane + c) / lanes : c;
    for (int64_t n = 0; n < o.dims.n; ++n) {
      int64_t rest = at - n * o.strides.n - group * o.strides.c;
      if (rest < 0)
        break;
      if (rest > (o.dims.h - 1) * o.strides.h + (o.dims.w - 1) * o.strides.w)
        continue;
      if (auto hw = findInPlane(o, rest))
        return kernel::Dims{n, c, hw->first, hw->second};
    }
  }
  return std::nullopt;
}

int64_t denseIndex(const kernel::Dims &d, const kernel::Dims &i) { return ((i.n * d.c + i.c) * d.h + i.h) * d.w + i.w; }

kernel::Dims indexOf(const kernel::Dims &d, int64_t dense) {
  kernel::Dims i;
  i.w = dense % d.w, dense /= d.w;
  i.h = dense % d.h, dense /= d.h;
  i.c = dense % d.c, i.n = dense / d.c;
  return i;
}

} // namespace tpu_mlir::sim
