//===- RoundTest.cpp - Every rounding against exact fractions -------------===//
// The oracle is integer arithmetic on fractions, which rounds by definition
// and shares nothing with the kernels.

#include "Reference.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

TEST(Round, SmallNumbersExhaustively) {
  for (Round r : kRounds)
    for (int shift = -12; shift <= 6; ++shift)
      for (int64_t v = -5000; v <= 5000; ++v)
        ASSERT_EQ(kernel::shiftRound(v, shift, r), shiftExactly(v, shift, r))
            << v << " shift " << shift << " mode " << int(r);
}

TEST(Round, LargeNumbersAndAmounts) {
  std::mt19937_64 random(1);
  const int64_t edges[] = {
      0, 1, -1, INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1, 1ll << 62, -(1ll << 62), INT32_MAX, INT32_MIN};
  for (Round r : kRounds)
    for (int shift = -130; shift <= 70; ++shift) {
      for (int64_t v : edges)
        ASSERT_EQ(kernel::shiftRound(v, shift, r), shiftExactly(v, shift, r))
            << v << " shift " << shift << " mode " << int(r);
      for (int i = 0; i < 200; ++i) {
        int64_t v = int64_t(random()) >> (random() % 64);
        if (shift < 0 && shift > -63 && random() % 2) // ties
          v = int64_t((uint64_t(v) << -shift) | (uint64_t(1) << (-shift - 1)));
        ASSERT_EQ(kernel::shiftRound(v, shift, r), shiftExactly(v, shift, r))
            << v << " shift " << shift << " mode " << int(r);
      }
    }
}

TEST(Round, KnownTies) {
  // 2.5 and −2.5 by each mode, from the definition.
  const int64_t up[] = {2, 3, 2, 2, 3, 3, 2}, down[] = {-2, -3, -2, -3, -2, -2, -3};
  for (Round r : kRounds) {
    EXPECT_EQ(kernel::shiftRound(5, -1, r), up[int(r)]);
    EXPECT_EQ(kernel::shiftRound(-5, -1, r), down[int(r)]);
    EXPECT_EQ(kernel::floatToInt(2.5f, DType::I8, r), up[int(r)]);
    EXPECT_EQ(kernel::floatToInt(-2.5f, DType::I8, r), down[int(r)]);
  }
}

TEST(Round, Saturates) {
  std::mt19937_64 random(2);
  for (DType t : kIntegers)
    for (int i = 0; i < 2000; ++i) {
      int64_t v = int64_t(random()) >> (random() % 64);
      ASSERT_EQ(kernel::saturate(v, t), int64_t(clamp(v, t))) << v;
    }
  EXPECT_EQ(kernel::saturate(9, DType::I4), 7);
  EXPECT_EQ(kernel::saturate(-9, DType::I4), -8);
  EXPECT_EQ(kernel::saturate(99, DType::U4), 15);
}

/// The exact value of a float with |exponent| small enough is mantissa · 2^exponent.
int64_t floatExactly(float v, DType t, Round r) {
  if (std::isnan(v))
    return 0;
  if (std::isinf(v) || std::fabs(v) > 1e12f)
    return int64_t(clamp(v > 0 ? Int128(1) << 100 : -(Int128(1) << 100), t));
  int exponent;
  Int128 mantissa = Int128(std::ldexp(std::frexp(v, &exponent), 24));
  exponent -= 24;
  if (exponent < -100) // far below any tie: the sign alone decides
    mantissa = mantissa > 0 ? 1 : mantissa < 0 ? -1 : 0, exponent = -60;
  Int128 rounded = exponent >= 0 ? mantissa << exponent : roundFraction(mantissa, Int128(1) << -exponent, r);
  return int64_t(clamp(rounded, t));
}

TEST(Round, FloatToIntAgainstFractions) {
  std::mt19937 random(3);
  std::vector<float> values = {0.0f,       -0.0f,       0.5f,          -0.5f,          0.49999997f,   -0.49999997f,
                               8388607.5f, 16777217.0f, 2147483648.0f, -2147483648.0f, 4294967296.0f, 2147483520.0f,
                               INFINITY,   -INFINITY,   NAN,           1e-40f,         -1e-40f,       3e38f};
  for (int i = 0; i < 40000; ++i) {
    uint32_t bits = uint32_t(random());
    float v;
    std::memcpy(&v, &bits, 4);
    values.push_back(v);
    values.push_back(float(int32_t(random()) >> (random() % 32)) * 0.5f); // many ties
    values.push_back(std::nextafter(values.back(), random() % 2 ? 1e30f : -1e30f));
  }
  for (Round r : kRounds)
    for (DType t : kIntegers)
      for (float v : values)
        ASSERT_EQ(kernel::floatToInt(v, t, r), floatExactly(v, t, r))
            << v << " mode " << int(r) << " to " << kernel::name(t);
}

