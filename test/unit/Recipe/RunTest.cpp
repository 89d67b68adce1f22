//===- RunTest.cpp - Whole recipes against loops --------------------------===//
// Recipes as ops make them (a convolution with bias, requantisation and relu; a
// mean with its own divisors; a weighted sum; a cast) against nested loops with
// exact integers and std::fma. Tests how steps are put together: operands,
// scratch, groups, constants. The kernels have their own tests.

#include "Reference.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"
#include "tpu_mlir/Primitive/MatMul.h"
#include "tpu_mlir/Primitive/Moves.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;
using HostBuffer = tpu_mlir::test::Buffer;

namespace {

const AxisMap kFull = AxisMap::full(), kSame = AxisMap::same();

/// The position of the tap (y, x) of output (oh, ow) in the input, or -1 in the padding.
int64_t tap(const HostBuffer &in, const Window &w, int64_t n, int64_t c, int64_t oh, int64_t ow, int64_t y, int64_t x) {
  int64_t iy = oh * w.strideH + y * w.dilationH - w.padTop, ix = ow * w.strideW + x * w.dilationW - w.padLeft;
  return iy < 0 || iy >= in.dims.h || ix < 0 || ix >= in.dims.w ? -1 : in.index(n, c, iy, ix);
}

template <typename F> void forOutputs(const Dims &d, F f) {
  int64_t i = 0;
  for (int64_t n = 0; n < d.n; ++n)
    for (int64_t c = 0; c < d.c; ++c)
      for (int64_t h = 0; h < d.h; ++h)
        for (int64_t w = 0; w < d.w; ++w)
          f(i++, n, c, h, w);
}

int64_t requantised(Int128 value, int64_t multiplier, int64_t rshift, int64_t zeroPoint, DType type) {
  return int64_t(clamp(roundFraction(value * multiplier, Int128(1) << rshift, Round::HalfUp) + zeroPoint, type));
}

struct ConvCase {
  Dims in, out;
  Window w;
  int64_t group, ic, oc;
  bool hasBias;
  DType inType, outType;
};

ConvCase randomConv(std::mt19937 &random, bool integers) {
  ConvCase c;
  c.group = between(random, 1, 4);
  c.ic = between(random, 1, 6);
  c.oc = between(random, 1, 6);
  c.in = {between(random, 1, 2), c.group * c.ic, between(random, 3, 9), between(random, 3, 9)};
  c.w = randomWindow(random, 3, c.in);
  c.out = {c.in.n, c.group * c.oc, c.w.outH(c.in.h), c.w.outW(c.in.w)};
  c.hasBias = random() % 2;
  c.inType = !integers ? DType::F32 : random() % 2 ? DType::I8 : DType::U8;
  c.outType = !integers ? DType::F32 : random() % 2 ? DType::I8 : DType::U8;
  return c;
}

TEST(RunRecipe, IntegerConvolutions) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    ConvCase c = randomConv(random, true);
    HostBuffer in(c.inType, c.in), filter(DType::I8, {c.out.c, c.ic, c.w.kh, c.w.kw}),
        bias(DType::I32, {1, c.out.c, 1, 1}), quant(DType::I32, {1, c.out.c, 1, 3}), out(c.outType, c.out);
    in.randomise(random), filter.randomise(random);
    for (int64_t o = 0; o < c.out.c; ++o) {
      bias.as<int32_t>()[o] = int32_t(between(random, -100000, 100000));
      quant.as<int32_t>()[3 * o] = int32_t(between(random, 1 << 30, INT32_MAX)) * (random() % 8 ? 1 : -1);
      quant.as<int32_t>()[3 * o + 1] = -int32_t(between(random, 30, 48));
      quant.as<int32_t>()[3 * o + 2] = int32_t(between(random, -3, 3));
    }
    Recipe r;
    AxisMap channels = c.group > 1 ? AxisMap::group(c.oc, c.ic) : kFull;
    int x = r.addInput(0, c.inType, c.in, {kSame, channels, kFull, kFull});
    int f = r.addWeight(1, DType::I8, {1, c.out.c, 1, c.w.kh * c.w.kw * 64}, Layout::Compact, {});
    int b = c.hasBias ? r.addWeight(2, DType::I32, {1, c.out.c, 1, 1}, Layout::Compact, {}) : -1;
    int q = r.addWeight(3, DType::I32, {1, c.out.c, 1, 3}, Layout::Aligned, {});
    int y = r.addOutput(c.outType, c.out), acc = r.addScratch(DType::I32, c.out);
    r.steps.push_back(primitive::conv(acc, x, f, c.w));
    if (c.hasBias)
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, acc, b, acc));
    r.steps.push_back(primitive::requant(y, acc, q));
    if (c.outType == DType::I8) // a relu on a signed result
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Max, y, y, primitive::Constant{0, c.outType}));
    runRecipe(r, {{in.view(), filter.view(), bias.view(), quant.view()}, out.tensor()});
    forOutputs(c.out, [&](int64_t i, int64_t n, int64_t o, int64_t oh, int64_t ow) {
      Int128 sum = c.hasBias ? bias.as<int32_t>()[o] : 0;
      for (int64_t ic = 0; ic < c.ic; ++ic)
        for (int64_t ky = 0; ky < c.w.kh; ++ky)
          for (int64_t kx = 0; kx < c.w.kw; ++kx)
            if (int64_t at = tap(in, c.w, n, o / c.oc * c.ic + ic, oh, ow, ky, kx); at >= 0)
              sum += Int128(in.integer(at)) * filter.integer(filter.index(o, ic, ky, kx));
      const int32_t *entry = quant.as<int32_t>() + 3 * o;
      int64_t expected = requantised(sum, entry[0], -entry[1], entry[2], c.outType);
      if (c.outType == DType::I8)
        expected = std::max<int64_t>(expected, 0);
      ASSERT_EQ(out.integer(i), expected) << "round " << round << ", output " << i;
    });
    if (HasFatalFailure())
      return;
  }
}

