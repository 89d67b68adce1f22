//===- SpecialTest.cpp - The special function unit's model ----------------===//
// Against long double where rounding once is promised, and exact parts.

#include "Reference.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

std::vector<float> anyFloats(std::mt19937 &random, size_t count) {
  std::vector<float> values = {0.0f, -0.0f, 1.0f, -1.0f, INFINITY, -INFINITY, NAN, 1e-45f, 1.1754944e-38f, 3.4e38f};
  while (values.size() < count) {
    uint32_t bits = uint32_t(random());
    float v;
    std::memcpy(&v, &bits, 4);
    values.push_back(v);
  }
  return values;
}

bool isSame(float a, float b) { return std::isnan(a) ? std::isnan(b) : std::memcmp(&a, &b, 4) == 0; }

TEST(Special, DivisionAndReciprocalRootRoundOnce) {
  std::mt19937 random(31);
  const std::vector<float> a = anyFloats(random, 100000), b = anyFloats(random, 100000);
  std::vector<float> out(a.size()), roots(a.size());
  const Dims d{1, 1, 1, int64_t(a.size())};
  kernel::divide({DType::F32, d, out.data()}, {DType::F32, d, a.data()}, {DType::F32, d, b.data()});
  kernel::inverseRoot({DType::F32, d, roots.data()}, {DType::F32, d, a.data()});
  for (size_t i = 0; i < a.size(); ++i) {
    // 64 bits of mantissa: rounding them again to 24 bits cannot err for quotients of 24 bits.
    ASSERT_TRUE(isSame(out[i], float((long double)a[i] / b[i]))) << a[i] << " / " << b[i];
    ASSERT_TRUE(isSame(roots[i], float(1 / std::sqrt((long double)a[i])))) << a[i];
  }
}

TEST(Special, PartsOfAFloat) {
  std::mt19937 random(32);
  const std::vector<float> in = anyFloats(random, 20000);
  std::vector<int32_t> exponents(in.size());
  std::vector<float> mantissas(in.size());
  const Dims d{1, 1, 1, int64_t(in.size())};
  kernel::exponentOf({DType::I32, d, exponents.data()}, {DType::F32, d, in.data()});
  kernel::mantissaOf({DType::F32, d, mantissas.data()}, {DType::F32, d, in.data()});
  for (size_t i = 0; i < in.size(); ++i)
    if (std::isnormal(in[i])) {
      ASSERT_EQ(exponents[i], std::ilogb(in[i]));
      ASSERT_EQ(std::ldexp(mantissas[i], exponents[i]), in[i]);
    } else {
      ASSERT_EQ(exponents[i], std::isfinite(in[i]) ? -127 : 128);
    }
}

TEST(Special, PolynomialsGoDownFromTheHighestPower) {
  std::mt19937 random(33);
  for (int64_t count : {1, 2, 7}) {
    Buffer x(DType::F32, {1, 3, 5, 700}), out(DType::F32, x.dims), c(DType::F32, {1, 1, 1, count});
    x.randomise(random), c.randomise(random);
    kernel::polynomial(out.tensor(), x.view(), c.as<float>(), count);
    for (int64_t o = 0; o < x.dims.count(); ++o) {
      float sum = c.as<float>()[count - 1];
      for (int64_t k = count - 2; k >= 0; --k) {
        const float product = sum * x.as<float>()[o];
        sum = product + c.as<float>()[k];
      }
      ASSERT_EQ(out.as<float>()[o], sum);
    }
  }
}

} // namespace
