//===- FloatFunctionsTest.cpp - Functions of floats against long double ---===//
// Every function in every format against the C library's long double, whose 64
// bits of mantissa are 40 more than fp32 has: 16-bit formats on every operand,
// F32 on operands of every exponent and near the places where a program changes
// its way; millions with TPU_MLIR_ALL. With TPU_MLIR_FLOAT_TABLE=FILE the
// rows of the table of docs/design/float-functions.md are appended there, as
// docs/gen/float_functions.py wants them.

#include "FloatOracle.h"
#include "tpu_mlir/Kernel/Visit.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;
using kernel::Sequence;

namespace {

struct Worst {
  double ulp = 0, absolute = 0; ///< of operands within the bound's range, and beyond
  double atUlp = 0, secondAtUlp = 0, atAbsolute = 0;
};

/// Operands as bits of the format.
using Bits = std::vector<uint32_t>;

std::vector<uint8_t> packed(DType t, const Bits &bits) {
  const size_t size = size_t(kernel::byteSize(t));
  std::vector<uint8_t> out(bits.size() * size);
  for (size_t i = 0; i < bits.size(); ++i)
    std::memcpy(&out[i * size], &bits[i], size);
  return out;
}

std::vector<uint8_t> runOn(const Sequence &program, const Bits &a, const Bits &b) {
  const DType t = program.format;
  const Dims d{1, 1, 1, int64_t(a.size())};
  std::vector<uint8_t> x = packed(t, a), y = packed(t, b), out(x.size());
  const ConstTensor in[] = {{t, d, x.data()}, {t, d, y.data()}};
  kernel::run(program, {t, d, out.data()}, {in, size_t(program.inputs)});
  return out;
}

/// Errors of the results, with what must hold without one: NaN for NaN, and no other.
void measure(FloatFunction f, DType t, const Bits &a, const Bits &b, Worst &worst) {
  const kernel::FunctionBound &bound = infoOf(f).bound(t);
  const std::vector<uint8_t> out = runOn(sequenceOf(f, t, parametersOf(f)), a, b);
  for (size_t i = 0; i < a.size(); ++i) {
    const float x = kernel::realAt(t, &a[i], 0), y = b.empty() ? 0 : kernel::realAt(t, &b[i], 0);
    const float got = kernel::realAt(t, out.data(), int64_t(i));
    const Real exact = truth(f, x, y);
    ASSERT_EQ(std::isnan(got), std::isnan(exact)) << infoOf(f).name << '(' << x << ", " << y << ") = " << got;
    if (std::isnan(got))
      continue;
    const Error e = errorOf(t, got, exact);
    if (x >= bound.low && x <= bound.high) {
      if (e.ulp > worst.ulp)
        worst.ulp = e.ulp, worst.atUlp = x, worst.secondAtUlp = y;
    } else if (std::fabs(x) <= bound.reach && e.absolute > worst.absolute) {
      worst.absolute = e.absolute, worst.atAbsolute = x;
    }
  }
}

bool isAll() { return std::getenv("TPU_MLIR_ALL") != nullptr; }

/// Places around which functions change their way, besides zeros, ends of the format and denormals.
constexpr float kPlaces[] = {0.625f,  1,         2 / 3.0f,  4 / 3.0f,  1 / 3.0f, 0.5f,    2,       3,      4,
                             6,       8,         10,        15,        16,       20,      88.7f,   103.9f, 87.3f,
                             128,     0.6931f,   1.0986f,   3.14159f,  1.5708f,  0.7854f, 100,     65536,  0x1p24f,
                             0x1p23f, 0x1p-126f, 0x1p-127f, 0x1p-149f, 3.4e38f,  13.2f,   0x1p-24f};

Bits operandsF32(std::mt19937 &random, size_t count) {
  Bits bits = {0,           0x80000000u, 0x7f800000u, 0xff800000u, 0x7fc00000u,
               0xffc00001u, 1,           0x80000001u, 0x7f7fffffu, 0xff7fffffu};
  for (float place : kPlaces)
    for (int32_t step = -40; step <= 40; ++step)
      for (uint32_t sign : {0u, 0x80000000u})
        bits.push_back((std::bit_cast<uint32_t>(place) + uint32_t(step)) | sign);
  std::uniform_real_distribution<float> uniform(-20, 20);
  while (bits.size() < count) {
    bits.push_back(uint32_t(random())); // every exponent alike
    bits.push_back(std::bit_cast<uint32_t>(uniform(random)));
    // Exponents where functions do something.
    bits.push_back((uint32_t(random()) & 0x807fffffu) | uint32_t(between(random, 100, 134)) << 23);
  }
  return bits;
}

/// Second operands: of powers, such as keep the result finite more often than not, and whole ones.
uint32_t secondF32(std::mt19937 &random, FloatFunction f, uint32_t first) {
  switch (random() % 4) {
  case 0:
    return uint32_t(random());
  case 1:
    return std::bit_cast<uint32_t>(float(between(random, -40, 40)) * (random() % 2 ? 1.0f : 0.5f));
  default: {
    const float x = std::fabs(std::bit_cast<float>(first));
    std::uniform_real_distribution<float> uniform(-105, 90);
    if (f == FloatFunction::Pow && x > 0 && std::isfinite(x) && x != 1)
      return std::bit_cast<uint32_t>(uniform(random) / std::log(x));
    return std::bit_cast<uint32_t>(std::ldexp(uniform(random), int(between(random, -30, 30))));
  }
  }
}

Worst worstOf(FloatFunction f, DType t) {
  std::mt19937 random(uint32_t(1000 + int(f)));
  const bool two = infoOf(f).operands == 2;
  Worst worst;
  if (t == DType::F32) {
    const int turns = isAll() ? 40 : 1;
    for (int turn = 0; turn < turns; ++turn) {
      const Bits a = operandsF32(random, 100000);
      Bits b;
      for (size_t i = 0; two && i < a.size(); ++i)
        b.push_back(secondF32(random, f, a[i]));
      measure(f, t, a, b, worst);
    }
    return worst;
  }
  Bits a(65536), b;
  for (uint32_t i = 0; i < 65536; ++i)
    a[i] = i;
  if (!two) {
    measure(f, t, a, b, worst);
    return worst;
  }
  // Every first operand beside special, whole and random second ones.
  Bits seconds = {0,     0x8000, 1, 0x8001, t == DType::F16 ? 0x7c00u : 0x7f80u, t == DType::F16 ? 0xfc00u : 0xff80u,
                  0x7fff};
  for (float v : {1.0f, -1.0f, 2.0f, 3.0f, -3.0f, 0.5f, -0.5f, 10.0f, 1.5f, 33.0f})
    seconds.push_back(kernel::narrowFloat(v, t));
  for (int i = 0; i < (isAll() ? 200 : 12); ++i)
    seconds.push_back(uint32_t(random()) & 0xffff);
  for (uint32_t second : seconds) {
    b.assign(a.size(), second);
    measure(f, t, a, b, worst);
  }
  return worst;
}

std::string nameOf(FloatFunction f) { return infoOf(f).name; }

/// A bound as a cell of the page's table.
std::string boundText(FloatFunction f, DType t) {
  const kernel::FunctionBound &bound = infoOf(f).bound(t);
  char text[160], limits[80] = "";
  if (std::isfinite(bound.low) && std::isfinite(bound.high))
    std::snprintf(limits, sizeof limits, " for \\|x\\| ≤ %.0f", bound.high);
  else if (std::isfinite(bound.low))
    std::snprintf(limits, sizeof limits, " for x ≥ %.0f", bound.low);
  std::snprintf(text, sizeof text, " %.3g%s", bound.ulp, limits);
  std::string cell = text;
  if (bound.absolute) {
    std::snprintf(text, sizeof text, ", else 2^%d", std::ilogb(bound.absolute));
    cell += text;
    if (std::isfinite(bound.reach)) {
      std::snprintf(text, sizeof text, " up to %.0f", bound.reach);
      cell += text;
    }
  }
  return cell + " |";
}

std::string rowHead(FloatFunction f) { return "| `" + nameOf(f) + "` |"; }

class EveryFunction : public testing::TestWithParam<int> {};

TEST_P(EveryFunction, StaysWithinItsBound) {
  const FloatFunction f = FloatFunction(GetParam());
  std::string row = rowHead(f);
  char cell[160];
  for (DType t : {DType::F32, DType::F16, DType::BF16}) {
    const kernel::FunctionBound &bound = infoOf(f).bound(t);
    const Worst worst = worstOf(f, t);
    if (HasFatalFailure())
      return;
    EXPECT_LE(worst.ulp, bound.ulp) << name(t) << ' ' << nameOf(f) << '(' << worst.atUlp << ", " << worst.secondAtUlp
                                    << ')';
    EXPECT_LE(worst.absolute, bound.absolute) << name(t) << ' ' << nameOf(f) << '(' << worst.atAbsolute << ')';
    row += boundText(f, t);
    std::snprintf(cell, sizeof cell, " %.2f |", worst.ulp);
    row += cell;
    if (t == DType::F32) {
      std::snprintf(cell, sizeof cell, " %.1e |", worst.absolute);
      row += bound.absolute ? cell : " |";
    }
    if (std::getenv("TPU_MLIR_FLOAT_PLACES"))
      std::printf("%s %s: %.3f at (%.9g, %.9g)\n", nameOf(f).c_str(), name(t), worst.ulp, worst.atUlp,
                  worst.secondAtUlp);
  }
  for (DType t : {DType::F32, DType::F16}) {
    const Sequence program = sequenceOf(f, t, parametersOf(f));
    std::snprintf(cell, sizeof cell, " %zu | %zu | %d |", program.steps.size(),
                  withoutPolynomials(program).steps.size(), program.registers);
    row += cell;
  }
  if (const char *path = std::getenv("TPU_MLIR_FLOAT_TABLE"))
    std::ofstream(path, std::ios::app) << row << '\n';
}

TEST_P(EveryFunction, HasTheSignsOfZero) {
  const FloatFunction f = FloatFunction(GetParam());
  for (DType t : {DType::F32, DType::F16, DType::BF16}) {
    Bits a, b;
    for (float x : {0.0f, -0.0f, INFINITY, -INFINITY, 1.0f, -1.0f})
      for (float y : {0.0f, -0.0f, INFINITY, -INFINITY, 3.0f, -3.0f, 2.0f, -2.0f, 0.5f}) {
        a.push_back(kernel::narrowFloat(x, t));
        if (infoOf(f).operands == 2)
          b.push_back(kernel::narrowFloat(y, t));
      }
    const std::vector<uint8_t> out = runOn(sequenceOf(f, t, parametersOf(f)), a, b);
    for (size_t i = 0; i < a.size(); ++i) {
      const float x = kernel::realAt(t, &a[i], 0), y = b.empty() ? 0 : kernel::realAt(t, &b[i], 0);
      const float got = kernel::realAt(t, out.data(), int64_t(i)), exact = float(truth(f, x, y));
      if (exact == 0 || std::isinf(exact)) {
        EXPECT_EQ(got, exact) << name(t) << ' ' << x << ", " << y;
        EXPECT_EQ(std::signbit(got), std::signbit(exact)) << nameOf(f) << ' ' << name(t) << ' ' << x << ", " << y;
      }
    }
  }
}

TEST_P(EveryFunction, NeedsNoSpecialUnit) {
  std::mt19937 random(7);
  const FloatFunction f = FloatFunction(GetParam());
  const Bits a = operandsF32(random, 20000), b(a.rbegin(), a.rend());
  const Sequence program = sequenceOf(f, DType::F32, parametersOf(f)), plain = withoutPolynomials(program);
  for (const Sequence::Step &s : plain.steps)
    EXPECT_NE(s.what, kernel::EngineOp::Polynomial);
  EXPECT_EQ(runOn(program, a, b), runOn(plain, a, b));
  EXPECT_EQ(runOn(program, a, b), runOn(withFewRegisters(plain), a, b));
}

TEST_P(EveryFunction, HasItsBoundsOnThePage) {
  const FloatFunction f = FloatFunction(GetParam());
  std::ifstream page(FLOAT_FUNCTIONS_PAGE);
  ASSERT_TRUE(page) << FLOAT_FUNCTIONS_PAGE;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with(rowHead(f))) {
      for (DType t : {DType::F32, DType::F16, DType::BF16})
        EXPECT_NE(line.find("|" + boundText(f, t)), std::string::npos) << "not current: " << line;
      return;
    }
  FAIL() << "no row for " << nameOf(f);
}

INSTANTIATE_TEST_SUITE_P(FloatFunctions, EveryFunction, testing::Range(0, kernel::kFloatFunctions),
                         [](const auto &info) { return nameOf(FloatFunction(info.param)); });

} // namespace
