//===- BitsTest.cpp - Bits, shifts, magnitudes, choices -------------------===//
// Random formats and broadcasts against one element at a time in 128 bits.

#include "Reference.h"
#include "tpu_mlir/Kernel/Float.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

/// The low bits of v as an element of t.
int64_t low(Int128 v, DType t) {
  Buffer b(t, {});
  b.setInteger(0, int64_t(v));
  return b.integer(0);
}

DType anyInteger(std::mt19937 &random) { return kIntegers[random() % 6]; }

TEST(Bits, OperationsExtendByTheSign) {
  using kernel::BitOp;
  std::mt19937 random(61);
  for (int i = 0; i < 400; ++i) {
    Dims d = randomDims(random);
    Buffer a(anyInteger(random), broadcastOf(random, d)), b(anyInteger(random), broadcastOf(random, d)),
        out(anyInteger(random), d);
    a.randomise(random), b.randomise(random);
    BitOp op = BitOp(i % 4);
    kernel::bitwise(op, out.tensor(), a.view(), op == BitOp::Not ? a.view() : b.view());
    for (int64_t o = 0; o < d.count(); ++o) {
      int64_t x = a.integer(broadcastIndex(d, a.dims, o)), y = b.integer(broadcastIndex(d, b.dims, o));
      int64_t v = op == BitOp::And ? x & y : op == BitOp::Or ? x | y : op == BitOp::Xor ? x ^ y : -1 - x;
      ASSERT_EQ(out.integer(o), low(v, out.dtype)) << "case " << i;
    }
  }
}

TEST(Bits, FloatsAreTheirBits) {
  float x = -1.5f, out;
  uint32_t mask = 0x7fffffffu;
  kernel::bitwise(kernel::BitOp::And, {DType::F32, {}, &out}, {DType::F32, {}, &x}, {DType::U32, {}, &mask});
  EXPECT_EQ(out, 1.5f);
}

TEST(Bits, ShiftsByANumberForEachElement) {
  using kernel::ShiftOp;
  std::mt19937 random(62);
  for (int i = 0; i < 600; ++i) {
    Dims d = randomDims(random);
    Buffer a(anyInteger(random), broadcastOf(random, d)), b(DType::I8, broadcastOf(random, d)),
        out(anyInteger(random), d);
    a.randomise(random), b.randomise(random);
    const ShiftOp op = ShiftOp(i % 3);
    const Round round = kRounds[random() % 7];
    const int bits = kernel::bitWidth(a.dtype);
    kernel::shiftEach(op, out.tensor(), a.view(), b.view(), round);
    for (int64_t o = 0; o < d.count(); ++o) {
      const int64_t x = a.integer(broadcastIndex(d, a.dims, o));
      int64_t y = b.integer(broadcastIndex(d, b.dims, o));
      const uint64_t u = uint64_t(x) & ((uint64_t(1) << bits) - 1);
      Int128 v = 0;
      if (op == ShiftOp::Arithmetic)
        v = clamp(shiftExactly(x, int(y), round), out.dtype);
      else if (op == ShiftOp::Logical)
        v = y >= bits || y <= -bits ? 0 : y >= 0 ? Int128(u) << y & ((Int128(1) << bits) - 1) : Int128(u >> -y);
      else
        for (v = u; y != 0; y += y > 0 ? -1 : 1) // one place at a time
          v = y > 0 ? (v << 1 & ((Int128(1) << bits) - 1)) | v >> (bits - 1) : v >> 1 | (v & 1) << (bits - 1);
      ASSERT_EQ(out.integer(o), low(v, out.dtype)) << "case " << i;
    }
  }
}

TEST(Bits, MagnitudesSaturate) {
  std::mt19937 random(63);
  for (int i = 0; i < 400; ++i) {
    Dims d = randomDims(random);
    Buffer a(anyInteger(random), broadcastOf(random, d)), b(anyInteger(random), broadcastOf(random, d)),
        out(anyInteger(random), d);
    a.randomise(random), b.randomise(random);
    const int shift = random() % 2 ? 0 : int(between(random, -20, 4));
    const Round round = kRounds[random() % 7];
    auto check = [&](auto expected) {
      for (int64_t o = 0; o < d.count(); ++o)
        ASSERT_EQ(out.integer(o), int64_t(clamp(expected(a.integer(broadcastIndex(d, a.dims, o)),
                                                         b.integer(broadcastIndex(d, b.dims, o))),
                                                out.dtype)))
            << "case " << i;
    };
    kernel::absolute(out.tensor(), a.view());
    check([](Int128 x, Int128) { return x < 0 ? -x : x; });
    kernel::absoluteDifference(out.tensor(), a.view(), b.view(), shift, round);
    check([&](Int128 x, Int128 y) {
      Int128 v = clamp(shiftExactly(int64_t(x - y), shift, round), DType::I32);
      return v < 0 ? -v : v;
    });
  }
}