TEST(RunRecipe, FloatConvolutions) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    ConvCase c = randomConv(random, false);
    HostBuffer in(DType::F32, c.in), filter(DType::F32, {c.out.c, c.ic, c.w.kh, c.w.kw}),
        bias(DType::F32, {1, c.out.c, 1, 1}), out(DType::F32, c.out);
    in.randomise(random), filter.randomise(random), bias.randomise(random);
    Recipe r;
    AxisMap channels = c.group > 1 ? AxisMap::group(c.oc, c.ic) : kFull;
    int x = r.addInput(0, DType::F32, c.in, {kSame, channels, kFull, kFull});
    int f = r.addWeight(1, DType::F32, {1, c.out.c, c.ic, c.w.kh * c.w.kw}, Layout::Compact, {});
    int b = c.hasBias ? r.addWeight(2, DType::F32, {1, c.out.c, 1, 1}, Layout::Compact, {}) : -1;
    int y = r.addOutput(DType::F32, c.out);
    r.steps.push_back(primitive::conv(y, x, f, c.w, b));
    runRecipe(r, {{in.view(), filter.view(), bias.view()}, out.tensor()});
    forOutputs(c.out, [&](int64_t i, int64_t n, int64_t o, int64_t oh, int64_t ow) {
      float sum = c.hasBias ? bias.as<float>()[o] : 0;
      for (int64_t ic = 0; ic < c.ic; ++ic)
        for (int64_t ky = 0; ky < c.w.kh; ++ky)
          for (int64_t kx = 0; kx < c.w.kw; ++kx)
            if (int64_t at = tap(in, c.w, n, o / c.oc * c.ic + ic, oh, ow, ky, kx); at >= 0)
              sum = std::fma(in.as<float>()[at], filter.as<float>()[filter.index(o, ic, ky, kx)], sum);
      ASSERT_EQ(std::memcmp(&out.as<float>()[i], &sum, sizeof sum), 0) << out.as<float>()[i] << " for " << sum;
    });
    if (HasFatalFailure())
      return;
  }
}

