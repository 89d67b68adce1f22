//===- Quant.cpp - Changes of scale ---------------------------------------===//
// Requantisation walks planes, since its parameters change with the channel;
// its integer form, which networks spend time in, has loops of its own.

#include "tpu_mlir/Kernel/Quant.h"
#include "Strips.h"
#include "tpu_mlir/Kernel/Cast.h"

namespace tpu_mlir::kernel {

void requant(const Tensor &out, const ConstTensor &in, const QuantEntry *entries, int64_t count, Round round) {
  assert(out.dims == in.dims && (count == 1 || count == out.dims.c));
  assert(!isFloat(in.dtype) && in.dtype != DType::U32 && !isFloat(out.dtype));
  const InnerLoops &loops = inner();
  int64_t plane = out.dims.h * out.dims.w, planes = out.dims.n * out.dims.c;
  if (count == 1 && !in.planes && !out.planes)
    plane *= planes, planes = 1;
  int64_t cuts = (plane + kGrain - 1) / kGrain;
  parallelFor(planes * cuts, std::max<int64_t>(1, kGrain / plane), [&](int64_t begin, int64_t end) {
    int32_t wide[kStrip];
    int64_t scaled[kStrip];
    PlaneWalk walkIn(in.dims, in.dims, in.planes, begin / cuts), walkOut(in.dims, out.dims, out.planes, begin / cuts);
    for (int64_t i = begin, cut = begin % cuts; i < end; ++i) {
      QuantEntry entry = entries[count == 1 ? 0 : walkIn.channel()];
      int64_t x = cut * kGrain, last = std::min(x + kGrain, plane), from = walkIn.offset(), to = walkOut.offset();
      if (++cut == cuts)
        cut = 0, walkIn.next(), walkOut.next();
      if (loops.fused && entry.shift < 0 && entry.shift >= -62 && out.dtype != DType::U32) {
        loops.fused->requant(in.dtype, at(in.data, from + x, in.dtype), out.dtype, at(out.data, to + x, out.dtype),
                             entry, round, last - x);
        continue;
      }
      for (; x < last; x += kStrip) {
        int64_t n = std::min(kStrip, last - x);
        const int32_t *values = in.dtype == DType::I32 ? in.as<int32_t>() + from + x : wide;
        if (values == wide)
          loops.widen32(in.dtype, at(in.data, from + x, in.dtype), wide, n);
        loops.scale(values, scaled, entry, round, n);
        loops.narrow64(scaled, out.dtype, at(out.data, to + x, out.dtype), n);
      }
    }
  });
}

namespace {

/// Runs f(entry, values, element, n) over strips of dense planes; values are the input's integers.
template <typename Entry, typename F> void forEntries(const ConstTensor &in, const Entry *entries, int64_t count, F f) {
  assert((count == 1 || count == in.dims.c) && !isFloat(in.dtype) && !in.planes);
  const InnerLoops &loops = inner();
  const int64_t plane = in.dims.h * in.dims.w;
  parallelFor(in.dims.n * in.dims.c, std::max<int64_t>(1, kGrain / plane), [&](int64_t begin, int64_t end) {
    int64_t values[kStrip];
    for (int64_t i = begin; i < end; ++i)
      for (int64_t x = 0; x < plane; x += kStrip) {
        const int64_t n = std::min(kStrip, plane - x);
        loadStrip(loops, in, i * plane + x, 1, values, n);
        f(entries[count == 1 ? 0 : i % in.dims.c], values, i * plane + x, n);
      }
  });
}

} // namespace

void requantFloat(const Tensor &out, const ConstTensor &in, const FloatEntry *entries, int64_t count, Round round) {
  assert(out.dims == in.dims && !isFloat(out.dtype));
  const InnerLoops &loops = inner();
  forEntries(in, entries, count, [&](const FloatEntry &e, int64_t *values, int64_t element, int64_t n) {
    float scaled[kStrip];
    for (int64_t i = 0; i < n; ++i)
      scaled[i] = float(values[i]) * e.scale + e.offset; // two roundings: this library fuses nothing unasked
    loops.floatToInt(scaled, out.dtype, round, values, n);
    loops.narrow64(values, out.dtype, at(out.data, element, out.dtype), n);
  });
}

void dequantFloat(const Tensor &out, const ConstTensor &in, const ScaleEntry *entries, int64_t count) {
  assert(out.dims == in.dims && out.dtype == DType::F32);
  forEntries(in, entries, count, [&](const ScaleEntry &e, const int64_t *values, int64_t element, int64_t n) {
    for (int64_t i = 0; i < n; ++i)
      out.as<float>()[element + i] = float(values[i] - e.zeroPoint) * e.scale;
  });
}

void dequantInteger(const Tensor &out, const ConstTensor &in, const DequantEntry *entries, int64_t count, Round round) {
  assert(out.dims == in.dims && !isFloat(out.dtype));
  forEntries(in, entries, count, [&](const DequantEntry &e, int64_t *values, int64_t element, int64_t n) {
    for (int64_t i = 0; i < n; ++i)
      values[i] = requantOne(values[i] - e.zeroPoint, e.multiplier, e.shift, 0, round, out.dtype);
    storeBits(values, out, element, n);
  });
}

void quantise(DType t, const float *values, int64_t count, float factor, int32_t zeroPoint, void *out) {
  const Dims dims{1, 1, 1, count};
  if (count == 0)
    return;
  if (isFloat(t))
    return cast({t, dims, out}, {DType::F32, dims, values}, Round::HalfToEven);
  const InnerLoops &loops = inner();
  for (int64_t x = 0; x < count; x += kStrip) {
    const int64_t n = std::min(kStrip, count - x);
    float scaled[kStrip];
    int64_t whole[kStrip];
    for (int64_t i = 0; i < n; ++i)
      scaled[i] = values[x + i] * factor;
    loops.floatToInt(scaled, DType::I32, Round::HalfAwayFromZero, whole, n);
    for (int64_t i = 0; i < n; ++i)
      whole[i] += zeroPoint;
    loops.narrow64(whole, t, at(out, x, t), n);
  }
}

void dequantise(DType t, const void *stored, int64_t count, float scale, int32_t zeroPoint, float *out) {
  visit(t, [&]<typename T>() {
    const T *from = static_cast<const T *>(stored);
    for (int64_t i = 0; i < count; ++i)
      if constexpr (std::is_integral_v<T>)
        out[i] = float(int64_t(from[i]) - zeroPoint) * scale;
      else
        out[i] = from[i];
  });
}

} // namespace tpu_mlir::kernel
