//===- PoolTest.cpp - Depth-wise convolution and pooling commands ---------===//
// Single commands against loops over taps, and the sentences for illegal ones.

#include "Bench.h"

#include <cfloat>
#include <cmath>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

struct Case {
  Dims in, out;
  Window win;
};
Case randomCase(std::mt19937 &random) {
  Case c;
  c.in = {between(random, 1, 2), between(random, 1, 140), between(random, 1, 10), between(random, 1, 20)};
  c.win = randomWindow(random, 4, c.in);
  c.out = {c.in.n, c.in.c, c.win.outH(c.in.h), c.win.outW(c.in.w)};
  return c;
}

template <typename F> void forTaps(const Case &c, F f) {
  const Window &w = c.win;
  for (int64_t o = 0; o < c.out.count(); ++o) {
    int64_t ow = o % c.out.w, oh = o / c.out.w % c.out.h, plane = o / c.out.w / c.out.h;
    for (int64_t ky = 0; ky < w.kh; ++ky)
      for (int64_t kx = 0; kx < w.kw; ++kx) {
        int64_t y = oh * w.strideH + ky * w.dilationH - w.padTop, x = ow * w.strideW + kx * w.dilationW - w.padLeft;
        bool inside = y >= 0 && y < c.in.h && x >= 0 && x < c.in.w;
        f(o, plane % c.in.c, ky * w.kw + kx, inside ? (plane * c.in.h + y) * c.in.w + x : -1);
      }
  }
}

isa::SPORD commandFor(const Case &c, uint32_t kind, const Place &in, const Place &out) {
  isa::SPORD cmd;
  cmd.tsk_eu_typ = kind;
  setResult(cmd, c.out);
  setWindow(cmd, c.win);
  cmd.opd0_h = uint32_t(c.in.h), cmd.opd0_w = uint32_t(c.in.w);
  cmd.opd0_addr = in.address(), cmd.res0_addr = out.address();
  return cmd;
}

TEST(SimDepthwise, Integers) {
  std::mt19937 random(71);
  for (int i = 0; i < 150; ++i) {
    Bench bench;
    Case c = randomCase(random);
    bool constant = random() % 3 == 0, biased = random() % 2, rotate = random() % 4 == 0, relu = random() % 4 == 0;
    // To int32 as the code generator asks, and to 8 and 16 bits as vendor streams do.
    DType outType = std::array{DType::I32, DType::I32, DType::I16, DType::I8}[random() % 4];
    Buffer in(random() % 2 ? DType::I8 : DType::U8, c.in),
        filter(random() % 2 ? DType::I8 : DType::U8, {1, c.in.c, c.win.kh, c.win.kw});
    Buffer bias(DType::I32, {1, c.in.c, 1, 1});
    in.randomise(random);
    filter.randomise(random);
    for (int64_t k = 0; k < c.in.c; ++k)
      bias.as<int32_t>()[k] = biased ? int32_t(random()) >> 8 : 0;
    if (constant)
      std::fill(filter.bytes.begin(), filter.bytes.end(), filter.bytes[0]);
    bool anySigned = in.dtype == DType::I8 || filter.dtype == DType::I8;
    if (outType != DType::I32 && !anySigned)
      outType = outType == DType::I8 ? DType::U8 : DType::U16;
    int64_t lane = between(random, 0, 63);
    Place inAt{Layout::Aligned, lane, 0}, filterAt{Layout::Compact, lane, 0x18001},
        biasAt{Layout::Compact, lane, 0x20004}, outAt{Layout::Aligned, lane, 0x21000};
    bench.put(in, inAt);
    bench.put(filter, filterAt);
    bench.put(bias, biasAt);
    isa::SPORD cmd = commandFor(c, relu ? isa::kPordDepthwiserelu : isa::kPordDepthwise, inAt, outAt);
    cmd.opd0_sign = in.dtype == DType::I8, cmd.opd1_sign = filter.dtype == DType::I8;
    cmd.res0_prec = precision(outType);
    cmd.opd1_const = constant, cmd.opd1_addr = constant ? filter.bytes[0] : filterAt.address();
    cmd.opd2_const = !biased, cmd.opd2_addr = biased ? biasAt.address() : 0;
    cmd.opd3_const = 1, cmd.opd3_addr = in.bytes[0];
    cmd.kernel_rotate = rotate;
    bench.run(random() % 2 ? isa::encode(bench.table, cmd)
                           : longForm(bench.table, isa::encode(bench.table, cmd), isa::CommandId::PORD));

    int64_t kernel = c.win.kh * c.win.kw;
    std::vector<Int128> sums(size_t(c.out.count()));
    for (int64_t o = 0; o < c.out.count(); ++o)
      sums[size_t(o)] = bias.integer(o / c.out.w / c.out.h % c.in.c);
    forTaps(c, [&](int64_t o, int64_t ch, int64_t tap, int64_t at) {
      sums[size_t(o)] += Int128(filter.integer(ch * kernel + (rotate ? kernel - 1 - tap : tap))) *
                         (at < 0 ? in.integer(0) : in.integer(at));
    });
    Buffer out = bench.fetch(outType, c.out, outAt);
    for (int64_t o = 0; o < c.out.count(); ++o) {
      Int128 sum = relu && sums[size_t(o)] < 0 ? Int128(0) : sums[size_t(o)];
      ASSERT_EQ(out.integer(o), int64_t(clamp(sum, outType))) << "case " << i;
    }
  }
}

