//===- Elementwise.cpp - Binary operations, requantisation, casts, tables -===//
// Everything that touches each element once, in strips: widen, compute, round,
// saturate, each step one simple loop. 32-bit arithmetic is used only where no
// intermediate can leave 32 bits, so it changes nothing but speed.

#include "Inner.h"
#include "tpu_mlir/Kernel/Float.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <array>
#include <cassert>
#include <cstring>

namespace tpu_mlir::kernel {
namespace {

constexpr int64_t kGrain = 1 << 14; ///< elements a thread takes at a time, a multiple of kStrip

const uint8_t *at(const void *data, int64_t element, DType t) {
  return static_cast<const uint8_t *>(data) + element * byteSize(t);
}
uint8_t *at(void *data, int64_t element, DType t) { return static_cast<uint8_t *>(data) + element * byteSize(t); }

/// Iteration space of out with the strides of a and b, adjacent dimensions merged where both allow it.
struct Loops {
  std::array<int64_t, 4> size, a, b;
  int rank = 0;

  Loops(const Dims &out, const Dims &da, const Dims &db) {
    int64_t outer[4] = {out.n, out.c, out.h, out.w};
    int64_t sa[4] = {da.n, da.c, da.h, da.w}, sb[4] = {db.n, db.c, db.h, db.w};
    int64_t stepA = 1, stepB = 1;
    std::array<int64_t, 4> strideA, strideB;
    for (int i = 3; i >= 0; --i) {
      assert((sa[i] == outer[i] || sa[i] == 1) && (sb[i] == outer[i] || sb[i] == 1));
      strideA[size_t(i)] = sa[i] == 1 ? 0 : stepA;
      strideB[size_t(i)] = sb[i] == 1 ? 0 : stepB;
      stepA *= sa[i];
      stepB *= sb[i];
    }
    for (size_t i = 0; i < 4; ++i) {
      if (outer[i] == 1)
        continue;
      size_t last = size_t(rank) - 1;
      if (rank > 0 && a[last] == strideA[i] * outer[i] && b[last] == strideB[i] * outer[i]) {
        size[last] *= outer[i];
        a[last] = strideA[i];
        b[last] = strideB[i];
        continue;
      }
      size[size_t(rank)] = outer[i];
      a[size_t(rank)] = strideA[i];
      b[size_t(rank)] = strideB[i];
      ++rank;
    }
    if (rank == 0)
      size[0] = 1, a[0] = b[0] = 0, rank = 1;
  }
};

/// Loads n elements from `data` at `element`, repeated when stride is 0, into an array of Wide.
template <typename Wide>
void loadStrip(const InnerLoops &loops, const ConstTensor &t, int64_t element, int64_t stride, Wide *to, int64_t n) {
  int64_t count = stride ? n : 1;
  const uint8_t *from = at(t.data, element, t.dtype);
  if constexpr (std::is_same_v<Wide, float>)
    std::memcpy(to, from, size_t(count) * sizeof(float));
  else if constexpr (sizeof(Wide) == 4)
    loops.widen32(t.dtype, from, to, count);
  else
    loops.widen64(t.dtype, from, to, count);
  if (!stride)
    std::fill(to + 1, to + n, to[0]);
}

/// Whether op on these formats, shifted, stays within 32 bits.
bool fits32(BinaryOp op, DType a, DType b, int shift) {
  if (shift > 0 || shift < -31)
    return false;
  int bits = std::max(bitWidth(a), bitWidth(b));
  if (op == BinaryOp::Mul)
    return bitWidth(a) + bitWidth(b) + !isSigned(a) + !isSigned(b) <= 32;
  if (op == BinaryOp::Max || op == BinaryOp::Min)
    return a != DType::U32 && b != DType::U32;
  return bits <= 16;
}

/// Runs f(elementOfOut, elementOfA, elementOfB, strideA, strideB, n) for strips of at most `strip` elements.
template <typename F> void forDenseStrips(const Loops &l, int64_t strip, F f) {
  int64_t length = l.size[size_t(l.rank) - 1], outer = 1;
  for (int i = 0; i + 1 < l.rank; ++i)
    outer *= l.size[size_t(i)];
  // Long rows are cut, short ones grouped, so that a thread's share is about kGrain elements.
  int64_t cuts = (length + kGrain - 1) / kGrain;
  int64_t grain = std::max<int64_t>(1, kGrain / length);
  parallelFor(outer * cuts, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t row = i / cuts, a = 0, b = 0, rest = row;
      for (int d = l.rank - 2; d >= 0; --d) {
        int64_t position = rest % l.size[size_t(d)];
        rest /= l.size[size_t(d)];
        a += position * l.a[size_t(d)];
        b += position * l.b[size_t(d)];
      }
      int64_t x = i % cuts * kGrain, last = std::min(x + kGrain, length);
      int64_t stepA = l.a[size_t(l.rank) - 1], stepB = l.b[size_t(l.rank) - 1];
      for (; x < last; x += strip)
        f(row * length + x, a + x * stepA, b + x * stepB, stepA, stepB, std::min(strip, last - x));
    }
  });
}

