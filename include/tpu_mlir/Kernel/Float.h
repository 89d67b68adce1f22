//===- Float.h - 16-bit floating point numbers ------------------*- C++ -*-===//
// Conversions between F32 and F16/BF16 bit patterns, and element types that
// hold the patterns. Widening is exact, narrowing rounds to nearest, ties to
// even; NaN stays NaN (quiet), overflow becomes infinity and small values
// become denormals. Narrowing by other roundings is `narrowFloat` of Round.h.
#ifndef TPU_MLIR_KERNEL_FLOAT_H
#define TPU_MLIR_KERNEL_FLOAT_H

#include <bit>
#include <cstdint>

namespace tpu_mlir::kernel {

inline float f16ToF32(uint16_t h) {
  uint32_t sign = uint32_t(h & 0x8000u) << 16, exponent = (h >> 10) & 31u, mantissa = h & 0x3ffu;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  if (exponent == 0) {
    float magnitude = float(mantissa) * 0x1p-24f; // exact
    return sign ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

inline uint16_t f32ToF16(float f) {
  uint32_t bits = std::bit_cast<uint32_t>(f), sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u)
    return uint16_t(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  if (magnitude >= 0x47800000u) // 65536 and above, infinity
    return uint16_t(sign | 0x7c00u);
  if (magnitude < 0x38800000u) { // below the smallest normal, 2^-14
    // Adding 0.5 aligns the F16 denormal grid with the F32 mantissa's last bit, and the addition rounds to even.
    float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return uint16_t(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
  }
  uint32_t odd = (magnitude >> 13) & 1u;
  return uint16_t(sign | ((magnitude + 0xfffu + odd - 0x38000000u) >> 13));
}

inline float bf16ToF32(uint16_t h) { return std::bit_cast<float>(uint32_t(h) << 16); }

inline uint16_t f32ToBf16(float f) {
  uint32_t bits = std::bit_cast<uint32_t>(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return uint16_t(bits >> 16 | 0x40u);
  return uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/// Elements of 16-bit formats as they lie in memory.
struct F16 {
  uint16_t bits;
  operator float() const { return f16ToF32(bits); }
};
struct BF16 {
  uint16_t bits;
  operator float() const { return bf16ToF32(bits); }
};

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_FLOAT_H
