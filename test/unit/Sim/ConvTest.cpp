//===- ConvTest.cpp - Convolution commands --------------------------------===//
// Random shapes in the code generator's form and beyond: weights are packed
// into the chip's layout naively and results compared with plain loops.

#include "Bench.h"

#include <array>
#include <cmath>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

/// One row of packed weights per output channel. Source: shared ISA notes, isa.md §3.
Buffer packWeights(const Buffer &w, int64_t together) {
  int64_t kernel = w.dims.h * w.dims.w, groups = (w.dims.c + together - 1) / together;
  Buffer packed(w.dtype, {1, w.dims.n, 1, groups * kernel * together});
  int64_t size = kernel::byteSize(w.dtype);
  for (int64_t oc = 0; oc < w.dims.n; ++oc)
    for (int64_t ic = 0; ic < w.dims.c; ++ic)
      for (int64_t k = 0; k < kernel; ++k)
        std::memcpy(&packed.bytes[size_t(
                        (oc * packed.dims.w + ((ic / together) * kernel + k) * together + ic % together) * size)],
                    &w.bytes[size_t(((oc * w.dims.c + ic) * kernel + k) * size)], size_t(size));
  return packed;
}

struct Case {
  Dims in, out;
  Window win;
  int64_t insertH, insertW; ///< zeros between elements
  int64_t expandedH() const { return (in.h - 1) * (insertH + 1) + 1; }
  int64_t expandedW() const { return (in.w - 1) * (insertW + 1) + 1; }
};

Case randomCase(std::mt19937 &random, int i) {
  Case c;
  bool wide = i % 5 == 0;
  c.in = {between(random, 1, 2), between(random, 1, wide ? 150 : 20), between(random, 1, 12), between(random, 1, 16)};
  c.win = randomWindow(random, 4, c.in);
  c.insertH = random() % 6 ? 0 : 1;
  c.insertW = random() % 6 ? 0 : 2;
  c.out = {c.in.n, between(random, 1, wide ? 150 : 20), c.win.outH(c.expandedH()), c.win.outW(c.expandedW())};
  return c;
}

/// Calls f(output index, oc, weight index, input index; −1 padding, −2 inserted zero) in the order ic, kh, kw.
template <typename F> void forTaps(const Case &c, bool rotate, F f) {
  const Window &w = c.win;
  for (int64_t o = 0; o < c.out.count(); ++o) {
    int64_t ow = o % c.out.w, oh = o / c.out.w % c.out.h, oc = o / c.out.w / c.out.h % c.out.c,
            n = o / c.out.w / c.out.h / c.out.c;
    for (int64_t ic = 0; ic < c.in.c; ++ic)
      for (int64_t ky = 0; ky < w.kh; ++ky)
        for (int64_t kx = 0; kx < w.kw; ++kx) {
          int64_t y = oh * w.strideH + ky * w.dilationH - w.padTop, x = ow * w.strideW + kx * w.dilationW - w.padLeft,
                  at = -1;
          if (y >= 0 && y < c.expandedH() && x >= 0 && x < c.expandedW())
            at = y % (c.insertH + 1) || x % (c.insertW + 1)
                     ? -2
                     : ((n * c.in.c + ic) * c.in.h + y / (c.insertH + 1)) * c.in.w + x / (c.insertW + 1);
          int64_t wy = rotate ? w.kh - 1 - ky : ky, wx = rotate ? w.kw - 1 - kx : kx;
          f(o, oc, ((oc * c.in.c + ic) * w.kh + wy) * w.kw + wx, at);
        }
  }
}

isa::SCONV commandFor(const Case &c) {
  isa::SCONV cmd;
  cmd.tsk_eu_typ = isa::kConvNormal;
  setResult(cmd, c.out);
  setWindow(cmd, c.win);
  cmd.opd0_c = uint32_t(c.in.c), cmd.opd0_h = uint32_t(c.in.h), cmd.opd0_w = uint32_t(c.in.w);
  cmd.opd0_y_ins0 = uint32_t(c.insertH), cmd.opd0_x_ins0 = uint32_t(c.insertW);
  return cmd;
}

