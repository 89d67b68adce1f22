//===- MoveTest.cpp - Transposition, lane copy and broadcast commands -----===//
// Single commands against loops over elements: what ends in which lane.

#include "Bench.h"

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

constexpr DType kSizes[] = {DType::U8, DType::U16, DType::U32};

TEST(SimMove, TransposesChannelsAndColumns) {
  std::mt19937 random(101);
  for (int i = 0; i < 80; ++i) {
    Bench bench;
    DType t = kSizes[random() % 3];
    Dims in{between(random, 1, 2), between(random, 1, 90), between(random, 1, 5), between(random, 1, 90)},
        out{in.n, in.w, in.h, in.c};
    bool fromLanes = i % 2;
    Place inAt{Layout::Aligned, fromLanes ? 0 : between(random, 0, 63), 0},
        outAt{Layout::Aligned, fromLanes ? between(random, 0, 63) : 0, 0x20000};
    Buffer x(t, in);
    x.randomise(random);
    bench.put(x, inAt);
    isa::STRANS cmd;
    cmd.tsk_eu_typ = fromLanes ? isa::kTsbcCwTs : isa::kTsbcWcTs;
    setResult(cmd, out);
    cmd.res0_prec = precision(t), cmd.opd0_c = uint32_t(in.c), cmd.opd0_w = uint32_t(in.w);
    cmd.opd0_addr = inAt.address(), cmd.res0_addr = outAt.address();
    isa::Command c = isa::encode(bench.table, cmd);
    bench.run(random() % 2 ? c : longForm(bench.table, c, isa::CommandId::TRANS));
    Buffer y = bench.fetch(t, out, outAt);
    for (int64_t n = 0; n < in.n; ++n)
      for (int64_t ch = 0; ch < in.c; ++ch)
        for (int64_t h = 0; h < in.h; ++h)
          for (int64_t w = 0; w < in.w; ++w)
            ASSERT_EQ(y.integer(y.index(n, w, h, ch)), x.integer(x.index(n, ch, h, w))) << "case " << i;
    cmd.opd0_addr = cmd.res0_addr = (5 << 18);
    EXPECT_NE(bench.refusal(cmd), "");
  }
}

TEST(SimMove, CopiesToOtherLanes) {
  std::mt19937 random(102);
  for (int i = 0; i < 40; ++i) {
    Bench bench;
    DType t = kSizes[random() % 3];
    Dims d{between(random, 1, 2), between(random, 1, 90), between(random, 1, 5), between(random, 1, 40)};
    Place inAt{Layout::Aligned, between(random, 0, 63), 0}, outAt{Layout::Aligned, between(random, 0, 63), 0x20000};
    Buffer x(t, d);
    x.randomise(random);
    bench.put(x, inAt);
    isa::STRANS cmd;
    cmd.tsk_eu_typ = isa::kTsbcLCopy;
    setResult(cmd, d);
    cmd.res0_prec = precision(t), cmd.opd0_c = uint32_t(d.c), cmd.opd0_w = uint32_t(d.w);
    cmd.opd0_addr = inAt.address(), cmd.res0_addr = outAt.address();
    bench.run(cmd);
    ASSERT_EQ(bench.fetch(t, d, outAt).bytes, x.bytes) << "case " << i;
  }
}

TEST(SimMove, BroadcastsALane) {
  std::mt19937 random(103);
  for (int i = 0; i < 40; ++i) {
    Bench bench;
    DType t = kSizes[random() % 3];
    int64_t outLane = between(random, 0, 63);
    Dims d{between(random, 1, 2), between(random, 1, 64 - outLane), between(random, 1, 3), between(random, 1, 40)},
        one{d.n, 1, d.h, d.w};
    Place inAt{Layout::Aligned, between(random, 0, 63), 0}, outAt{Layout::Aligned, outLane, 0x20000};
    Buffer x(t, one);
    x.randomise(random);
    bench.put(x, inAt);
    isa::STRANS cmd;
    cmd.tsk_eu_typ = isa::kTsbcLBc;
    setResult(cmd, d);
    cmd.res0_prec = precision(t), cmd.opd0_c = 1, cmd.opd0_w = uint32_t(d.w);
    cmd.opd0_addr = inAt.address(), cmd.res0_addr = outAt.address();
    bench.run(cmd);
    Buffer y = bench.fetch(t, d, outAt);
    for (int64_t o = 0; o < d.count(); ++o)
      ASSERT_EQ(y.integer(o), x.integer((o / d.w / d.h / d.c * d.h + o / d.w % d.h) * d.w + o % d.w)) << "case " << i;
    cmd.res0_c = uint32_t(65 - outLane);
    EXPECT_EQ(bench.refusal(cmd), "broadcasts to " + std::to_string(65 - outLane) + " lanes from lane " +
                                      std::to_string(outLane) + ", beyond the last of 64");
  }
}

TEST(SimMove, ReadsSerialNumbersFromStaticMemory) {
  Bench bench;
  std::vector<int32_t> serial(64);
  for (int i = 0; i < 64; ++i)
    serial[size_t(i)] = i;
  bench.memory.addReadOnly("static serial numbers", 0x090005c0, 256,
                           std::span(reinterpret_cast<const uint8_t *>(serial.data()), 256));
  isa::STRANS cmd;
  cmd.tsk_eu_typ = isa::kTsbcSDistribute;
  setResult(cmd, {1, 40, 1, 1});
  cmd.res0_prec = precision(DType::I32), cmd.opd0_c = 40, cmd.opd0_w = 1, cmd.res0_addr = 0x3e000,
  cmd.opd0_addr = 0x090005c0;
  bench.run(cmd);
  Buffer lanes = bench.fetch(DType::I32, {1, 40, 1, 1}, {Layout::Compact, 0, 0x3e000});
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(lanes.integer(i), i);

  cmd.tsk_eu_typ = isa::kTsbcSBc;
  setResult(cmd, {1, 5, 1, 64});
  cmd.res0_addr = (3 << 18) + 0x1000;
  bench.run(cmd);
  Buffer rows = bench.fetch(DType::I32, {1, 5, 1, 64}, {Layout::Aligned, 3, 0x1000});
  for (int i = 0; i < 320; ++i)
    EXPECT_EQ(rows.integer(i), i % 64);

  cmd.opd0_addr = 0x09000000;
  EXPECT_EQ(bench.refusal(cmd),
            "'opd0' reads 256 bytes at 0x9000000, outside every region (static serial numbers 0x90005c0 to 0x90006c0)");
}

} // namespace
