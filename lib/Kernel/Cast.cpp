//===- Cast.cpp - From format to format -----------------------------------===//
// Through 64-bit integers or fp32, which hold every number of every format; what
// they cannot hold is rounded so that the second rounding changes nothing.

#include "tpu_mlir/Kernel/Cast.h"
#include "Strips.h"

#include <cmath>

namespace tpu_mlir::kernel {
namespace {

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

/// The rare roundings of float results, from numbers that double holds.
template <typename T> void narrowStrip(const T *from, const Tensor &t, int64_t element, int64_t n, Round round) {
  int64_t bits[kStrip];
  for (int64_t i = 0; i < n; ++i)
    bits[i] = narrowFloat(double(from[i]), t.dtype, round);
  storeBits(bits, t, element, n);
}

} // namespace

void cast(const Tensor &out, const ConstTensor &in, Round round, Round toFloat) {
  assert(out.dims == in.dims);
  const InnerLoops &loops = inner();
  const int64_t count = out.dims.count();
  const bool isPlain = toFloat == Round::HalfToEven;
  parallelFor((count + kStrip - 1) / kStrip, kGrain / kStrip, [&](int64_t begin, int64_t end) {
    float floats[kStrip];
    int64_t ints[kStrip];
    for (int64_t s = begin; s < end; ++s) {
      int64_t e = s * kStrip, n = std::min(kStrip, count - e);
      uint8_t *to = at(out.data, e, out.dtype);
      if (isFloat(in.dtype)) {
        loadStrip(in, e, 1, floats, n);
        if (!isFloat(out.dtype)) {
          loops.floatToInt(floats, out.dtype, round, ints, n);
          loops.narrow64(ints, out.dtype, to, n);
        } else if (isPlain) {
          storeStrip(floats, out, e, n);
        } else {
          narrowStrip(floats, out, e, n, toFloat);
        }
        continue;
      }
      loadStrip(loops, in, e, 1, ints, n);
      if (!isFloat(out.dtype)) {
        loops.narrow64(ints, out.dtype, to, n);
        continue;
      }
      if (!isPlain) {
        narrowStrip(ints, out, e, n, toFloat);
        continue;
      }
      if (out.dtype == DType::BF16)
        intToOddFloat(ints, floats, n);
      else
        loops.intToFloat(ints, floats, n); // F16 overflows long before F32 rounds, so rounding twice is harmless
      storeStrip(floats, out, e, n);
    }
  });
}

float nearestIn(DType t, float value) {
  if (std::isfinite(value))
    value = std::clamp(value, -largestOf(t), largestOf(t));
  return t == DType::F16 ? f16ToF32(f32ToF16(value)) : t == DType::BF16 ? bf16ToF32(f32ToBf16(value)) : value;
}

uint32_t bitsIn(DType t, double value) {
  if (!isFloat(t))
    return uint32_t(int64_t(value));
  const float nearest = nearestIn(t, float(value));
  return t == DType::F16 ? f32ToF16(nearest) : t == DType::BF16 ? f32ToBf16(nearest) : std::bit_cast<uint32_t>(nearest);
}

void pack4(const uint8_t *bytes, int64_t count, uint8_t *packed) {
  for (int64_t i = 0; i < count; i += 2)
    packed[i / 2] = uint8_t((bytes[i] & 15) | (i + 1 < count ? bytes[i + 1] << 4 : 0));
}

void unpack4(DType t, const uint8_t *packed, int64_t count, uint8_t *bytes) {
  assert(bitWidth(t) == 4);
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t half = packed[i / 2] >> (i % 2 * 4) & 15;
    bytes[i] = isSigned(t) && half > 7 ? uint8_t(half - 16) : half;
  }
}

} // namespace tpu_mlir::kernel