TEST(SimConv, IntegersInEveryForm) {
  std::mt19937 random(61);
  for (int i = 0; i < 120; ++i) {
    Bench bench;
    Case c = randomCase(random, i);
    Buffer in(random() % 2 ? DType::I8 : DType::U8, c.in),
        filter(random() % 2 ? DType::I8 : DType::U8, {c.out.c, c.in.c, c.win.kh, c.win.kw});
    in.randomise(random);
    filter.randomise(random);
    bool constantZero = random() % 3, rotate = random() % 4 == 0, accumulate = random() % 4 == 0,
         constantWeights = random() % 8 == 0;
    bool signedZero = random() % 2;
    Buffer zeros(signedZero ? DType::I8 : DType::U8, {1, c.out.c, 1, 1}), old(DType::I32, c.out);
    zeros.randomise(random);
    old.randomise(random);
    if (constantZero)
      std::fill(zeros.bytes.begin(), zeros.bytes.end(), random() % 2 ? 0 : zeros.bytes[0]);
    if (constantWeights)
      std::fill(filter.bytes.begin(), filter.bytes.end(), filter.bytes[0]);
    int64_t lane = random() % 2 ? 0 : between(random, 0, 63);
    Place inAt{Layout::Aligned, 0, 0}, filterAt{Layout::Compact, lane, 0x18000}, zeroAt{Layout::Compact, lane, 0x30004},
        outAt{Layout::Aligned, lane, 0x31000};
    bool strided = random() % 4 == 0;
    if (strided) // rows further apart than they are long
      inAt = {Layout::Explicit, 0, 0, 9000, 2900, c.in.w + 5, 1};
    bench.put(in, inAt);
    bench.put(packWeights(filter, 64), filterAt);
    bench.put(zeros, zeroAt);
    bench.put(old, outAt);

    int pad = int(Buffer(in).integer(0));
    isa::SCONV cmd = commandFor(c);
    cmd.opd0_sign = in.dtype == DType::I8, cmd.opd1_sign = filter.dtype == DType::I8, cmd.opd2_sign = signedZero;
    cmd.res0_prec = precision(DType::I32);
    cmd.opd0_addr = inAt.address(), cmd.res0_addr = outAt.address();
    cmd.opd1_const = constantWeights,
    cmd.opd1_addr = constantWeights ? 0xabcdef00u | filter.bytes[0] : filterAt.address();
    cmd.opd2_const = constantZero, cmd.opd2_addr = constantZero ? 0x12345600u | zeros.bytes[0] : zeroAt.address();
    cmd.opd3_const = 1,
    cmd.opd3_addr = 0xc81c9b00u | in.bytes[0]; // garbage above the low byte, as vendor streams have it
    cmd.kernel_rotate = rotate, cmd.res_add = accumulate;
    if (strided) {
      cmd.opd0_str = isa::kLayoutExplicit;
      cmd.opd0_n_str = uint32_t(inAt.ns), cmd.opd0_c_str = uint32_t(inAt.cs), cmd.opd0_h_str = uint32_t(inAt.hs),
      cmd.opd0_w_str = uint32_t(inAt.ws);
    }
    bench.run(random() % 2 ? isa::encode(bench.table, cmd)
                           : longForm(bench.table, isa::encode(bench.table, cmd), isa::CommandId::CONV));

    std::vector<Int128> sums(size_t(c.out.count()), 0);
    forTaps(c, rotate, [&](int64_t o, int64_t oc, int64_t w, int64_t at) {
      Int128 x = at == -2 ? 0 : at == -1 ? pad : in.integer(at);
      sums[size_t(o)] += x * (filter.integer(w) - zeros.integer(oc));
    });
    Buffer out = bench.fetch(DType::I32, c.out, outAt);
    for (int64_t o = 0; o < c.out.count(); ++o)
      ASSERT_EQ(out.integer(o), int32_t(uint32_t(sums[size_t(o)] + (accumulate ? old.integer(o) : 0))))
          << "case " << i << " at " << o;
  }
}

