//===- PoolTest.cpp - Depth-wise convolution and maximum pooling ----------===//
// The oracle is a loop over taps as written; vector levels of the machine are
// compared with it one by one.

#include "Reference.h"

#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

struct Case {
  Dims in, out;
  Window win;
};
Case randomCase(std::mt19937 &random) {
  Case c;
  c.in = {between(random, 1, 2), between(random, 1, 9), between(random, 1, 14), between(random, 1, 40)};
  c.win = randomWindow(random, 5, c.in);
  c.out = {c.in.n, c.in.c, c.win.outH(c.in.h), c.win.outW(c.in.w)};
  return c;
}

/// Calls f(outIndex, channel, tapIndex, inIndex or −1) for every tap in the order kh, kw.
template <typename F> void forTaps(const Case &c, F f) {
  for (int64_t o = 0; o < c.out.count(); ++o) {
    int64_t ow = o % c.out.w, oh = o / c.out.w % c.out.h, plane = o / c.out.w / c.out.h;
    for (int64_t y = 0; y < c.win.kh; ++y)
      for (int64_t x = 0; x < c.win.kw; ++x) {
        int64_t iy = oh * c.win.strideH + y * c.win.dilationH - c.win.padTop,
                ix = ow * c.win.strideW + x * c.win.dilationW - c.win.padLeft;
        bool inside = iy >= 0 && iy < c.in.h && ix >= 0 && ix < c.in.w;
        f(o, plane % c.in.c, y * c.win.kw + x, inside ? (plane * c.in.h + iy) * c.in.w + ix : -1);
      }
  }
}

TEST(Depthwise, IntegersAreExactOnEveryLevel) {
  std::mt19937 random(31);
  for (int i = 0; i < 150; ++i) {
    Case c = randomCase(random);
    DType ti = random() % 2 ? DType::I8 : DType::U8, tf = random() % 2 ? DType::I8 : DType::U8;
    bool constant = random() % 3 == 0;
    Buffer in(ti, c.in), filter(tf, constant ? Dims{} : Dims{1, c.in.c, c.win.kh, c.win.kw}),
        bias(DType::I32, {1, c.in.c, 1, 1});
    in.randomise(random);
    filter.randomise(random);
    bias.randomise(random);
    bool biased = random() % 2;
    int pad = random() % 2 ? 0 : int(between(random, ti == DType::I8 ? -128 : 0, ti == DType::I8 ? 127 : 255));
    std::vector<Int128> expected(size_t(c.out.count()));
    for (int64_t o = 0; o < c.out.count(); ++o)
      expected[size_t(o)] = biased ? bias.integer(o / c.out.w / c.out.h % c.in.c) : 0;
    forTaps(c, [&](int64_t o, int64_t ch, int64_t tap, int64_t at) {
      int64_t w = filter.integer(constant ? 0 : ch * c.win.kh * c.win.kw + tap);
      expected[size_t(o)] += Int128(w) * (at < 0 ? pad : in.integer(at));
    });
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::I32, c.out);
      kernel::depthwise(out.tensor(), in.view(), filter.view(), biased ? bias.bytes.data() : nullptr, c.win, pad);
      for (int64_t o = 0; o < c.out.count(); ++o)
        ASSERT_EQ(out.integer(o), int32_t(uint32_t(expected[size_t(o)]))) << "case " << i;
    }
  }
}

TEST(Depthwise, FloatsHaveTheContractsOrderOnEveryLevel) {
  std::mt19937 random(32);
  for (int i = 0; i < 150; ++i) {
    Case c = randomCase(random);
    bool constant = random() % 3 == 0;
    Buffer in(DType::F32, c.in), filter(DType::F32, constant ? Dims{} : Dims{1, c.in.c, c.win.kh, c.win.kw}),
        bias(DType::F32, {1, c.in.c, 1, 1});
    in.randomise(random);
    filter.randomise(random);
    bias.randomise(random);
    bool biased = random() % 2;
    std::vector<float> expected(size_t(c.out.count()), 0.0f);
    for (int64_t o = 0; o < c.out.count() && biased; ++o)
      expected[size_t(o)] = bias.as<float>()[o / c.out.w / c.out.h % c.in.c];
    forTaps(c, [&](int64_t o, int64_t ch, int64_t tap, int64_t at) {
      if (at >= 0)
        expected[size_t(o)] = std::fma(
            in.as<float>()[at], filter.as<float>()[constant ? 0 : ch * c.win.kh * c.win.kw + tap], expected[size_t(o)]);
    });
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::F32, c.out);
      kernel::depthwise(out.tensor(), in.view(), filter.view(), biased ? bias.bytes.data() : nullptr, c.win);
      ASSERT_EQ(std::memcmp(out.bytes.data(), expected.data(), out.bytes.size()), 0) << "case " << i;
    }
  }
}

