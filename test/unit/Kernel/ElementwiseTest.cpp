//===- ElementwiseTest.cpp - Everything that touches each element once ----===//
// All format combinations, all rounding modes, random broadcasts, on every CPU
// level, against 128-bit arithmetic.

#include "Reference.h"
#include "tpu_mlir/Kernel/Float.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;
using kernel::BinaryOp;

namespace {

constexpr BinaryOp kOps[] = {BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Max, BinaryOp::Min};

Int128 apply(BinaryOp op, Int128 a, Int128 b) {
  switch (op) {
  case BinaryOp::Add:
    return a + b;
  case BinaryOp::Sub:
    return a - b;
  case BinaryOp::Mul:
    return a * b;
  case BinaryOp::Max:
    return a > b ? a : b;
  default:
    return a < b ? a : b;
  }
}

TEST(Binary, IntegersOfAnyFormatsOnEveryLevel) {
  std::mt19937 random(41);
  for (int i = 0; i < 1500; ++i) {
    BinaryOp op = kOps[random() % 5];
    Round round = kRounds[random() % 7];
    int shift = random() % 2 ? 0 : int(between(random, -40, 20));
    Dims d = randomDims(random);
    if (i % 8)
      d.w = std::min<int64_t>(d.w, 40);
    Buffer a(kIntegers[random() % 6], broadcastOf(random, d)), b(kIntegers[random() % 6], broadcastOf(random, d));
    a.randomise(random);
    b.randomise(random);
    DType to = kIntegers[random() % 6];
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(to, d);
      kernel::binary(op, out.tensor(), a.view(), b.view(), shift, round);
      for (int64_t o = 0; o < d.count(); ++o) {
        // U32 products can pass 2^63; the contract says 64 bits.
        int64_t value =
            int64_t(apply(op, a.integer(broadcastIndex(d, a.dims, o)), b.integer(broadcastIndex(d, b.dims, o))));
        ASSERT_EQ(out.integer(o), int64_t(clamp(shiftExactly(value, shift, round), to)))
            << "case " << i << " op " << int(op) << ' ' << name(a.dtype) << ' ' << name(b.dtype) << " shift " << shift
            << " mode " << int(round) << " level " << int(level);
      }
    }
  }
}

TEST(Binary, FloatsAreSingleIeeeOperations) {
  std::mt19937 random(42);
  for (int i = 0; i < 300; ++i) {
    BinaryOp op = kOps[random() % 5];
    Dims d = randomDims(random);
    Buffer a(DType::F32, broadcastOf(random, d)), b(DType::F32, broadcastOf(random, d));
    a.randomise(random);
    b.randomise(random);
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::F32, d);
      kernel::binary(op, out.tensor(), a.view(), b.view());
      for (int64_t o = 0; o < d.count(); ++o) {
        float x = a.as<float>()[broadcastIndex(d, a.dims, o)], y = b.as<float>()[broadcastIndex(d, b.dims, o)];
        float expected = op == BinaryOp::Add   ? x + y
                         : op == BinaryOp::Sub ? x - y
                         : op == BinaryOp::Mul ? x * y
                         : op == BinaryOp::Max ? std::fmax(x, y)
                                               : std::fmin(x, y);
        ASSERT_EQ(out.as<float>()[o], expected);
      }
    }
  }
}

TEST(Binary, NaNStaysVisible) {
  float x[4] = {NAN, 1, NAN, INFINITY}, y[4] = {1, NAN, NAN, -INFINITY}, out[4];
  Dims d{1, 1, 1, 4};
  for (BinaryOp op : {BinaryOp::Max, BinaryOp::Min})
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      kernel::binary(op, {DType::F32, d, out}, {DType::F32, d, x}, {DType::F32, d, y});
      EXPECT_TRUE(std::isnan(out[0]) && std::isnan(out[1]) && std::isnan(out[2]));
      EXPECT_EQ(out[3], op == BinaryOp::Max ? INFINITY : -INFINITY);
    }
}

TEST(Requant, AgainstFractionsOnEveryLevel) {
  std::mt19937 random(43);
  const DType ins[] = {DType::I8, DType::U8, DType::I16, DType::U16, DType::I32};
  for (int i = 0; i < 500; ++i) {
    Dims d = randomDims(random);
    Round round = kRounds[random() % 7];
    Buffer in(ins[random() % 5], d);
    in.randomise(random);
    std::vector<kernel::QuantEntry> entries(random() % 2 ? 1 : size_t(d.c));
    for (auto &e : entries)
      e = {int32_t(random()) >> (random() % 32), int32_t(between(random, -64, random() % 4 ? 0 : 31)),
           int32_t(between(random, -128, 127))};
    DType to = kIntegers[random() % 6];
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(to, d);
      kernel::requant(out.tensor(), in.view(), entries.data(), int64_t(entries.size()), round);
      for (int64_t o = 0; o < d.count(); ++o) {
        const kernel::QuantEntry &e = entries[entries.size() == 1 ? 0 : size_t(o / d.w / d.h % d.c)];
        int64_t shifted = shiftExactly(int64_t(Int128(in.integer(o)) * e.multiplier), e.shift, round);
        int64_t sum = int64_t(uint64_t(shifted) + uint64_t(int64_t(e.zeroPoint)));
        ASSERT_EQ(out.integer(o), int64_t(clamp(sum, to))) << "case " << i << " level " << int(level);
      }
    }
  }
}

