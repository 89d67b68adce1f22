//===- ConvTest.cpp - Convolutions against the definition -----------------===//
// Random shapes, windows and formats against seven nested loops; integers in
// 128 bits, floats step by step with std::fma; on every CPU level, equal bits.

#include "Reference.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

template <typename F> void forOutputs(const Dims &d, F f) {
  int64_t i = 0;
  for (int64_t n = 0; n < d.n; ++n)
    for (int64_t c = 0; c < d.c; ++c)
      for (int64_t h = 0; h < d.h; ++h)
        for (int64_t w = 0; w < d.w; ++w)
          f(i++, n, c, h, w);
}

std::vector<int32_t> convNaive(const Buffer &in, const Buffer &filter, Dims od, const Window &win, int pad, int zero) {
  std::vector<int32_t> out;
  forOutputs(od, [&](int64_t, int64_t n, int64_t oc, int64_t oh, int64_t ow) {
    Int128 sum = 0;
    for (int64_t ic = 0; ic < in.dims.c; ++ic)
      for (int64_t y = 0; y < win.kh; ++y)
        for (int64_t x = 0; x < win.kw; ++x) {
          int64_t iy = oh * win.strideH + y * win.dilationH - win.padTop,
                  ix = ow * win.strideW + x * win.dilationW - win.padLeft;
          bool inside = iy >= 0 && iy < in.dims.h && ix >= 0 && ix < in.dims.w;
          Int128 value = inside ? in.integer(in.index(n, ic, iy, ix)) : pad;
          sum += value * (filter.integer(filter.index(oc, ic, y, x)) - zero);
        }
    out.push_back(int32_t(uint32_t(sum)));
  });
  return out;
}

std::vector<float> convNaive(const Buffer &in, const Buffer &filter, const float *bias, Dims od, const Window &win) {
  std::vector<float> out;
  forOutputs(od, [&](int64_t, int64_t n, int64_t oc, int64_t oh, int64_t ow) {
    float sum = bias ? bias[oc] : 0.0f;
    for (int64_t ic = 0; ic < in.dims.c; ++ic)
      for (int64_t y = 0; y < win.kh; ++y)
        for (int64_t x = 0; x < win.kw; ++x) {
          int64_t iy = oh * win.strideH + y * win.dilationH - win.padTop,
                  ix = ow * win.strideW + x * win.dilationW - win.padLeft;
          if (iy >= 0 && iy < in.dims.h && ix >= 0 && ix < in.dims.w)
            sum =
                std::fma(in.as<float>()[in.index(n, ic, iy, ix)], filter.as<float>()[filter.index(oc, ic, y, x)], sum);
        }
    out.push_back(sum);
  });
  return out;
}

/// The filter with `group` input channels together; what stands for missing channels is not zero.
Buffer grouped(const Buffer &filter, int64_t group) {
  Dims d = filter.dims;
  int64_t groups = (d.c + group - 1) / group, kernel = d.h * d.w;
  Buffer out(filter.dtype, {d.n, groups * group, d.h, d.w});
  std::fill(out.bytes.begin(), out.bytes.end(), 77);
  for (int64_t n = 0; n < d.n; ++n)
    for (int64_t c = 0; c < d.c; ++c)
      for (int64_t k = 0; k < kernel; ++k)
        out.bytes[size_t(((n * groups + c / group) * kernel + k) * group + c % group)] =
            filter.bytes[size_t((n * d.c + c) * kernel + k)];
  return out;
}

struct Case {
  Dims in, out;
  Window win;
};
Case randomCase(std::mt19937 &random, int i) {
  Case c;
  bool wide = i % 4 == 0;
  c.in = {between(random, 1, 2), between(random, 1, wide ? 80 : 9), between(random, 1, 14), between(random, 1, 20)};
  c.win = i % 3 == 0 ? Window{} : randomWindow(random, 4, c.in);
  c.out = {c.in.n, between(random, 1, wide ? 140 : 20), c.win.outH(c.in.h), c.win.outW(c.in.w)};
  return c;
}

TEST(Conv, IntegersAreExactOnEveryLevel) {
  std::mt19937 random(11);
  for (int i = 0; i < 120; ++i) {
    Case c = randomCase(random, i);
    DType ti = random() % 2 ? DType::I8 : DType::U8, tf = random() % 2 ? DType::I8 : DType::U8;
    Buffer in(ti, c.in), filter(tf, {c.out.c, c.in.c, c.win.kh, c.win.kw});
    in.randomise(random);
    filter.randomise(random);
    int pad = random() % 2 ? 0 : int(between(random, ti == DType::I8 ? -128 : 0, ti == DType::I8 ? 127 : 255));
    int zero = random() % 2 ? 0 : int(between(random, -128, 255));
    auto expected = convNaive(in, filter, c.out, c.win, pad, zero);
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::I32, c.out);
      kernel::convInt(out.tensor(), in.view(), filter.view(), c.win, pad, zero);
      ASSERT_EQ(std::memcmp(out.bytes.data(), expected.data(), out.bytes.size()), 0)
          << "case " << i << " level " << int(level);
      kernel::convInt(out.tensor(), in.view(), filter.view(), c.win, pad, zero, true);
      for (size_t k = 0; k < expected.size(); ++k)
        ASSERT_EQ(out.as<int32_t>()[k], int32_t(2 * uint32_t(expected[k])));
      for (int64_t group : {4, 64}) {
        Buffer together = grouped(filter, group);
        kernel::convInt(out.tensor(), in.view(), {tf, filter.dims, together.bytes.data()}, c.win, pad, zero, false,
                        group);
        ASSERT_EQ(std::memcmp(out.bytes.data(), expected.data(), out.bytes.size()), 0)
            << "case " << i << " level " << int(level) << " group " << group;
      }
    }
  }
}