TEST(RunRecipe, MeansWithTheirOwnDivisors) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    Dims ind{between(random, 1, 2), between(random, 1, 5), between(random, 3, 9), between(random, 3, 9)};
    Window w = randomWindow(random, 4, ind);
    w.dilationH = w.dilationW = 1;
    Dims outd{ind.n, ind.c, w.outH(ind.h), w.outW(ind.w)};
    HostBuffer in(round % 2 ? DType::I8 : DType::U8, ind), divisors(DType::I32, {1, 1, outd.h, outd.w}),
        out(DType::I8, outd);
    in.randomise(random);
    int shift = int(between(random, 20, 30));
    for (int64_t i = 0; i < divisors.dims.count(); ++i)
      divisors.setInteger(i, between(random, 1, (1 << shift) / 2));
    Recipe r;
    int x = r.addInput(0, in.dtype, ind), d = r.addWeight(1, DType::I32, divisors.dims, Layout::Lanes, {});
    int y = r.addOutput(DType::I8, outd), acc = r.addScratch(DType::I32, outd);
    r.steps = {primitive::windowSum(acc, x, w, 1, DType::I8),
               primitive::binary(kernel::BinaryOp::Mul, acc, d, acc, -shift), primitive::requant(y, acc, {1, 0, 0})};
    runRecipe(r, {{in.view(), divisors.view()}, out.tensor()});
    forOutputs(outd, [&](int64_t i, int64_t n, int64_t c, int64_t oh, int64_t ow) {
      Int128 total = 0;
      for (int64_t ky = 0; ky < w.kh; ++ky)
        for (int64_t kx = 0; kx < w.kw; ++kx)
          if (int64_t at = tap(in, w, n, c, oh, ow, ky, kx); at >= 0)
            total += in.integer(at);
      int64_t expected = requantised(total, divisors.integer(oh * outd.w + ow), shift, 0, DType::I8);
      ASSERT_EQ(out.integer(i), expected);
    });
    if (HasFatalFailure())
      return;
  }
}

// As tpu.Add lowers: products in int16, a sum in int32, one rounding.
TEST(RunRecipe, WeightedSumsThatBroadcast) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    Dims d{between(random, 1, 3), between(random, 1, 6), between(random, 1, 6), between(random, 1, 6)};
    auto shrink = [&](Dims s) {
      for (int64_t *size : {&s.n, &s.c, &s.h, &s.w})
        if (random() % 3 == 0)
          *size = 1;
      return s;
    };
    HostBuffer a(DType::I8, d), b(DType::U8, shrink(d)), out(DType::I8, d);
    a.randomise(random), b.randomise(random);
    int64_t ma = between(random, -255, 255), mb = between(random, -128, 128), rshift = between(random, 0, 12);
    Recipe r;
    int xa = r.addInput(0, DType::I8, d), xb = r.addInput(1, DType::U8, b.dims), y = r.addOutput(DType::I8, d);
    int ta = r.addScratch(DType::I16, d), tb = r.addScratch(DType::I16, d), acc = r.addScratch(DType::I32, d);
    auto scaled = [&](int dst, int source, int64_t m) {
      return primitive::binary(kernel::BinaryOp::Mul, dst, source, primitive::Constant{double(m), DType::I16});
    };
    r.steps = {scaled(ta, xa, ma), scaled(tb, xb, mb), primitive::binary(kernel::BinaryOp::Add, acc, ta, tb),
               primitive::requant(y, acc, {1, int32_t(-rshift), 0})};
    runRecipe(r, {{a.view(), b.view()}, out.tensor()});
    forOutputs(d, [&](int64_t i, int64_t n, int64_t c, int64_t h, int64_t w) {
      int64_t other = b.integer(b.index(n % b.dims.n, c % b.dims.c, h % b.dims.h, w % b.dims.w));
      ASSERT_EQ(out.integer(i), requantised(a.integer(i) * ma + other * mb, 1, rshift, 0, DType::I8));
    });
    if (HasFatalFailure())
      return;
  }
}

TEST(RunRecipe, TablesAreIndexedByBits) {
  HostBuffer in(DType::I8, {1, 1, 16, 16}), table(DType::U8, {1, 1, 1, 256}), out(DType::U8, {1, 1, 16, 16});
  for (int i = 0; i < 256; ++i)
    in.bytes[size_t(i)] = uint8_t(i), table.bytes[size_t(i)] = uint8_t(7 * i + 3);
  Recipe r;
  int x = r.addInput(0, DType::I8, in.dims), t = r.addWeight(1, DType::U8, table.dims, Layout::Lanes, {});
  r.steps.push_back(primitive::lookup(r.addOutput(DType::U8, in.dims), x, t));
  runRecipe(r, {{in.view(), table.view()}, out.tensor()});
  EXPECT_EQ(out.bytes, table.bytes);
}

