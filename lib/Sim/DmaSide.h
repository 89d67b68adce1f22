//===- DmaSide.h - One side of a copy ---------------------------*- C++ -*-===//
// The strided tensor that a copy reads or writes, and where its elements are in
// linear memory.
#ifndef TPU_MLIR_LIB_SIM_DMASIDE_H
#define TPU_MLIR_LIB_SIM_DMASIDE_H

#include "Exec.h"

#include <utility>

namespace tpu_mlir::sim {

/// One side of a copy.
struct Side {
  const char *name;
  uint64_t address;
  Dims dims;
  Strides strides;
};

/// Bytes from the first element of a linear side to the end of its last.
inline uint64_t spanOf(const Side &s, int64_t size) {
  const Dims &d = s.dims;
  if (d.n < 1 || d.c < 1 || d.h < 1 || d.w < 1)
    throw UserError("'" + std::string(s.name) + "' has an empty shape [" + std::to_string(d.n) + ", " +
                    std::to_string(d.c) + ", " + std::to_string(d.h) + ", " + std::to_string(d.w) + "]");
  // Sizes have 16 bits and strides 32, so this cannot overflow.
  return uint64_t((d.n - 1) * s.strides.n + (d.c - 1) * s.strides.c + (d.h - 1) * s.strides.h +
                  (d.w - 1) * s.strides.w + 1) *
         uint64_t(size);
}

/// Whether every element of a linear side has a place of its own.
inline bool isApart(const Side &s) {
  int64_t extent = 1;
  for (auto [count, stride] :
       {std::pair(s.dims.w, s.strides.w), {s.dims.h, s.strides.h}, {s.dims.c, s.strides.c}, {s.dims.n, s.strides.n}}) {
    if (count > 1 && stride < extent)
      return false;
    extent += (count - 1) * stride;
  }
  return true;
}

/// Planes of a linear side; `channels` that it has.
template <typename Byte> BytePlanes<Byte> linearPlanes(Byte *base, const Side &s, int64_t channels, int64_t size) {
  return {base, {channels, 0, s.strides.c * size, 0, s.strides.n * size}, s.strides.h, s.strides.w};
}

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_DMASIDE_H