TEST(Depthwise, HalfFloatsSumInF32AndRoundOnce) {
  std::mt19937 random(35);
  for (int i = 0; i < 60; ++i) {
    Case c = randomCase(random);
    const DType t = i % 2 ? DType::F16 : DType::BF16;
    auto [in, wideIn] = smallFloats(random, t, c.in);
    auto [filter, wideFilter] = smallFloats(random, t, {1, c.in.c, c.win.kh, c.win.kw});
    Buffer bias(DType::F32, {1, c.in.c, 1, 1}), out(t, c.out), wide(DType::F32, c.out), most(t, c.out),
        wideMost(DType::F32, c.out);
    bias.randomise(random);
    kernel::depthwise(out.tensor(), in.view(), filter.view(), bias.as<float>(), c.win);
    kernel::depthwise(wide.tensor(), wideIn.view(), wideFilter.view(), bias.as<float>(), c.win);
    kernel::maxPool(most.tensor(), in.view(), c.win, 0);
    kernel::maxPool(wideMost.tensor(), wideIn.view(), c.win, 0);
    for (int64_t o = 0; o < c.out.count(); ++o) {
      ASSERT_EQ(out.as<uint16_t>()[o], kernel::narrowFloat(wide.as<float>()[o], t)) << "case " << i;
      ASSERT_EQ(most.as<uint16_t>()[o], kernel::narrowFloat(wideMost.as<float>()[o], t)) << "case " << i;
    }
  }
}

TEST(MaxPool, IntegersIncludeThePadValue) {
  std::mt19937 random(33);
  for (int i = 0; i < 200; ++i) {
    Case c = randomCase(random);
    DType t = kIntegers[random() % 6];
    Buffer in(t, c.in);
    in.randomise(random);
    int pad = int(between(random, kernel::isSigned(t) ? -128 : 0, 127));
    std::vector<int64_t> expected(size_t(c.out.count()), INT64_MIN);
    forTaps(c, [&](int64_t o, int64_t, int64_t, int64_t at) {
      expected[size_t(o)] = std::max(expected[size_t(o)], at < 0 ? int64_t(pad) : in.integer(at));
    });
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(t, c.out);
      kernel::maxPool(out.tensor(), in.view(), c.win, pad);
      for (int64_t o = 0; o < c.out.count(); ++o)
        ASSERT_EQ(out.integer(o), expected[size_t(o)]) << "case " << i;
    }
  }
}

TEST(MaxPool, FloatsSkipPaddingAndNaN) {
  std::mt19937 random(34);
  for (int i = 0; i < 200; ++i) {
    Case c = randomCase(random);
    Buffer in(DType::F32, c.in);
    in.randomise(random);
    for (int64_t e = 0; e < c.in.count(); ++e)
      if (random() % 10 == 0)
        in.as<float>()[e] = random() % 2 ? NAN : -INFINITY;
    std::vector<float> expected(size_t(c.out.count()), -INFINITY);
    std::vector<bool> real(expected.size());
    forTaps(c, [&](int64_t o, int64_t, int64_t, int64_t at) {
      if (at >= 0) {
        expected[size_t(o)] = std::fmax(expected[size_t(o)], in.as<float>()[at]);
        real[size_t(o)] = true;
      }
    });
    for (kernel::CpuLevel level : cpuLevels()) {
      kernel::CpuLevelLimit limit(level);
      Buffer out(DType::F32, c.out);
      kernel::maxPool(out.tensor(), in.view(), c.win, 0);
      for (size_t o = 0; o < expected.size(); ++o)
        ASSERT_EQ(out.as<float>()[o], real[o] ? expected[o] : -FLT_MAX) << "case " << i;
    }
  }
}

} // namespace
