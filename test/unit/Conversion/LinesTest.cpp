//===- LinesTest.cpp - Tables that lines replace --------------------------===//
// What the search finds is compared with the table on every input; a single
// result off is no line.
#include "../../../lib/Ops/Activation/Lines.h"

#include <cmath>
#include <gtest/gtest.h>

namespace tpu_mlir {
namespace {

std::vector<int64_t> tableOf(double (*f)(double), double inScale, double outScale, bool isSigned) {
  std::vector<int64_t> t;
  for (int64_t x = isSigned ? -128 : 0; x < (isSigned ? 128 : 256); ++x)
    t.push_back(std::clamp<int64_t>(std::llround(f(double(x) * inScale) / outScale), -128, 127));
  return t;
}

void expectExact(const std::vector<int64_t> &t, size_t mostLines) {
  int64_t first = -128;
  auto found = findLines(t, first, -128, 127, kernel::Round::HalfUp);
  ASSERT_TRUE(found);
  EXPECT_LE(found->lines.size(), mostLines);
  for (int64_t i = 0; i < 256; ++i)
    EXPECT_EQ(evaluate(*found, first + i, -128, 127, kernel::Round::HalfUp), t[i]) << "input " << first + i;
}

TEST(Lines, ReplacePiecewiseLinearFunctions) {
  for (double in : {0.0131, 0.0503, 0.1109})
    for (double out : {0.0173, 0.0491, 0.1037}) {
      expectExact(tableOf([](double x) { return std::max(x, 0.1 * x); }, in, out, true), 2); // leaky relu
      expectExact(tableOf([](double x) { return std::fabs(x); }, in, out, true), 2);         // abs
      expectExact(tableOf([](double x) { return std::clamp(x, -1.0, 2.0); }, in, out, true), 1);
      expectExact(tableOf([](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); }, in, out, true),
                  1); // hard sigmoid
                      // Steep lines leave no room between the offset's steps.
      if (in < 0.1)
        expectExact(tableOf([](double x) { return 0.5 * x + 0.3; }, in, out, true), 1);
    }
}

TEST(Lines, LeaveCurvesAlone) {
  EXPECT_FALSE(findLines(tableOf([](double x) { return x / (1 + std::exp(-x)); }, 0.05, 0.05, true), -128, -128, 127,
                         kernel::Round::HalfUp));
  EXPECT_FALSE(findLines(tableOf([](double x) { return std::tanh(x); }, 0.03, 0.008, true), -128, -128, 127,
                         kernel::Round::HalfUp));
  EXPECT_FALSE(findLines(tableOf([](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }, 0.05, 0.05, true), -128,
                         -128, 127, kernel::Round::HalfUp));
}

TEST(Lines, OneWrongResultIsNoLine) {
  std::vector<int64_t> t = tableOf([](double x) { return x; }, 0.1, 0.1, true);
  t[77] += 2;
  EXPECT_FALSE(findLines(t, -128, -128, 127, kernel::Round::HalfUp));
}

} // namespace
} // namespace tpu_mlir