TEST(Conv, SumsWrapModulo32Bits) {
  // 70000 products of 255·255 pass 2^32.
  Dims id{1, 70000, 1, 1};
  Buffer in(DType::U8, id), filter(DType::U8, {1, id.c, 1, 1}), out(DType::I32, {1, 1, 1, 1});
  std::fill(in.bytes.begin(), in.bytes.end(), 255);
  std::fill(filter.bytes.begin(), filter.bytes.end(), 255);
  for (kernel::CpuLevel level : cpuLevels()) {
    kernel::CpuLevelLimit limit(level);
    kernel::convInt(out.tensor(), in.view(), filter.view(), Window{});
    EXPECT_EQ(out.as<int32_t>()[0], int32_t(uint32_t(70000ull * 255 * 255)));
  }
}

TEST(Conv, FloatsHaveTheContractsOrderOnEveryLevel) {
  std::mt19937 random(12);
  for (int i = 0; i < 120; ++i) {
    Case c = randomCase(random, i);
    Buffer in(DType::F32, c.in), filter(DType::F32, {c.out.c, c.in.c, c.win.kh, c.win.kw}),
        bias(DType::F32, {1, c.out.c, 1, 1});
    in.randomise(random);
    filter.randomise(random);
    bias.randomise(random);
    const float *b = random() % 4 ? bias.as<float>() : nullptr;
    auto expected = convNaive(in, filter, b, c.out, c.win);
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::F32, c.out);
      kernel::convF32(out.tensor(), in.view(), filter.view(), b, c.win);
      ASSERT_EQ(std::memcmp(out.bytes.data(), expected.data(), out.bytes.size()), 0)
          << "case " << i << " level " << int(level);
    }
  }
}

TEST(Conv, HalfFloatsSumInF32AndRoundOnce) {
  std::mt19937 random(14);
  for (int i = 0; i < 60; ++i) {
    Case c = randomCase(random, i);
    const DType t = i % 2 ? DType::F16 : DType::BF16, to = i % 3 ? t : DType::F32;
    auto [in, wideIn] = smallFloats(random, t, c.in);
    auto [filter, wideFilter] = smallFloats(random, t, {c.out.c, c.in.c, c.win.kh, c.win.kw});
    Buffer bias(DType::F32, {1, c.out.c, 1, 1}), out(to, c.out);
    bias.randomise(random);
    kernel::convF32(out.tensor(), in.view(), filter.view(), bias.as<float>(), c.win);
    auto expected = convNaive(wideIn, wideFilter, bias.as<float>(), c.out, c.win);
    for (int64_t o = 0; o < c.out.count(); ++o)
      ASSERT_EQ(to == DType::F32 ? out.as<uint32_t>()[o] : out.as<uint16_t>()[o],
                kernel::narrowFloat(expected[size_t(o)], to))
          << "case " << i;
  }
}

TEST(Conv, PaddingIsSkippedNotMultiplied) {
  // An infinite weight over padding would make NaN, and 0 − 0 would lose the sign of a −0 bias.
  Window win;
  win.kh = win.kw = 3;
  win.padTop = win.padLeft = win.padBottom = win.padRight = 1;
  Buffer in(DType::F32, {1, 1, 1, 1}), filter(DType::F32, {1, 1, 3, 3}), out(DType::F32, {1, 1, 1, 1});
  std::fill_n(filter.as<float>(), 9, INFINITY);
  filter.as<float>()[4] = -1;
  in.as<float>()[0] = 0.0f;
  float bias = -0.0f;
  kernel::convF32(out.tensor(), in.view(), filter.view(), &bias, win);
  EXPECT_EQ(out.as<float>()[0], 0.0f);
  EXPECT_TRUE(std::signbit(out.as<float>()[0]));
}

TEST(Conv, ThreadsDoNotChangeBits) {
  std::mt19937 random(13);
  Dims id{2, 96, 30, 31};
  Window win;
  win.kh = win.kw = 3;
  win.padTop = win.padLeft = win.padBottom = win.padRight = 1;
  Buffer in(DType::F32, id), filter(DType::F32, {150, 96, 3, 3});
  in.randomise(random);
  filter.randomise(random);
  Buffer many(DType::F32, {2, 150, 30, 31}), one(DType::F32, {2, 150, 30, 31});
  kernel::convF32(many.tensor(), in.view(), filter.view(), nullptr, win);
  {
    kernel::ThreadLimit limit(1);
    kernel::convF32(one.tensor(), in.view(), filter.view(), nullptr, win);
  }
  EXPECT_EQ(many.bytes, one.bytes);
}

} // namespace