/// The same on tensors whose planes may be apart.
template <typename F>
void forStrips(const Tensor &out, const ConstTensor &a, const ConstTensor &b, int64_t strip, F f) {
  if (!out.planes && !a.planes && !b.planes)
    return forDenseStrips(Loops(out.dims, a.dims, b.dims), strip, f);
  const Dims &d = out.dims;
  auto onePlane = [](const Dims &dims) { return Dims{1, 1, dims.h, dims.w}; };
  Loops space(onePlane(d), onePlane(a.dims), onePlane(b.dims));
  parallelFor(d.n * d.c, std::max<int64_t>(1, kGrain / (d.h * d.w)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      auto offset = [&](const ConstTensor &t) {
        int64_t n = t.dims.n == 1 ? 0 : i / d.c, c = t.dims.c == 1 ? 0 : i % d.c;
        return planeOffset(t.dims, t.planes, n * t.dims.c + c);
      };
      int64_t atOut = offset(out), atA = offset(a), atB = offset(b);
      if (space.rank == 1) {
        int64_t length = space.size[0], sa = space.a[0], sb = space.b[0];
        for (int64_t x = 0; x < length; x += strip)
          f(atOut + x, atA + x * sa, atB + x * sb, sa, sb, std::min(strip, length - x));
        continue;
      }
      forDenseStrips(space, strip, [&](int64_t o, int64_t ea, int64_t eb, int64_t sa, int64_t sb, int64_t n) {
        f(atOut + o, atA + ea, atB + eb, sa, sb, n);
      });
    }
  });
}

} // namespace

