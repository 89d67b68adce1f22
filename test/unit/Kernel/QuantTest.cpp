//===- QuantTest.cpp - The float and dequantising commands, host numbers --===//
// rq1 is in ElementwiseTest.cpp. Against single IEEE operations and exact
// fractions.

#include "Reference.h"
#include "tpu_mlir/Kernel/Float.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

constexpr DType kNarrow[] = {DType::I8, DType::U8, DType::I16, DType::U16, DType::I32};

/// A float as mantissa · 2^exponent, rounded by the textbook.
int64_t roundExactly(float v, Round round, DType t) {
  if (std::fabs(v) > 1e12f)
    return int64_t(clamp(v > 0 ? Int128(1) << 100 : -(Int128(1) << 100), t));
  int exponent;
  Int128 mantissa = Int128(std::ldexp(std::frexp(v, &exponent), 24));
  exponent = std::max(exponent - 24, -100);
  return int64_t(
      clamp(exponent >= 0 ? mantissa << exponent : roundFraction(mantissa, Int128(1) << -exponent, round), t));
}

TEST(Quant, FloatScaleAndOffsetForEachChannel) {
  std::mt19937 random(71);
  for (int i = 0; i < 200; ++i) {
    Dims d = randomDims(random);
    Buffer in(kNarrow[random() % 5], d), out(kIntegers[random() % 6], d);
    in.randomise(random);
    const Round round = kRounds[random() % 7];
    std::vector<kernel::FloatEntry> entries;
    for (int64_t c = 0; c < (i % 2 ? 1 : d.c); ++c)
      entries.push_back({std::ldexp(float(between(random, -999, 999)), int(between(random, -20, -8))),
                         float(between(random, -200, 200)) * 0.5f});
    kernel::requantFloat(out.tensor(), in.view(), entries.data(), int64_t(entries.size()), round);
    for (int64_t o = 0; o < d.count(); ++o) {
      const kernel::FloatEntry &e = entries[entries.size() == 1 ? 0 : size_t(o / d.w / d.h % d.c)];
      const float scaled = float(in.integer(o)) * e.scale, moved = scaled + e.offset;
      ASSERT_EQ(out.integer(o), roundExactly(moved, round, out.dtype)) << "case " << i;
    }
  }
}

TEST(Quant, DequantisesToFloatsAndIntegers) {
  std::mt19937 random(72);
  for (int i = 0; i < 200; ++i) {
    Dims d = randomDims(random);
    Buffer in(kNarrow[random() % 5], d), floats(DType::F32, d), out(kIntegers[random() % 6], d);
    in.randomise(random);
    const Round round = kRounds[random() % 7];
    std::vector<kernel::ScaleEntry> scales;
    std::vector<kernel::DequantEntry> entries;
    for (int64_t c = 0; c < (i % 2 ? 1 : d.c); ++c) {
      const int32_t zero = int32_t(between(random, -128, 255));
      scales.push_back({zero, std::ldexp(float(between(random, 1, 9999)), -18)});
      entries.push_back({zero, int32_t(random()) >> (random() % 20), int32_t(between(random, -50, 3))});
    }
    kernel::dequantFloat(floats.tensor(), in.view(), scales.data(), int64_t(scales.size()));
    kernel::dequantInteger(out.tensor(), in.view(), entries.data(), int64_t(entries.size()), round);
    for (int64_t o = 0; o < d.count(); ++o) {
      const size_t c = scales.size() == 1 ? 0 : size_t(o / d.w / d.h % d.c);
      const int64_t moved = in.integer(o) - scales[c].zeroPoint;
      ASSERT_EQ(floats.as<float>()[o], float(moved) * scales[c].scale);
      const Int128 product = Int128(moved) * entries[c].multiplier;
      ASSERT_EQ(out.integer(o), int64_t(clamp(shiftExactly(int64_t(product), entries[c].shift, round), out.dtype)));
    }
  }
}

TEST(Quant, NumbersOfAHost) {
  std::mt19937 random(73);
  std::vector<float> values(3000);
  for (float &v : values)
    v = float(between(random, -4000, 4000)) / 8; // many ties
  for (DType t : kIntegers) {
    Buffer out(t, {1, 1, 1, 3000});
    kernel::quantise(t, values.data(), 3000, 2.0f, 3, out.bytes.data());
    std::vector<float> back(3000);
    kernel::dequantise(t, out.bytes.data(), 3000, 0.5f, 3, back.data());
    for (int64_t i = 0; i < 3000; ++i) {
      ASSERT_EQ(out.integer(i),
                int64_t(clamp(roundExactly(values[size_t(i)] * 2, Round::HalfAwayFromZero, DType::I32) + 3, t)));
      ASSERT_EQ(back[size_t(i)], float(out.integer(i) - 3) * 0.5f);
    }
  }
  uint16_t halves[2];
  const float two[] = {1.5f, -2};
  kernel::quantise(DType::BF16, two, 2, 7, 7, halves);
  EXPECT_EQ(halves[0], 0x3fc0);
  EXPECT_EQ(halves[1], 0xc000);
}

TEST(Cast, NumbersOfFourBitsShareBytes) {
  std::mt19937 random(74);
  for (DType t : {DType::I4, DType::U4})
    for (int64_t count = 1; count < 40; ++count) {
      const size_t size = size_t(count);
      std::vector<uint8_t> bytes(size, 0), back(size, 99), packed(size_t(kernel::storageBytes(t, count)), 0xee);
      EXPECT_EQ(int64_t(packed.size()), count / 2 + count % 2);
      for (uint8_t &b : bytes)
        b = uint8_t(t == DType::I4 ? int8_t(between(random, -8, 7)) : between(random, 0, 15));
      kernel::pack4(bytes.data(), count, packed.data());
      kernel::unpack4(t, packed.data(), count, back.data());
      EXPECT_EQ(back, bytes);
      EXPECT_EQ(packed[0] & 15, bytes[0] & 15);
      if (count % 2) {
        EXPECT_EQ(packed.back() >> 4, 0);
      }
    }
}

} // namespace
