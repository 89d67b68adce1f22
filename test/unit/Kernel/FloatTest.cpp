//===- FloatTest.cpp - F16 and BF16 conversions ---------------------------===//
// Every 16-bit pattern widens to the value its fields spell; narrowing picks
// the nearest of the two neighbours found by search, ties to even.

#include "tpu_mlir/Kernel/Float.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir::kernel;

namespace {

double spell(uint16_t bits, int exponentBits, int mantissaBits) {
  int exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1), mantissa = bits & ((1 << mantissaBits) - 1);
  int bias = (1 << (exponentBits - 1)) - 1;
  double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponentBits) - 1)
    return mantissa ? NAN : sign * INFINITY;
  double fraction = std::ldexp(double(mantissa), -mantissaBits) + (exponent ? 1 : 0);
  return sign * std::ldexp(fraction, (exponent ? exponent : 1) - bias);
}

/// Nearest pattern by scanning outward from below; `top` is the pattern of infinity.
uint16_t nearest(float f, int exponentBits, int mantissaBits) {
  uint16_t sign = std::signbit(f) ? 0x8000 : 0, infinity = uint16_t(((1 << exponentBits) - 1) << mantissaBits);
  double magnitude = std::fabs(double(f));
  uint16_t low = 0, high = infinity;
  while (high - low > 1) {
    uint16_t middle = uint16_t((low + high) / 2);
    (spell(middle, exponentBits, mantissaBits) <= magnitude ? low : high) = middle;
  }
  // Infinity stands one step above the largest number when rounding.
  double above = high == infinity ? 2 * spell(uint16_t(high - 1), exponentBits, mantissaBits) -
                                        spell(uint16_t(high - 2), exponentBits, mantissaBits)
                                  : spell(high, exponentBits, mantissaBits);
  double down = magnitude - spell(low, exponentBits, mantissaBits), up = above - magnitude;
  bool takeHigh = up < down || (up == down && (high & 1) == 0);
  return uint16_t(sign | (takeHigh ? high : low));
}

TEST(Float, WidensEveryPattern) {
  for (int i = 0; i < 65536; ++i) {
    double half = spell(uint16_t(i), 5, 10), brain = spell(uint16_t(i), 8, 7);
    if (std::isnan(half))
      EXPECT_TRUE(std::isnan(f16ToF32(uint16_t(i))));
    else
      EXPECT_EQ(f16ToF32(uint16_t(i)), half);
    if (std::isnan(brain))
      EXPECT_TRUE(std::isnan(bf16ToF32(uint16_t(i))));
    else
      EXPECT_EQ(bf16ToF32(uint16_t(i)), brain);
  }
}

TEST(Float, RoundTripsEveryPattern) {
  for (int i = 0; i < 65536; ++i) {
    uint16_t h = uint16_t(i);
    if (!std::isnan(f16ToF32(h))) {
      EXPECT_EQ(f32ToF16(f16ToF32(h)), h);
    }
    if (!std::isnan(bf16ToF32(h))) {
      EXPECT_EQ(f32ToBf16(bf16ToF32(h)), h);
    }
  }
}

TEST(Float, NarrowsToTheNearest) {
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    uint32_t bits = uint32_t(random());
    if (i % 2) // the exponents of F16 and ties between its neighbours
      bits = (bits & 0x80000000u) | ((100 + bits % 46) << 23) | (uint32_t(random()) & 0x7ff000u) | (i % 4 == 1 ? 0 : 1);
    float f;
    std::memcpy(&f, &bits, 4);
    if (std::isnan(f)) {
      EXPECT_TRUE(std::isnan(f16ToF32(f32ToF16(f))));
      EXPECT_TRUE(std::isnan(bf16ToF32(f32ToBf16(f))));
      continue;
    }
    ASSERT_EQ(f32ToF16(f), nearest(f, 5, 10)) << f;
    ASSERT_EQ(f32ToBf16(f), nearest(f, 8, 7)) << f;
  }
}

} // namespace