TEST(Bits, MagnitudesOfFloatsLoseTheSign) {
  const uint16_t in[] = {0x8000, 0xfe01, 0xbc00, 0x3c00, 0xfc00};
  uint16_t out[5];
  for (DType t : {DType::F16, DType::BF16}) {
    kernel::absolute({t, {1, 1, 1, 5}, out}, {t, {1, 1, 1, 5}, in});
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(out[i], in[i] & 0x7fff);
  }
}

TEST(Select, IntegersOfAnyFormats) {
  using kernel::Comparison;
  std::mt19937 random(64);
  for (int i = 0; i < 400; ++i) {
    Dims d = randomDims(random);
    const DType to = anyInteger(random);
    Buffer a(anyInteger(random), broadcastOf(random, d)), b(anyInteger(random), broadcastOf(random, d)),
        yes(to, broadcastOf(random, d)), no(to, broadcastOf(random, d)), out(to, d);
    for (Buffer *operand : {&a, &b, &yes, &no})
      operand->randomise(random);
    const Comparison c = Comparison(i % 3);
    kernel::select(c, out.tensor(), a.view(), b.view(), yes.view(), no.view());
    for (int64_t o = 0; o < d.count(); ++o) {
      const int64_t x = a.integer(broadcastIndex(d, a.dims, o)), y = b.integer(broadcastIndex(d, b.dims, o));
      const bool holds = c == Comparison::Greater ? x > y : c == Comparison::Equal ? x == y : x < y;
      ASSERT_EQ(out.integer(o),
                holds ? yes.integer(broadcastIndex(d, yes.dims, o)) : no.integer(broadcastIndex(d, no.dims, o)))
          << "case " << i;
    }
  }
}

TEST(Select, NaNHoldsAgainstNothingAndZerosAreEqual) {
  const float a[] = {NAN, 1, NAN, 0.0f, INFINITY, 1}, b[] = {1, NAN, NAN, -0.0f, 1, 2};
  const uint8_t yes[] = {1}, no[] = {0};
  uint8_t out[6];
  const Dims d{1, 1, 1, 6};
  const uint8_t expected[3][6] = {{0, 0, 0, 0, 1, 0}, {0, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 0, 1}};
  for (int c = 0; c < 3; ++c)
    for (DType t : {DType::F32, DType::F16, DType::BF16}) {
      Buffer x(t, d), y(t, d);
      kernel::cast(x.tensor(), {DType::F32, d, a}, Round::HalfToEven);
      kernel::cast(y.tensor(), {DType::F32, d, b}, Round::HalfToEven);
      kernel::select(kernel::Comparison(c), {DType::U8, d, out}, x.view(), y.view(), {DType::U8, {}, yes},
                     {DType::U8, {}, no});
      for (int i = 0; i < 6; ++i)
        EXPECT_EQ(out[i], expected[c][i]) << c << ' ' << i;
    }
}

TEST(Fused, OneRoundingOrTwo) {
  std::mt19937 random(65);
  for (int i = 0; i < 100; ++i) {
    Dims d = randomDims(random);
    Buffer a(DType::F32, d), b(DType::F32, broadcastOf(random, d)), c(DType::F32, broadcastOf(random, d)),
        out(DType::F32, d), old(DType::F32, d);
    for (Buffer *operand : {&a, &b, &c, &old})
      operand->randomise(random);
    auto check = [&](auto expected) {
      for (int64_t o = 0; o < d.count(); ++o)
        ASSERT_EQ(out.as<float>()[o], expected(a.as<float>()[o], b.as<float>()[broadcastIndex(d, b.dims, o)],
                                               c.as<float>()[broadcastIndex(d, c.dims, o)], old.as<float>()[o]));
    };
    kernel::linear(kernel::LinearOp::MulAdd, out.tensor(), a.view(), b.view(), c.view());
    check([](float x, float y, float z, float) { return std::fma(x, y, z); });
    kernel::linear(kernel::LinearOp::SquareOfSum, out.tensor(), a.view(), b.view(), b.view());
    check([](float x, float y, float, float) { return (x + y) * (x + y); });
    kernel::linear(kernel::LinearOp::SquareOfDifference, out.tensor(), a.view(), b.view(), b.view());
    check([](float x, float y, float, float) { return (x - y) * (x - y); });
    out.bytes = old.bytes;
    kernel::multiplyAdd(out.tensor(), a.view(), b.view());
    check([](float x, float y, float, float before) { return std::fma(x, y, before); });
  }
}

TEST(Copy, RepeatsElementsOfAnyWidth) {
  std::mt19937 random(66);
  for (DType t : kIntegers)
    for (int i = 0; i < 20; ++i) {
      Dims d = randomDims(random);
      Buffer a(t, broadcastOf(random, d)), out(t, d);
      a.randomise(random);
      kernel::copyElements(out.tensor(), a.view());
      for (int64_t o = 0; o < d.count(); ++o)
        ASSERT_EQ(out.integer(o), a.integer(broadcastIndex(d, a.dims, o)));
    }
}

} // namespace
