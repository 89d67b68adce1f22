//===- Table.cpp - Tables and indices -------------------------------------===//
// Bytes that index whole tables cannot miss them and have loops of their own;
// other indices are looked at one by one.

#include "tpu_mlir/Kernel/Table.h"
#include "Strips.h"

namespace tpu_mlir::kernel {
namespace {

template <typename T> void lookupStrip(const uint8_t *in, const T *table, T *out, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = table[in[i]];
}

void lookupRun(const InnerLoops &loops, DType t, const uint8_t *in, const void *table, void *out, int64_t n) {
  if (byteSize(t) == 1 && loops.bytes)
    return loops.bytes->lookup(in, static_cast<const uint8_t *>(table), n, static_cast<uint8_t *>(out));
  visitBits(t, [&]<typename T>() { lookupStrip(in, static_cast<const T *>(table), static_cast<T *>(out), n); });
}

/// Runs f(element type, index type) for a tensor of elements and one of indices.
template <typename F> std::optional<int64_t> visitIndexed(DType element, DType index, F f) {
  assert(index == DType::U8 || index == DType::U16);
  return visitBits(element, [&]<typename T>() {
    return index == DType::U8 ? f.template operator()<T, uint8_t>() : f.template operator()<T, uint16_t>();
  });
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

std::optional<int64_t> gatherRows(const Tensor &out, const ConstTensor &table, const ConstTensor &index,
                                  const IndexRule &rule) {
  assert(out.dims == index.dims && out.dims.h == 1 && table.dims.n == 1 && table.dims.c == out.dims.c);
  const int64_t entries = table.dims.w, width = out.dims.w, channels = out.dims.c;
  return visitIndexed(out.dtype, index.dtype, [&]<typename T, typename I>() -> std::optional<int64_t> {
    for (int64_t row = 0; row < out.dims.n * channels; ++row) {
      const T *from = table.as<T>() + row % channels * entries;
      const I *wanted = index.as<I>() + row * width;
      T *to = out.as<T>() + row * width;
      for (int64_t j = 0; j < width; ++j) {
        const int64_t i = wanted[j];
        const bool isSkipped = rule.skips && i == rule.skipped;
        if (i < entries && !isSkipped)
          to[j] = from[i];
        else if (rule.fills)
          to[j] = T(rule.fill);
        else if (!isSkipped)
          return i;
      }
    }
    return std::nullopt;
  });
}

std::optional<int64_t> scatterRows(const Tensor &out, const ConstTensor &source, const ConstTensor &index,
                                   const IndexRule &rule) {
  assert(source.dims == index.dims && out.dims.h == 1 && out.dims.n == index.dims.n && out.dims.c == index.dims.c);
  const int64_t width = index.dims.w;
  return visitIndexed(out.dtype, index.dtype, [&]<typename T, typename I>() -> std::optional<int64_t> {
    for (int64_t row = 0; row < out.dims.n * out.dims.c; ++row)
      for (int64_t j = 0; j < width; ++j) {
        const int64_t i = index.as<I>()[row * width + j];
        if (rule.skips && i == rule.skipped)
          continue;
        if (i >= out.dims.w)
          return i;
        out.as<T>()[row * out.dims.w + i] = source.as<T>()[row * width + j];
      }
    return std::nullopt;
  });
}

} // namespace tpu_mlir::kernel