TEST(SimConv, FloatsInTheContractsOrder) {
  std::mt19937 random(62);
  for (int i = 0; i < 80; ++i) {
    Bench bench;
    Case c = randomCase(random, i);
    c.in.c = std::min<int64_t>(c.in.c, 70);
    c.insertH = c.insertW = 0;
    c.out.h = c.win.outH(c.in.h), c.out.w = c.win.outW(c.in.w);
    const DType t = std::array{DType::F32, DType::F16, DType::BF16}[size_t(i % 3)], to = i % 2 ? t : DType::F32;
    Buffer in = smallFloats(random, t, c.in).first,
           filter = smallFloats(random, t, {c.out.c, c.in.c, c.win.kh, c.win.kw}).first,
           bias(DType::F32, {1, c.out.c, 1, 1});
    if (t == DType::F32) {
      in.randomise(random);
      filter.randomise(random);
    }
    bias.randomise(random);
    bool constantBias = random() % 2;
    if (constantBias)
      std::fill_n(bias.as<float>(), c.out.c, 0.0f);
    int64_t lane = random() % 2 ? 0 : between(random, 0, 63);
    Place inAt{Layout::Aligned, t == DType::F32 ? between(random, 0, 63) : 0, 0},
        filterAt{Layout::Compact, lane, 0x18000}, biasAt{Layout::Compact, lane, 0x30004},
        outAt{Layout::Aligned, lane, 0x31000};
    bench.put(in, inAt);
    bench.put(packWeights(filter, t == DType::F32 ? 1 : 32), filterAt);
    bench.put(bias, biasAt);
    isa::SCONV cmd = commandFor(c);
    cmd.opd0_prec = precision(t), cmd.res0_prec = precision(to);
    cmd.opd0_addr = inAt.address(), cmd.opd1_addr = filterAt.address(), cmd.res0_addr = outAt.address();
    cmd.opd2_const = constantBias, cmd.opd2_addr = constantBias ? 0 : biasAt.address(), cmd.opd3_const = 1;
    bench.run(cmd);
    std::vector<float> sums(size_t(c.out.count()));
    for (int64_t o = 0; o < c.out.count(); ++o)
      sums[size_t(o)] = bias.as<float>()[o / c.out.w / c.out.h % c.out.c];
    forTaps(c, false, [&](int64_t o, int64_t, int64_t w, int64_t at) {
      if (at >= 0)
        sums[size_t(o)] = std::fma(in.real(at), filter.real(w), sums[size_t(o)]);
    });
    Buffer out = bench.fetch(to, c.out, outAt), expected(to, c.out);
    for (int64_t o = 0; o < c.out.count(); ++o)
      expected.setInteger(o, kernel::narrowFloat(sums[size_t(o)], to));
    ASSERT_EQ(out.bytes, expected.bytes) << "case " << i;
  }
}

TEST(SimConv, NamesWhatIsWrong) {
  Bench bench;
  Case c{{1, 3, 8, 8}, {1, 4, 6, 6}, {}, 0, 0};
  c.win.kh = c.win.kw = 3;
  isa::SCONV good = commandFor(c);
  good.res0_prec = precision(DType::I32), good.opd2_const = good.opd3_const = 1;
  good.opd0_addr = 0, good.opd1_addr = 0x1000, good.res0_addr = 0x2000;
  EXPECT_EQ(bench.refusal(good), "");
  auto with = [&](auto change) {
    isa::SCONV cmd = good;
    change(cmd);
    return bench.refusal(cmd);
  };
  EXPECT_EQ(with([](auto &x) { x.opd0_addr = 3 << 18; }),
            "'opd0' starts in lane 3 but must start in lane 0 (8-bit convolution)");
  EXPECT_EQ(with([](auto &x) { x.opd1_addr = (1 << 18) + 0x1000; }),
            "'opd1' starts in lane 1 but must start in lane 0, where the result starts");
  EXPECT_EQ(with([](auto &x) { x.opd1_addr = 0x1004; }),
            "'opd1' (weights) starts at offset 0x1004, which is not a multiple of 64");
  EXPECT_EQ(with([](auto &x) { x.res0_addr = 0x2001; }),
            "'res0' is in the aligned layout but starts at 0x2001, which is not a multiple of 64");
  EXPECT_EQ(with([](auto &x) { x.res0_w = 7; }), "the result is 6x7 but an input of 8x8 gives 6x6");
  EXPECT_EQ(with([](auto &x) { x.opd1_h = 9; }), "the result is 6x6 but an input of 8x8 gives none");
  EXPECT_EQ(with([](auto &x) { x.res_op_x_str = 0; }),
            "the window has kernel 3x3 and stride 1x0; both must be at least 1");
  EXPECT_EQ(with([](auto &x) { x.opd1_addr = 0x3ff40; }),
            "'opd1' at lane 0 offset 0x3ff40 reaches offset 0x40180, beyond the 0x40000 bytes of a lane");
  EXPECT_EQ(with([](auto &x) { x.opd0_addr = 0x1000000; }),
            "'opd0': address 0x1000000 is outside local memory (64 lanes of 0x40000 bytes)");
  EXPECT_EQ(with([](auto &x) { x.tsk_eu_typ = isa::kConvWrq; }),
            "a convolution that requantises (its rounding is unknown) is not built into the simulator");
  EXPECT_EQ(with([](auto &x) { x.opd0_prec = 1; }), "a convolution from f16 to i32 is not built into the simulator");
  EXPECT_EQ(with([](auto &x) { x.pad_mode = 1; }), "pad mode 1 is not built into the simulator");
  EXPECT_EQ(with([](auto &x) { x.opd3_const = 0; }), "a padding value per channel is not built into the simulator");
}

} // namespace