TEST(SimDepthwise, AverageShiftsItsSum) {
  std::mt19937 random(72);
  for (int i = 0; i < 60; ++i) {
    Bench bench;
    Case c = randomCase(random);
    Buffer in(DType::U8, c.in);
    in.randomise(random);
    Place inAt{}, outAt{Layout::Aligned, 0, 0x21000};
    bench.put(in, inAt);
    isa::SPORD cmd = commandFor(c, isa::kPordAvgpooling, inAt, outAt);
    uint8_t scale = uint8_t(random());
    int shift = -int(random() % 12);
    Round round = kRounds[random() % 7];
    cmd.opd1_const = 1, cmd.opd1_addr = scale, cmd.opd2_const = 1, cmd.opd3_const = 1;
    cmd.res1_addr = uint8_t(shift), cmd.opd2_n_str = uint32_t(round);
    bench.run(cmd);
    std::vector<int64_t> sums(size_t(c.out.count()), 0);
    forTaps(c,
            [&](int64_t o, int64_t, int64_t, int64_t at) { sums[size_t(o)] += at < 0 ? 0 : in.integer(at) * scale; });
    Buffer out = bench.fetch(DType::U8, c.out, outAt);
    for (int64_t o = 0; o < c.out.count(); ++o)
      ASSERT_EQ(out.integer(o), int64_t(clamp(shiftExactly(sums[size_t(o)], shift, round), DType::U8))) << "case " << i;
  }
}

