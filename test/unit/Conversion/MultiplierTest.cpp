//===- MultiplierTest.cpp - Multipliers and quantised values, exactly -----===//
// The written tie rule of multipliers and the rounding of quantised constants
// against integers in 128 bits: a double is its integer mantissa times a power
// of two, so nothing here is approximate.

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using kernel::DType;
using Int128 = __int128;

namespace {

/// |value| = mantissa * 2^exponent, exactly.
struct Parts {
  uint64_t mantissa;
  int exponent;
};
Parts partsOf(double value) {
  int exponent;
  double fraction = std::frexp(std::fabs(value), &exponent);
  return {uint64_t(std::ldexp(fraction, 53)), exponent - 53};
}

/// v / 2^bits to the nearest integer, ties away from zero; v not negative.
Int128 shiftAway(Int128 v, int bits) {
  if (bits <= 0)
    return v << -bits;
  return bits > 120 ? 0 : (v + (Int128(1) << (bits - 1))) >> bits;
}

Multiplier byTheRule(double factor) {
  if (factor == 0)
    return {0, 0};
  auto [mantissa, exponent] = partsOf(factor);
  int length = 64 - std::countl_zero(mantissa);
  Int128 m = shiftAway(mantissa, length - 31);
  int64_t rshift = -(exponent + length - 31);
  if (m == Int128(1) << 31)
    m >>= 1, --rshift;
  if (rshift > 62)
    m = shiftAway(m, int(rshift - 62)), rshift = 62;
  return {factor < 0 ? -int64_t(m) : int64_t(m), rshift};
}

void expectRule(double factor) {
  Multiplier got = multiplierOf(factor), expected = byTheRule(factor);
  ASSERT_EQ(got.multiplier, expected.multiplier) << "factor " << factor;
  ASSERT_EQ(got.rshift, expected.rshift) << "factor " << factor;
  if (factor == 0 || got.rshift == 62)
    return;
  // 31 bits, and an error of at most 2^-31 of the factor: |m * 2^(e + rshift)^-1 - f| * 2^31 <= f, in integers.
  int64_t magnitude = std::abs(got.multiplier);
  ASSERT_GE(magnitude, int64_t(1) << 30);
  ASSERT_LT(magnitude, int64_t(1) << 31);
  auto [mantissa, exponent] = partsOf(factor);
  int up = int(got.rshift) + exponent; // factor * 2^rshift = mantissa * 2^up, up <= 0
  ASSERT_LE(up, 0);
  Int128 error = (Int128(magnitude) << -up) - Int128(mantissa);
  ASSERT_LE((error < 0 ? -error : error) << 31, Int128(mantissa));
}

TEST(Multiplier, RandomFactorsFollowTheTieRule) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200000 && !testing::Test::HasFatalFailure(); ++round) {
    uint64_t mantissa = (random() | uint64_t(1) << 63) >> 11;
    if (round % 3 == 0) // exactly between two multipliers
      mantissa = (mantissa >> 22 << 22) | 1 << 21;
    if (round % 7 == 0) // all ones: rounds up to 2^31
      mantissa = (uint64_t(1) << 53) - 1 - (random() & 3);
    double factor = std::ldexp(double(mantissa), int(random() % 120) - 52 - 90);
    expectRule(round % 5 ? factor : -factor);
  }
}

TEST(Multiplier, ByHand) {
  struct {
    double factor;
    int64_t multiplier, rshift;
  } cases[] = {
      {1, 1 << 30, 30},
      {0.5, 1 << 30, 31},
      {-0.5, -(1 << 30), 31},
      {2, 1 << 30, 29},
      {3, 3 << 29, 29},
      {0, 0, 0},
      {1 - 0x1p-40, 1 << 30, 30},       // rounds up to the next power of two
      {1 + 0x1p-31, (1 << 30) + 1, 30}, // a tie, away from zero
      {-1 - 0x1p-31, -(1 << 30) - 1, 30},
      {1 + 0x1p-31 - 0x1p-52, 1 << 30, 30}, // just below the tie
      {0x1p-32, 1 << 30, 62},
      {0x1p-33, 1 << 29, 62},
      {0x1p-62, 1, 62},
      {0x1p-63, 1, 62}, // half of the smallest step: away from zero
      {0x1p-64, 0, 62},
      {-0x1p-63, -1, 62},
  };
  for (auto [factor, multiplier, rshift] : cases) {
    Multiplier m = multiplierOf(factor);
    EXPECT_EQ(m.multiplier, multiplier) << factor;
    EXPECT_EQ(m.rshift, rshift) << factor;
  }
}

TEST(QuantizeOne, RoundsHalfAwayFromZeroAndClamps) {
  // Scales that are powers of two: real / scale is exact.
  for (int64_t half = -1200; half <= 1200; ++half) {
    int64_t away = half < 0 ? -((-half + 1) / 2) : (half + 1) / 2;
    double real = std::ldexp(double(half), -6);
    EXPECT_EQ(quantizeOne(real, 0x1p-5, DType::I8), std::clamp<int64_t>(away, -128, 127)) << half;
    EXPECT_EQ(quantizeOne(real, 0x1p-5, DType::U8), std::clamp<int64_t>(away, 0, 255)) << half;
    EXPECT_EQ(quantizeOne(real, 0x1p-5, DType::I32), away) << half;
  }
}

TEST(QuantizeOne, Extremes) {
  EXPECT_EQ(quantizeOne(NAN, 1, DType::I8), 0);
  EXPECT_EQ(quantizeOne(INFINITY, 1, DType::I8), 127);
  EXPECT_EQ(quantizeOne(-INFINITY, 1, DType::U8), 0);
  EXPECT_EQ(quantizeOne(1e300, 1e-300, DType::I32), INT32_MAX);
  EXPECT_EQ(quantizeOne(-1e300, 1e-3, DType::I32), INT32_MIN);
  EXPECT_EQ(quantizeOne(2147483647.4, 1, DType::I32), INT32_MAX);
  EXPECT_EQ(quantizeOne(-0.0, 1, DType::I8), 0);
  // The largest double below one half is not rounded up.
  EXPECT_EQ(quantizeOne(0x1.fffffffffffffp-2, 1, DType::I8), 0);
}

} // namespace