// f32 to integers and back, as tpu.Cast: a product in fp32, then half away from zero.
TEST(RunRecipe, CastsRoundHalfAwayFromZero) {
  std::vector<float> values = {0.5f,   -0.5f,   1.5f,  2.5f,   -2.5f,       126.5f,
                               127.5f, -128.5f, 1e30f, -1e30f, 0.49999997f, NAN};
  Dims d{1, 1, 1, int64_t(values.size())};
  HostBuffer out(DType::I8, d), back(DType::F32, d);
  Recipe r;
  int x = r.addInput(0, DType::F32, d), y = r.addOutput(DType::I8, d), scaled = r.addScratch(DType::F32, d);
  auto scale = [](int dst, int a, double factor) {
    return primitive::binary(kernel::BinaryOp::Mul, dst, a, primitive::Constant{factor, DType::F32});
  };
  r.steps = {scale(scaled, x, 1), primitive::cast(y, scaled)};
  runRecipe(r, {{{DType::F32, d, values.data()}}, out.tensor()});
  std::vector<int64_t> got, expected = {1, -1, 2, 3, -3, 127, 127, -128, 127, -128, 0, 0};
  for (int64_t i = 0; i < d.w; ++i)
    got.push_back(out.integer(i));
  EXPECT_EQ(got, expected);
  Recipe toFloat;
  x = toFloat.addInput(0, DType::I8, d), y = toFloat.addOutput(DType::F32, d);
  toFloat.steps = {primitive::cast(y, x), scale(y, y, 0.1)};
  runRecipe(toFloat, {{out.view()}, back.tensor()});
  for (int64_t i = 0; i < d.w; ++i)
    EXPECT_EQ(back.as<float>()[i], float(expected[size_t(i)]) * 0.1f);
}

TEST(RunRecipe, ChannelsAndColumnsChangePlaces) {
  std::mt19937 random(6);
  HostBuffer in(DType::I8, {3, 5, 1, 7}), out(DType::I8, {3, 7, 1, 5});
  in.randomise(random);
  Recipe r;
  int x = r.addInput(0, in.dtype, in.dims);
  r.steps.push_back(primitive::transpose(r.addOutput(out.dtype, out.dims), x));
  runRecipe(r, {{in.view()}, out.tensor()});
  forOutputs(out.dims, [&](int64_t i, int64_t n, int64_t c, int64_t, int64_t w) {
    ASSERT_EQ(out.integer(i), in.integer(in.index(n, w, 0, c)));
  });
}

TEST(RunRecipe, HeadsComeApartAndTogether) {
  std::mt19937 random(7);
  constexpr int64_t kHeads = 3;
  HostBuffer wide(DType::I8, {2, 5, 1, kHeads * 4}), narrow(DType::I8, {2 * kHeads, 5, 1, 4}),
      again(DType::I8, wide.dims);
  wide.randomise(random);
  auto run = [](HostBuffer &from, HostBuffer &to) {
    Recipe r;
    int x = r.addInput(0, from.dtype, from.dims);
    r.steps.push_back(primitive::heads(r.addOutput(to.dtype, to.dims), x));
    runRecipe(r, {{from.view()}, to.tensor()});
  };
  run(wide, narrow);
  forOutputs(narrow.dims, [&](int64_t i, int64_t n, int64_t c, int64_t, int64_t w) {
    ASSERT_EQ(narrow.integer(i), wide.integer(wide.index(n / kHeads, c, 0, n % kHeads * 4 + w)));
  });
  run(narrow, again);
  forOutputs(again.dims,
             [&](int64_t i, int64_t, int64_t, int64_t, int64_t) { ASSERT_EQ(again.integer(i), wide.integer(i)); });
}

TEST(RunRecipe, ProductsOfMatrices) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    int64_t batch = between(random, 1, 3), m = between(random, 1, 7), k = between(random, 1, 40),
            n = between(random, 1, 7);
    bool shared = random() % 2;
    HostBuffer a(DType::U8, {batch, m, 1, k}), b(DType::I8, {shared ? 1 : batch, k, 1, n}),
        out(DType::I32, {batch, m, 1, n});
    a.randomise(random), b.randomise(random);
    Recipe r;
    int x = r.addInput(0, a.dtype, a.dims), z = r.addInput(1, b.dtype, b.dims);
    r.steps.push_back(primitive::matMul(r.addOutput(DType::I32, out.dims), x, z));
    runRecipe(r, {{a.view(), b.view()}, out.tensor()});
    forOutputs(out.dims, [&](int64_t i, int64_t p, int64_t row, int64_t, int64_t column) {
      int64_t sum = 0;
      for (int64_t j = 0; j < k; ++j)
        sum += a.integer(a.index(p, row, 0, j)) * b.integer(b.index(shared ? 0 : p, j, 0, column));
      ASSERT_EQ(out.integer(i), sum) << "round " << round;
    });
    if (HasFatalFailure())
      return;
  }
}

} // namespace