TEST(Cast, FloatToIntegersMatchesTheScalarRule) {
  std::mt19937 random(44);
  Dims d{1, 1, 1, 5000};
  Buffer in(DType::F32, d);
  for (int64_t i = 0; i < d.w; ++i) {
    uint32_t bits = uint32_t(random());
    std::memcpy(in.as<float>() + i, &bits, 4);
    if (i % 3 == 0)
      in.as<float>()[i] = float(int32_t(random()) >> (random() % 32)) * 0.5f;
    if (i % 3 == 1)
      in.as<float>()[i] =
          std::nextafter(float(int32_t(random()) >> (8 + random() % 24)) * 0.5f, random() % 2 ? 1e30f : -1e30f);
  }
  for (DType t : kIntegers)
    for (Round round : kRounds)
      for (kernel::CpuLevel level : cpuLevels()) {
        kernel::CpuLevelLimit limit(level);
        Buffer out(t, d);
        kernel::cast(out.tensor(), in.view(), round);
        for (int64_t i = 0; i < d.w; ++i)
          ASSERT_EQ(out.integer(i), kernel::floatToInt(in.as<float>()[i], t, round))
              << in.as<float>()[i] << " mode " << int(round);
      }
}

TEST(Cast, IntegersSaturateAndWiden) {
  std::mt19937 random(45);
  Dims d{2, 3, 5, 41};
  for (DType from : kIntegers)
    for (DType to : kIntegers) {
      Buffer in(from, d), out(to, d), floats(DType::F32, d);
      in.randomise(random);
      kernel::cast(out.tensor(), in.view(), Round::HalfUp);
      kernel::cast(floats.tensor(), in.view(), Round::HalfUp);
      for (int64_t i = 0; i < d.count(); ++i) {
        ASSERT_EQ(out.integer(i), int64_t(clamp(in.integer(i), to)));
        ASSERT_EQ(floats.as<float>()[i], float(in.integer(i)));
      }
    }
}

TEST(Cast, IntegersToHalvesRoundOnce) {
  std::vector<int32_t> values = {0,         1,         -1,         2049,      2051,      65519,
                                 65520,     -70000,    16777217,   0x1008000, 0x1008001, 0x1017fff,
                                 INT32_MAX, INT32_MIN, 0x40800040, 0x4080003f};
  Dims d{1, 1, 1, int64_t(values.size())};
  Buffer bf(DType::BF16, d), half(DType::F16, d);
  ConstTensor in(DType::I32, d, values.data());
  kernel::cast(bf.tensor(), in, Round::HalfToEven);
  kernel::cast(half.tensor(), in, Round::HalfToEven);
  for (size_t i = 0; i < values.size(); ++i) {
    double v = values[i], magnitude = std::fabs(v);
    int exponent = magnitude ? std::ilogb(magnitude) : 0;
    auto rounded = [&](int mantissaBits) { // in exact doubles
      double unit = std::ldexp(1.0, exponent - mantissaBits);
      return magnitude ? std::copysign(std::nearbyint(magnitude / unit) * unit, v) : 0.0;
    };
    EXPECT_EQ(kernel::bf16ToF32(bf.as<uint16_t>()[i]), rounded(7)) << values[i];
    EXPECT_EQ(kernel::f16ToF32(half.as<uint16_t>()[i]),
              std::fabs(rounded(10)) > 65504 ? std::copysign(INFINITY, v) : rounded(10))
        << values[i];
  }
}

TEST(Lookup, IndexesByBitPattern) {
  std::mt19937 random(46);
  Dims d{1, 3, 7, 100};
  for (DType from : {DType::I8, DType::U8})
    for (DType to : {DType::I8, DType::U8, DType::I16, DType::I32, DType::F32}) {
      Buffer in(from, d), out(to, d), table(to, {1, 1, 1, 256});
      in.randomise(random);
      table.randomise(random);
      kernel::lookup(out.tensor(), in.view(), table.bytes.data());
      size_t size = size_t(kernel::byteSize(to));
      for (int64_t i = 0; i < d.count(); ++i)
        ASSERT_EQ(std::memcmp(&out.bytes[size_t(i) * size], &table.bytes[in.bytes[size_t(i)] * size], size), 0);
    }
}

} // namespace
