//===- MatmulTest.cpp - Matrix products against the definition ------------===//
// The oracle is the sum as written, in 64-bit integers, or in floats in the
// order that the contract states.

#include "Reference.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

TEST(Matmul, IntegersAreExactOnEveryLevel) {
  std::mt19937 random(21);
  for (int i = 0; i < 100; ++i) {
    int64_t batch = between(random, 1, 3), m = between(random, 1, 20), k = between(random, 1, 300),
            n = between(random, 1, 150);
    if (i == 0)
      m = 800;
    Buffer left(random() % 2 ? DType::I8 : DType::U8, {1, batch, m, k}),
        right(random() % 2 ? DType::I8 : DType::U8, {1, batch, k, n});
    left.randomise(random);
    right.randomise(random);
    int zero = random() % 2 ? 0 : int(between(random, -128, 255));
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::I32, {1, batch, m, n});
      kernel::matmul(out.tensor(), left.view(), right.view(), zero);
      for (int64_t b = 0; b < batch; ++b)
        for (int64_t r = 0; r < m; ++r)
          for (int64_t c = 0; c < n; ++c) {
            int64_t sum = 0;
            for (int64_t x = 0; x < k; ++x)
              sum += left.integer(left.index(0, b, r, x)) * (right.integer(right.index(0, b, x, c)) - zero);
            ASSERT_EQ(out.integer(out.index(0, b, r, c)), sum) << "case " << i;
          }
    }
  }
}

TEST(Matmul, FloatsSumInOrderOfK) {
  std::mt19937 random(22);
  for (int i = 0; i < 60; ++i) {
    int64_t batch = between(random, 1, 2), m = between(random, 1, 20), k = between(random, 1, 900),
            n = between(random, 1, 150);
    Buffer left(DType::F32, {1, batch, m, k}), right(DType::F32, {1, batch, k, n});
    left.randomise(random);
    right.randomise(random);
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::F32, {1, batch, m, n});
      kernel::matmul(out.tensor(), left.view(), right.view());
      for (int64_t b = 0; b < batch; ++b)
        for (int64_t r = 0; r < m; ++r)
          for (int64_t c = 0; c < n; ++c) {
            float sum = 0;
            for (int64_t x = 0; x < k; ++x)
              sum = std::fma(left.as<float>()[left.index(0, b, r, x)], right.as<float>()[right.index(0, b, x, c)], sum);
            ASSERT_EQ(out.as<float>()[out.index(0, b, r, c)], sum) << "case " << i;
          }
    }
  }
}

TEST(Matmul, HalfFloatsSumInF32AndRoundOnce) {
  std::mt19937 random(23);
  for (int i = 0; i < 40; ++i) {
    const int64_t m = between(random, 1, 9), k = between(random, 1, 300), n = between(random, 1, 40);
    const DType t = i % 2 ? DType::F16 : DType::BF16;
    auto [left, wideLeft] = smallFloats(random, t, {1, 1, m, k});
    auto [right, wideRight] = smallFloats(random, t, {1, 1, k, n});
    Buffer out(t, {1, 1, m, n}), wide(DType::F32, out.dims);
    kernel::matmul(out.tensor(), left.view(), right.view());
    kernel::matmul(wide.tensor(), wideLeft.view(), wideRight.view());
    for (int64_t o = 0; o < m * n; ++o)
      ASSERT_EQ(out.as<uint16_t>()[o], kernel::narrowFloat(wide.as<float>()[o], t)) << "case " << i;
  }
}

} // namespace