TEST(SimDepthwise, Floats) {
  std::mt19937 random(73);
  for (int i = 0; i < 60; ++i) {
    Bench bench;
    Case c = randomCase(random);
    bool constant = random() % 2;
    const DType t = std::array{DType::F32, DType::F16, DType::BF16}[size_t(i % 3)];
    Buffer in = smallFloats(random, t, c.in).first,
           filter = smallFloats(random, t, {1, c.in.c, c.win.kh, c.win.kw}).first,
           bias = smallFloats(random, t, {1, c.in.c, 1, 1}).first;
    if (t == DType::F32)
      for (Buffer *b : {&in, &filter, &bias})
        b->randomise(random);
    const uint32_t eighth = kernel::narrowFloat(0.125, t);
    if (constant)
      for (int64_t k = 0; k < filter.dims.count(); ++k)
        filter.setInteger(k, eighth);
    Place inAt{}, filterAt{Layout::Compact, 0, 0x18004}, biasAt{Layout::Compact, 0, 0x20004},
        outAt{Layout::Aligned, 0, 0x21000};
    bench.put(in, inAt);
    bench.put(filter, filterAt);
    bench.put(bias, biasAt);
    isa::SPORD cmd = commandFor(c, isa::kPordDepthwise, inAt, outAt);
    cmd.opd0_prec = cmd.res0_prec = precision(t);
    cmd.opd1_const = constant, cmd.opd1_addr = constant ? eighth : filterAt.address();
    cmd.opd2_addr = biasAt.address(), cmd.opd3_const = 1;
    bench.run(cmd);
    std::vector<float> sums(size_t(c.out.count()));
    for (int64_t o = 0; o < c.out.count(); ++o)
      sums[size_t(o)] = bias.real(o / c.out.w / c.out.h % c.in.c);
    forTaps(c, [&](int64_t o, int64_t ch, int64_t tap, int64_t at) {
      if (at >= 0)
        sums[size_t(o)] = std::fma(in.real(at), filter.real(ch * c.win.kh * c.win.kw + tap), sums[size_t(o)]);
    });
    Buffer out = bench.fetch(t, c.out, outAt), expected(t, c.out);
    for (int64_t o = 0; o < c.out.count(); ++o)
      expected.setInteger(o, kernel::narrowFloat(sums[size_t(o)], t));
    ASSERT_EQ(out.bytes, expected.bytes) << "case " << i;
  }
}

TEST(SimMaxPool, IntegersAndFloats) {
  std::mt19937 random(74);
  for (int i = 0; i < 120; ++i) {
    Bench bench;
    Case c = randomCase(random);
    DType t = std::array{DType::I8, DType::U8, DType::F32}[random() % 3];
    Buffer in(t, c.in);
    in.randomise(random);
    int64_t lane = between(random, 0, 63);
    Place inAt{Layout::Aligned, lane, 0}, outAt{Layout::Aligned, lane, 0x21000};
    bench.put(in, inAt);
    isa::SPORD cmd = commandFor(c, isa::kPordMaxpooling, inAt, outAt);
    cmd.opd0_prec = cmd.res0_prec = precision(t), cmd.opd0_sign = t == DType::I8;
    cmd.opd3_const = 1, cmd.opd3_addr = t == DType::F32  ? (random() % 2 ? 0xff7fffffu : 0xff800000u)
                                        : t == DType::I8 ? 0xc81c9b80u
                                                         : 0;
    bench.run(cmd);
    Buffer out = bench.fetch(t, c.out, outAt);
    std::vector<double> best(size_t(c.out.count()), t == DType::F32 ? -double(FLT_MAX) : t == DType::I8 ? -128 : 0);
    forTaps(c, [&](int64_t o, int64_t, int64_t, int64_t at) {
      if (at >= 0)
        best[size_t(o)] =
            std::max(best[size_t(o)], t == DType::F32 ? double(in.as<float>()[at]) : double(in.integer(at)));
    });
    for (int64_t o = 0; o < c.out.count(); ++o)
      ASSERT_EQ(t == DType::F32 ? double(out.as<float>()[o]) : double(out.integer(o)), best[size_t(o)]) << "case " << i;
  }
}

TEST(SimPool, NamesWhatIsWrong) {
  Bench bench;
  Case c{{1, 4, 8, 8}, {1, 4, 4, 4}, {}};
  c.win.kh = c.win.kw = 2, c.win.strideH = c.win.strideW = 2;
  isa::SPORD cmd = commandFor(c, isa::kPordMaxpooling, {}, {Layout::Aligned, 1, 0x1000});
  cmd.opd3_const = 1;
  EXPECT_EQ(bench.refusal(cmd), "'opd0' starts in lane 0 but must start in lane 1, where the result starts");
  cmd = commandFor(c, isa::kPordRoimaxpooling, {}, {Layout::Aligned, 0, 0x1000});
  EXPECT_EQ(bench.refusal(cmd), "this pooling is not built into the simulator");
}

} // namespace
