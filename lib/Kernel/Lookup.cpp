//===- Lookup.cpp - Tables ------------------------------------------------===//
// Bytes that index tables, one for all elements or one for each channel.

#include "Inner.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir::kernel {
namespace {

constexpr int64_t kGrain = 1 << 14; ///< elements a thread takes at a time

const uint8_t *at(const void *data, int64_t element, DType t) {
  return static_cast<const uint8_t *>(data) + element * byteSize(t);
}
uint8_t *at(void *data, int64_t element, DType t) { return static_cast<uint8_t *>(data) + element * byteSize(t); }

template <typename T> void lookupStrip(const uint8_t *in, const T *table, T *out, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = table[in[i]];
}

void lookupRun(const InnerLoops &loops, DType t, const uint8_t *in, const void *table, void *out, int64_t n) {
  switch (byteSize(t)) {
  case 1:
    if (loops.bytes)
      return loops.bytes->lookup(in, static_cast<const uint8_t *>(table), n, static_cast<uint8_t *>(out));
    return lookupStrip(in, static_cast<const uint8_t *>(table), static_cast<uint8_t *>(out), n);
  case 2:
    return lookupStrip(in, static_cast<const uint16_t *>(table), static_cast<uint16_t *>(out), n);
  default:
    return lookupStrip(in, static_cast<const uint32_t *>(table), static_cast<uint32_t *>(out), n);
  }
}

} // namespace

void lookup(const Tensor &out, const ConstTensor &in, const void *table) {
  assert(out.dims == in.dims && bitWidth(in.dtype) == 8);
  const InnerLoops &loops = inner();
  parallelFor(out.dims.count(), kGrain, [&](int64_t begin, int64_t end) {
    lookupRun(loops, out.dtype, in.as<uint8_t>() + begin, table, at(out.data, begin, out.dtype), end - begin);
  });
}

void lookupRows(const Tensor &out, const ConstTensor &in, const ConstTensor &tables) {
  assert(out.dims == in.dims && bitWidth(in.dtype) == 8 && out.dtype == tables.dtype);
  assert(tables.dims.n == 1 && tables.dims.c == out.dims.c && tables.dims.h == 1 && tables.dims.w >= 256);
  const InnerLoops &loops = inner();
  int64_t plane = out.dims.h * out.dims.w;
  parallelFor(out.dims.n * out.dims.c, std::max<int64_t>(1, kGrain / plane), [&](int64_t begin, int64_t end) {
    const Dims &d = out.dims;
    PlaneWalk walkOut(d, d, out.planes, begin), walkIn(d, d, in.planes, begin),
        walkTable(d, tables.dims, tables.planes, begin);
    for (int64_t i = begin; i < end; ++i, walkOut.next(), walkIn.next(), walkTable.next())
      lookupRun(loops, out.dtype, in.as<uint8_t>() + walkIn.offset(), at(tables.data, walkTable.offset(), tables.dtype),
                at(out.data, walkOut.offset(), out.dtype), plane);
  });
}

} // namespace tpu_mlir::kernel
