//===- CurveTest.cpp - Curved tables that chains of lines replace ---------===//
// What the search finds is compared with the table on every input; noise has
// no curve.
#include "../../../lib/Ops/Activation/Curve.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace tpu_mlir {
namespace {

struct Format {
  int64_t least, most;
};
constexpr Format kSigned{-128, 127}, kUnsigned{0, 255};

std::vector<int64_t> tableOf(double (*f)(double), double inScale, double outScale, Format in, Format out) {
  std::vector<int64_t> t;
  for (int64_t x = in.least; x <= in.most; ++x)
    t.push_back(std::clamp<int64_t>(std::llround(f(double(x) * inScale) / outScale), out.least, out.most));
  return t;
}

double silu(double x) { return x / (1 + std::exp(-x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2))); }
double mish(double x) { return x * std::tanh(std::log1p(std::exp(x))); }
double hyperbolic(double x) { return std::tanh(x); }

TEST(Curve, HasTheResultsOfSmoothTables) {
  int found = 0, tried = 0;
  for (auto f : {silu, sigmoid, gelu, mish, hyperbolic})
    for (double range : {1.3, 2.9, 5.1, 7.7, 11.3})
      for (Format in : {kSigned, kUnsigned})
        for (Format out : {kSigned, kUnsigned}) {
          const double inScale = range / double(in.most), outScale = std::max(0.3, f(range)) / double(out.most);
          const std::vector<int64_t> t = tableOf(f, inScale, outScale, in, out);
          const std::optional<Curve> curve = findCurve(t, in.least, out.least, out.most, 20, kernel::Round::HalfUp);
          ++tried;
          if (!curve)
            continue;
          ++found;
          EXPECT_LE(curve->size(), 20u);
          for (int64_t x = in.least; x <= in.most; ++x)
            ASSERT_EQ(evaluate(*curve, x, out.least, out.most, kernel::Round::HalfUp), t[size_t(x - in.least)])
                << "input " << x;
        }
  EXPECT_GE(found, tried * 9 / 10) << "of " << tried;
}

TEST(Curve, OfALineIsShort) {
  const auto t = tableOf([](double x) { return x > 0 ? x : 0.1 * x; }, 0.1, 0.1, kSigned, kSigned);
  const std::optional<Curve> curve = findCurve(t, -128, -128, 127, 20, kernel::Round::HalfUp);
  ASSERT_TRUE(curve);
  EXPECT_LE(instructionsOf(*curve), 4);
}

TEST(Curve, OfNoiseIsNone) {
  std::vector<int64_t> t;
  for (int64_t i = 0; i < 256; ++i)
    t.push_back((i * 7919) % 251 - 125);
  EXPECT_FALSE(findCurve(t, -128, -128, 127, 40, kernel::Round::HalfUp));
}

TEST(Curve, CountsInstructions) {
  // max(requantised x, 3), then the smaller of that and a line that is flat before 5.
  const Curve curve = {{0, 1 << 21, 0, false, true}, {0, 0, 3, false, true}, {5, 1 << 22, 9, true, false}};
  EXPECT_EQ(instructionsOf(curve), 1 + 1 + 4);
  EXPECT_EQ(evaluate(curve, -50, -128, 127, kernel::Round::HalfUp), 3);
  EXPECT_EQ(evaluate(curve, 9, -128, 127, kernel::Round::HalfUp), 5); // half up
  EXPECT_EQ(evaluate(curve, 127, -128, 127, kernel::Round::HalfUp), 64);
}

} // namespace
} // namespace tpu_mlir