TEST(Round, RequantOneAgainstFractions) {
  std::mt19937_64 random(4);
  for (Round r : kRounds)
    for (DType t : kIntegers)
      for (int i = 0; i < 3000; ++i) {
        int32_t v = int32_t(random()) >> (random() % 32), m = int32_t(random()) >> (random() % 32);
        int32_t shift = int32_t(random() % 66) - 64, zero = int32_t(random() % 512) - 256;
        Int128 exact = shift > 0 ? Int128(int64_t(uint64_t(int64_t(v) * m) << shift))
                                 : roundFraction(Int128(v) * m, Int128(1) << std::min(-shift, 63), r);
        ASSERT_EQ(kernel::requantOne(v, m, shift, zero, r, t), int64_t(clamp(exact + zero, t)))
            << v << " · " << m << " shift " << shift << " + " << zero;
      }
}

/// A finite double as mantissa · 2^exponent, rounded to multiples of the format's step there by the textbook.
uint32_t narrowExactly(double v, int exponentBits, int mantissaBits, Round r) {
  const int bias = (1 << (exponentBits - 1)) - 1, least = 1 - bias - mantissaBits;
  const uint32_t sign = std::signbit(v) ? uint32_t(1) << (exponentBits + mantissaBits) : 0;
  if (v == 0)
    return sign;
  int exponent;
  Int128 mantissa = Int128(std::ldexp(std::frexp(v, &exponent), 53));
  const int step = std::max(exponent - 1 - mantissaBits, least);
  const int right = std::min(step - (exponent - 53), 100); // beyond, the sign alone decides
  Int128 steps = roundFraction(mantissa, Int128(1) << right, r);
  double value = std::ldexp(double(steps), step), magnitude = std::fabs(value);
  const double largest = std::ldexp(2 - std::ldexp(1, -mantissaBits), bias);
  if (magnitude > largest) {
    const uint32_t infinity = ((uint32_t(1) << exponentBits) - 1) << mantissaBits;
    const bool toLargest = r == Round::TowardZero || (r == Round::Floor && v > 0) || (r == Round::Ceil && v < 0);
    return sign | (toLargest ? infinity - 1 : infinity);
  }
  if (magnitude < std::ldexp(1, 1 - bias))
    return sign | uint32_t(std::ldexp(magnitude, -least));
  const int e = std::ilogb(magnitude);
  return sign | uint32_t(e + bias) << mantissaBits |
         (uint32_t(std::ldexp(magnitude, mantissaBits - e)) & ((uint32_t(1) << mantissaBits) - 1));
}

TEST(Round, NarrowsFloatsByEveryRounding) {
  std::mt19937_64 random(5);
  for (Round r : kRounds)
    for (int i = 0; i < 60000; ++i) {
      uint64_t bits = random();
      const int exponent = i % 3 == 0 ? int(random() % 2047) : 1023 + int(random() % 300) - 150;
      bits = (bits & 0x800fffffffffffffull) | uint64_t(exponent) << 52;
      if (i % 2) // ties of each format, and their neighbours
        bits = (bits & ~((uint64_t(1) << (random() % 4 * 13 + 3)) - 1)) + random() % 3 - 1;
      double v;
      std::memcpy(&v, &bits, 8);
      if (!std::isfinite(v))
        continue;
      ASSERT_EQ(kernel::narrowFloat(v, DType::F16, r), narrowExactly(v, 5, 10, r)) << v << " mode " << int(r);
      ASSERT_EQ(kernel::narrowFloat(v, DType::BF16, r), narrowExactly(v, 8, 7, r)) << v << " mode " << int(r);
      ASSERT_EQ(kernel::narrowFloat(v, DType::F32, r), narrowExactly(v, 8, 23, r)) << v << " mode " << int(r);
    }
  for (DType t : {DType::F16, DType::BF16, DType::F32}) {
    uint32_t infinity = kernel::narrowFloat(INFINITY, t);
    EXPECT_EQ(infinity, t == DType::F16 ? 0x7c00u : t == DType::BF16 ? 0x7f80u : 0x7f800000u);
    EXPECT_GT(kernel::narrowFloat(NAN, t), infinity);
  }
}

TEST(Cast, FloatsNarrowByTheNamedRounding) {
  std::mt19937 random(6);
  Buffer in(DType::F32, {1, 2, 3, 700}), whole(DType::I32, in.dims);
  in.randomise(random), whole.randomise(random);
  for (Round r : kRounds)
    for (DType t : {DType::F16, DType::BF16}) {
      Buffer out(t, in.dims), fromWhole(t, in.dims);
      kernel::cast(out.tensor(), in.view(), Round::Floor, r);
      kernel::cast(fromWhole.tensor(), whole.view(), Round::Floor, r);
      for (int64_t i = 0; i < in.dims.count(); ++i) {
        ASSERT_EQ(out.as<uint16_t>()[i], kernel::narrowFloat(in.as<float>()[i], t, r));
        ASSERT_EQ(fromWhole.as<uint16_t>()[i], kernel::narrowFloat(double(whole.integer(i)), t, r));
      }
    }
}

} // namespace
