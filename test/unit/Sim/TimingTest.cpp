//===- TimingTest.cpp - Cycles and work of one command --------------------===//
// Reviewed figures: each expectation is worked out from the formula and the
// chip's constants in the comment beside it.

#include "tpu_mlir/Sim/Timing.h"
#include "Bench.h"

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

template <typename T> sim::Cost cost(const T &typed) {
  return sim::costOf(isa::encode(isa::tableFor("bm1684x"), typed), target::lookup("bm1684x"));
}

TEST(SimTiming, Convolution) {
  isa::SCONV c;
  setResult(c, {1, 128, 28, 28});
  c.opd0_c = 128, c.opd0_h = c.opd0_w = 28, c.opd1_h = c.opd1_w = 3, c.res_op_x_str = c.res_op_y_str = 1,
  c.res0_prec = 4;
  // 2 lane groups · 784/4 pixels · 2 channel groups · 9 taps + 28 + 3.3 · 2
  EXPECT_DOUBLE_EQ(cost(c).cycles, 2 * 196 * 2 * 9 + 28 + 6.6);
  EXPECT_EQ(cost(c).work.convMacs, 128 * 784 * 128 * 9);
  c.opd0_prec = c.res0_prec = 2;
  // fp32: 16 pixels at a time, one channel: 2 · 49 · 128 · 9
  EXPECT_DOUBLE_EQ(cost(c).cycles, 2 * 49 * 128 * 9 + 28 + 6.6);
}

TEST(SimTiming, ElementWiseAndBanks) {
  isa::SAR c;
  c.tsk_eu_typ = isa::kArithAdds, c.tsk_opd_num = 2;
  setResult(c, {1, 64, 28, 28});
  c.opd0_addr = 0, c.opd1_addr = 0x4000, c.res0_addr = 0x8000; // three banks
  EXPECT_DOUBLE_EQ(cost(c).cycles, 13 + 11);                   // 784 bytes in 64-byte steps
  c.res0_addr = 0x40;                                          // in place, 8 bits
  EXPECT_DOUBLE_EQ(cost(c).cycles, 13 * 1.9 + 11);
  c.res0_prec = c.opd0_prec = c.opd1_prec = 4;
  EXPECT_DOUBLE_EQ(cost(c).cycles, 49 * 2.1 + 11);
  c.opd0_str = 3, c.opd0_c_str = 1; // a per-channel operand is read once
  EXPECT_DOUBLE_EQ(cost(c).cycles, 49 + 11);
}

TEST(SimTiming, PoolGatherAndCopies) {
  isa::SPORD p;
  p.tsk_eu_typ = isa::kPordMaxpooling;
  setResult(p, {1, 64, 56, 56});
  p.opd1_h = p.opd1_w = 3;
  EXPECT_DOUBLE_EQ(cost(p).cycles, 9 * 49 * 1.3 + 10);
  EXPECT_EQ(cost(p).work.macs(), 0);
  p.tsk_eu_typ = isa::kPordDepthwise;
  EXPECT_EQ(cost(p).work.depthwiseMacs, 64 * 56 * 56 * 9);

  isa::SSG g;
  g.tsk_eu_typ = isa::kSgPeSGatherD1coor;
  setResult(g, {1, 65, 1, 1000});
  EXPECT_DOUBLE_EQ(cost(g).cycles, 2 * 1000 + 11);
  g.tsk_eu_typ = isa::kSgPeSGatherHzd;
  EXPECT_DOUBLE_EQ(cost(g).cycles, 2 * 1000 * 2 + 11);

  isa::DMATensor d;
  d.nchw_copy = 1;
  d.src_nsize = 1, d.src_csize = 64, d.src_hsize = 28, d.src_wsize = 28, d.src_hstride = d.dst_hstride = 28;
  d.setSrcAddr(0x100000000), d.setDstAddr(0x8000000);
  // A row per channel: 784 bytes are 13 bursts of 64, and each row costs a cycle.
  EXPECT_DOUBLE_EQ(cost(d).cycles, 200 + 64 * 832 / 62.3 + 64);
  EXPECT_EQ(cost(d).work.ddrReadBytes, 50176);
  d.setSrcAddr(0x8000000), d.setDstAddr(0x100000000);
  EXPECT_DOUBLE_EQ(cost(d).cycles, 200 + 64 * 832 / 47.2 + 64);
  EXPECT_EQ(cost(d).work.ddrWriteBytes, 50176);
  d.setSrcAddr(0x100000000);
  EXPECT_DOUBLE_EQ(cost(d).cycles, 200 + 64 * 832 / 30.0 + 64);
  d.src_hsize = d.src_wsize = 7, d.src_hstride = d.dst_hstride = 7; // rows of 49 bytes
  EXPECT_DOUBLE_EQ(cost(d).cycles, 200 + 64 * 64 / 30.0 + 64);
}

} // namespace