void binary(BinaryOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, int shift, Round round) {
  const InnerLoops &loops = inner();
  if (out.dtype == DType::F32) {
    assert(a.dtype == DType::F32 && b.dtype == DType::F32);
    return forStrips(out, a, b, kStrip, [&](int64_t o, int64_t ea, int64_t eb, int64_t sa, int64_t sb, int64_t n) {
      float bufferA[kStrip], bufferB[kStrip];
      const float *pa = a.as<float>() + ea, *pb = b.as<float>() + eb;
      if (sa != 1)
        loadStrip(loops, a, ea, sa, bufferA, n), pa = bufferA;
      if (sb != 1)
        loadStrip(loops, b, eb, sb, bufferB, n), pb = bufferB;
      loops.binaryF32(op, out.as<float>() + o, pa, pb, n);
    });
  }
  assert(!isFloat(a.dtype) && !isFloat(b.dtype) && !isFloat(out.dtype));
  auto isWide = [](const ConstTensor &t) { return t.dtype == DType::I32; };
  auto stream = [](const ConstTensor &t, int64_t element, int64_t step) {
    return Stream{t.dtype, at(t.data, element, t.dtype), step};
  };
  if (loops.fused && op == BinaryOp::Add && shift == 0 && isWide(out) && isWide(a) && isWide(b))
    return forStrips(out, a, b, kGrain, [&](int64_t o, int64_t ea, int64_t eb, int64_t sa, int64_t sb, int64_t n) {
      loops.fused->add32(out.as<int32_t>() + o, stream(a, ea, sa), stream(b, eb, sb), n);
    });
  if (loops.fused && fits32(op, a.dtype, b.dtype, shift) && shift >= -30 && std::max(bitWidth(a.dtype), bitWidth(b.dtype)) <= 16 &&
      out.dtype != DType::U32)
    return forStrips(out, a, b, kGrain, [&](int64_t o, int64_t ea, int64_t eb, int64_t sa, int64_t sb, int64_t n) {
      loops.fused->small(op, stream(a, ea, sa), stream(b, eb, sb), shift, round, out.dtype, at(out.data, o, out.dtype), n);
    });
  if (fits32(op, a.dtype, b.dtype, shift))
    return forStrips(out, a, b, kStrip, [&](int64_t o, int64_t ea, int64_t eb, int64_t sa, int64_t sb, int64_t n) {
      int32_t bufferA[kStrip], bufferB[kStrip];
      loadStrip(loops, a, ea, sa, bufferA, n);
      loadStrip(loops, b, eb, sb, bufferB, n);
      loops.binary32(op, bufferA, bufferB, n);
      loops.shift32(bufferA, shift, round, n);
      loops.narrow32(bufferA, out.dtype, at(out.data, o, out.dtype), n);
    });
  forStrips(out, a, b, kStrip, [&](int64_t o, int64_t ea, int64_t eb, int64_t sa, int64_t sb, int64_t n) {
    int64_t bufferA[kStrip], bufferB[kStrip];
    loadStrip(loops, a, ea, sa, bufferA, n);
    loadStrip(loops, b, eb, sb, bufferB, n);
    loops.binary64(op, bufferA, bufferB, n);
    loops.shift64(bufferA, shift, round, n);
    loops.narrow64(bufferA, out.dtype, at(out.data, o, out.dtype), n);
  });
}

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
    for (int64_t i = begin; i < end; ++i) {
      QuantEntry entry = entries[count == 1 ? 0 : i / cuts % out.dims.c];
      int64_t x = i % cuts * kGrain, last = std::min(x + kGrain, plane);
      int64_t from = planeOffset(in.dims, in.planes, i / cuts), to = planeOffset(out.dims, out.planes, i / cuts);
      if (loops.fused && entry.shift < 0 && entry.shift >= -62 && out.dtype != DType::U32) {
        loops.fused->requant(in.dtype, at(in.data, from + x, in.dtype), out.dtype, at(out.data, to + x, out.dtype), entry,
                             round, last - x);
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

void widenFloat(const ConstTensor &in, int64_t element, float *to, int64_t n) {
  const uint8_t *from = at(in.data, element, in.dtype);
  if (in.dtype == DType::F32)
    std::memcpy(to, from, size_t(n) * sizeof(float));
  else
    for (int64_t i = 0; i < n; ++i) {
      uint16_t half;
      std::memcpy(&half, from + 2 * i, 2);
      to[i] = in.dtype == DType::F16 ? f16ToF32(half) : bf16ToF32(half);
    }
}

/// Rounds to odd, so that a following narrowing to BF16 rounds as if from the integer itself.
void intToOddFloat(const int64_t *in, float *out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    double exact = double(in[i]);
    uint64_t bits = std::bit_cast<uint64_t>(exact);
    constexpr uint64_t kBelow = (uint64_t(1) << 29) - 1; // mantissa bits that F32 lacks
    if (bits & kBelow)
      bits = (bits & ~kBelow) | (kBelow + 1);
    out[i] = float(std::bit_cast<double>(bits));
  }
}

void narrowFloat(const float *from, DType t, uint8_t *to, int64_t n) {
  if (t == DType::F32)
    std::memcpy(to, from, size_t(n) * sizeof(float));
  else
    for (int64_t i = 0; i < n; ++i) {
      uint16_t half = t == DType::F16 ? f32ToF16(from[i]) : f32ToBf16(from[i]);
      std::memcpy(to + 2 * i, &half, 2);
    }
}

} // namespace

void cast(const Tensor &out, const ConstTensor &in, Round round) {
  assert(out.dims == in.dims);
  const InnerLoops &loops = inner();
  int64_t count = out.dims.count();
  parallelFor((count + kStrip - 1) / kStrip, kGrain / kStrip, [&](int64_t begin, int64_t end) {
    float floats[kStrip];
    int64_t ints[kStrip];
    for (int64_t s = begin; s < end; ++s) {
      int64_t e = s * kStrip, n = std::min(kStrip, count - e);
      uint8_t *to = at(out.data, e, out.dtype);
      if (isFloat(in.dtype)) {
        widenFloat(in, e, floats, n);
        if (!isFloat(out.dtype)) {
          loops.floatToInt(floats, out.dtype, round, ints, n);
          loops.narrow64(ints, out.dtype, to, n);
          continue;
        }
      } else {
        loops.widen64(in.dtype, at(in.data, e, in.dtype), ints, n);
        if (!isFloat(out.dtype)) {
          loops.narrow64(ints, out.dtype, to, n);
          continue;
        }
        if (out.dtype == DType::BF16)
          intToOddFloat(ints, floats, n);
        else
          loops.intToFloat(ints, floats, n); // F16 overflows long before F32 rounds, so rounding twice is harmless
      }
      narrowFloat(floats, out.dtype, to, n);
    }
  });
}

namespace {

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
    for (int64_t i = begin; i < end; ++i)
      lookupRun(loops, out.dtype, in.as<uint8_t>() + planeOffset(in.dims, in.planes, i),
                at(tables.data, planeOffset(tables.dims, tables.planes, i % out.dims.c), tables.dtype),
                at(out.data, planeOffset(out.dims, out.planes, i), out.dtype), plane);
  });
}

} // namespace tpu_mlir::kernel
