//===- QuantTest.cpp - Requantisation commands ----------------------------===//
// Single commands against their formulas, element by element, and the
// sentences for illegal ones.

#include "Bench.h"

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

struct QuantCase {
  Bench bench;
  Dims d;
  Buffer in;
  Place inAt, parametersAt, outAt;
  isa::SRQ cmd;
  QuantCase(std::mt19937 &random, uint32_t kind, DType from, DType to)
      : d{between(random, 1, 2), between(random, 1, 150), between(random, 1, 6), between(random, 1, 12)}, in(from, d) {
    int64_t lane = between(random, 0, 63);
    inAt = {Layout::Aligned, lane, 0}, parametersAt = {Layout::Aligned, lane, 0x10000},
    outAt = {Layout::Aligned, lane, 0x20000};
    in.randomise(random);
    bench.put(in, inAt);
    setResult(cmd, d);
    cmd.tsk_eu_typ = kind;
    cmd.opd0_addr = inAt.address(), cmd.opd0_prec = precision(from), cmd.opd0_sign = kernel::isSigned(from);
    cmd.res0_addr = outAt.address(), cmd.res0_prec = precision(to), cmd.opd2_sign = kernel::isSigned(to);
    cmd.opd1_addr = parametersAt.address();
  }
  int64_t channel(int64_t o) const { return o / d.w / d.h % d.c; }
};

TEST(SimQuant, Rq1PerChannelAndConstant) {
  std::mt19937 random(91);
  const DType ins[] = {DType::I8, DType::U8, DType::I16, DType::I32};
  for (int i = 0; i < 200; ++i) {
    DType to = kIntegers[random() % 4];
    QuantCase c(random, isa::kQuantRq1, ins[random() % 4], to);
    bool constant = random() % 2;
    Round round = kRounds[random() % 7];
    Buffer parameters(DType::I32, {1, c.d.c, 1, 3});
    for (int64_t k = 0; k < c.d.c; ++k) {
      int32_t *p = parameters.as<int32_t>() + 3 * k;
      p[0] = int32_t(random()) >> (random() % 20), p[1] = int32_t(between(random, -64, random() % 4 ? 0 : 31)),
      p[2] = int32_t(between(random, -200, 200));
      if (constant && k)
        std::memcpy(p, parameters.as<int32_t>(), 12);
    }
    c.bench.put(parameters, c.parametersAt);
    c.cmd.opd2_n_str = uint32_t(round);
    const int32_t *first = parameters.as<int32_t>();
    if (constant)
      c.cmd.opd1_const = 1, c.cmd.opd1_addr = uint32_t(first[0]),
      c.cmd.opd2_addr = (uint32_t(first[1]) & 0xff) | uint32_t(first[2]) << 8;
    isa::Command short_ = isa::encode(c.bench.table, c.cmd);
    c.bench.run(random() % 2 ? short_ : longForm(c.bench.table, short_, isa::CommandId::RQ));
    Buffer out = c.bench.fetch(to, c.d, c.outAt);
    for (int64_t o = 0; o < c.d.count(); ++o) {
      const int32_t *p = first + 3 * c.channel(o);
      int64_t product = int64_t(Int128(c.in.integer(o)) * p[0]);
      ASSERT_EQ(out.integer(o), int64_t(clamp(Int128(shiftExactly(product, p[1], round)) + p[2], to))) << "case " << i;
    }
  }
}

TEST(SimQuant, FloatScalesAndIntegerDequantisation) {
  std::mt19937 random(92);
  for (int i = 0; i < 60; ++i) {
    Round round = kRounds[random() % 5];
    Buffer parameters(DType::I32, {1, 1, 1, 3});
    {
      QuantCase c(random, isa::kQuantRq0, DType::I16, DType::I8);
      parameters = Buffer(DType::F32, {1, c.d.c, 1, 2});
      for (int64_t k = 0; k < 2 * c.d.c; ++k)
        parameters.as<float>()[k] = float(between(random, -100, 100)) / 1024;
      c.bench.put(parameters, c.parametersAt);
      c.cmd.opd2_n_str = uint32_t(round) | uint32_t(round) << 3;
      c.bench.run(c.cmd);
      Buffer out = c.bench.fetch(DType::I8, c.d, c.outAt);
      for (int64_t o = 0; o < c.d.count(); ++o) {
        const float *p = parameters.as<float>() + 2 * c.channel(o);
        float scaled = float(c.in.integer(o)) * p[0];
        ASSERT_EQ(out.integer(o), kernel::floatToInt(scaled + p[1], DType::I8, round));
      }
      c.cmd.opd2_n_str = 1;
      EXPECT_EQ(c.bench.refusal(c.cmd),
                "rq0 with two different rounding modes (their order is unknown) is not built into the simulator");
    }
    {
      QuantCase c(random, isa::kQuantDq1, DType::I8, DType::I16);
      parameters = Buffer(DType::I32, {1, c.d.c, 1, 3});
      for (int64_t k = 0; k < c.d.c; ++k) {
        int32_t *p = parameters.as<int32_t>() + 3 * k;
        p[0] = int32_t(between(random, -128, 127)), p[1] = int32_t(random()) >> 12,
        p[2] = int32_t(between(random, -20, 0));
      }
      c.bench.put(parameters, c.parametersAt);
      c.cmd.opd2_n_str = uint32_t(round);
      c.bench.run(c.cmd);
      Buffer out = c.bench.fetch(DType::I16, c.d, c.outAt);
      for (int64_t o = 0; o < c.d.count(); ++o) {
        const int32_t *p = parameters.as<int32_t>() + 3 * c.channel(o);
        ASSERT_EQ(out.integer(o),
                  int64_t(clamp(shiftExactly((c.in.integer(o) - p[0]) * p[1], p[2], round), DType::I16)));
      }
    }
    {
      QuantCase c(random, isa::kQuantDq0, DType::U8, DType::F32);
      c.cmd.opd1_const = 1, c.cmd.opd1_addr = 0x3d800000, c.cmd.opd2_addr = 7; // (x − 7) · 0.0625
      c.bench.run(c.cmd);
      Buffer out = c.bench.fetch(DType::F32, c.d, c.outAt);
      for (int64_t o = 0; o < c.d.count(); ++o)
        ASSERT_EQ(out.as<float>()[o], float(c.in.integer(o) - 7) * 0.0625f);
    }
  }
}

TEST(SimQuant, NamesWhatIsWrong) {
  std::mt19937 random(93);
  QuantCase c(random, isa::kQuantRq2, DType::I32, DType::I8);
  EXPECT_EQ(c.bench.refusal(c.cmd), "this requantisation (its meaning is unknown) is not built into the simulator");
  c.cmd.tsk_eu_typ = isa::kQuantRq1, c.cmd.opd2_n_str = 7;
  EXPECT_EQ(c.bench.refusal(c.cmd), "rounding mode 7 does not exist");
}

} // namespace
