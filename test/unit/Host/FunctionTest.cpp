//===- FunctionTest.cpp - The scalar functions at their edges -------------===//
// Ordinary values are compared with numpy from Python; here are the places where
// a formula written naively overflows, cancels or makes NaN.
#include "tpu_mlir/Host/Function.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace tpu_mlir;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double at(UnaryKind kind, double x, double a = 0, double b = 0) { return evalUnary({kind, a, b}, x); }

const std::vector<UnaryFunction> &allFunctions() {
  static const std::vector<UnaryFunction> all = {
      {UnaryKind::Relu, -1},    {UnaryKind::Relu, 6},  {UnaryKind::LeakyRelu, 0.1},
      {UnaryKind::Clip, -1, 2}, {UnaryKind::Sigmoid},  {UnaryKind::SiLU},
      {UnaryKind::Tanh},        {UnaryKind::GELU},     {UnaryKind::Exp},
      {UnaryKind::Log},         {UnaryKind::Sqrt},     {UnaryKind::Abs},
      {UnaryKind::Erf},         {UnaryKind::Softplus}, {UnaryKind::Mish},
      {UnaryKind::HardSwish},   {UnaryKind::Elu, 1.5}, {UnaryKind::HardSigmoid, 0.2, 0.5}};
  return all;
}

TEST(Activation, NanStaysNan) {
  for (const UnaryFunction &f : allFunctions())
    EXPECT_TRUE(std::isnan(evalUnary(f, std::nan("")))) << static_cast<int>(f.kind);
}

TEST(Activation, OnlyLogAndSqrtOfNegativeNumbersHaveNoValue) {
  for (const UnaryFunction &f : allFunctions())
    for (double x : {-kInf, -1e300, -1e4, -750.0, -1.0, -0.0, 0.0, 1.0, 750.0, 1e4, 1e300, kInf}) {
      bool isUndefined = x < 0 && (f.kind == UnaryKind::Log || f.kind == UnaryKind::Sqrt);
      EXPECT_EQ(std::isnan(evalUnary(f, x)), isUndefined) << static_cast<int>(f.kind) << " at " << x;
    }
}

TEST(Activation, LimitsAtInfinity) {
  EXPECT_EQ(at(UnaryKind::Sigmoid, -kInf), 0);
  EXPECT_EQ(at(UnaryKind::Sigmoid, kInf), 1);
  for (UnaryKind gated : {UnaryKind::SiLU, UnaryKind::GELU, UnaryKind::Mish, UnaryKind::HardSwish}) {
    EXPECT_EQ(at(gated, -kInf), 0);
    EXPECT_EQ(at(gated, kInf), kInf);
  }
  EXPECT_EQ(at(UnaryKind::Softplus, -kInf), 0);
  EXPECT_EQ(at(UnaryKind::Elu, -kInf, 1.5), -1.5);
  EXPECT_EQ(at(UnaryKind::Relu, kInf, 6), 6);
  EXPECT_EQ(at(UnaryKind::Relu, kInf, -1), kInf);
}

TEST(Activation, LargeAndSmallArgumentsKeepTheirDigits) {
  EXPECT_DOUBLE_EQ(at(UnaryKind::Softplus, 800), 800);
  EXPECT_DOUBLE_EQ(at(UnaryKind::Softplus, -40), std::exp(-40.0));
  EXPECT_DOUBLE_EQ(at(UnaryKind::Sigmoid, -700), std::exp(-700.0));
  EXPECT_DOUBLE_EQ(at(UnaryKind::Elu, 1e-12, 1), 1e-12);
  EXPECT_DOUBLE_EQ(at(UnaryKind::Elu, -1e-12, 1), -1e-12 + 0.5e-24); // e^x - 1 = x + x^2 / 2 + ...
  // Far below zero the exact value is x * erfc(-x / sqrt 2) / 2; 1 + erf would have cancelled to 0.
  EXPECT_NEAR(at(UnaryKind::GELU, -10) / (-10 * 7.619853024160525e-24), 1, 1e-12);
}

TEST(Activation, ClampsWhereTheParametersSay) {
  EXPECT_EQ(at(UnaryKind::Clip, -5, -1, 2), -1);
  EXPECT_EQ(at(UnaryKind::Clip, 5, -1, 2), 2);
  EXPECT_EQ(at(UnaryKind::Clip, 0.5, -1, 2), 0.5);
  EXPECT_EQ(at(UnaryKind::HardSigmoid, 2.4, 0.2, 0.5), 0.2 * 2.4 + 0.5);
  EXPECT_EQ(at(UnaryKind::HardSigmoid, 2.6, 0.2, 0.5), 1);
  EXPECT_EQ(at(UnaryKind::HardSwish, -3), 0);
  EXPECT_EQ(at(UnaryKind::HardSwish, 3), 3);
  EXPECT_EQ(at(UnaryKind::LeakyRelu, -2, 0.25), -0.5);
}

} // namespace
