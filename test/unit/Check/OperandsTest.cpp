//===- OperandsTest.cpp - What commands touch -----------------------------===//
// Each command runs in the simulator on random memory. The bytes that change
// must be those that are described as written, and changing what is not
// described as read must not change the result. The two were written apart.

#include "Operands.h"

#include "Exec.h"
#include "tpu_mlir/Isa/Text.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

using namespace tpu_mlir;

namespace {

constexpr uint64_t kBase = 0x100001000, kGlobalBytes = 1 << 17;
constexpr int64_t kWatched = 1 << 15; ///< bytes of each lane that the commands below stay in

const target::Chip &chip() { return target::lookup("bm1684x"); }

using Bytes = std::vector<uint8_t>;

class Bench {
public:
  Bench() : memory(chip().local) { memory.addRegion("memory", kBase, kGlobalBytes); }

  void load(const Bytes &all) {
    for (int64_t lane = 0; lane < chip().local.lanes; ++lane)
      std::copy_n(all.begin() + lane * kWatched, kWatched, memory.lane(lane));
    std::copy_n(all.begin() + chip().local.lanes * kWatched, kGlobalBytes, memory.write(kBase, kGlobalBytes));
  }
  Bytes all() {
    Bytes out;
    for (int64_t lane = 0; lane < chip().local.lanes; ++lane)
      out.insert(out.end(), memory.lane(lane), memory.lane(lane) + kWatched);
    const uint8_t *global = memory.read(kBase, kGlobalBytes);
    out.insert(out.end(), global, global + kGlobalBytes);
    return out;
  }
  Bytes run(const Bytes &before, const isa::Command &command) {
    load(before);
    sim::Exec exec(command, chip(), memory, arena);
    sim::execute(exec);
    return all();
  }

private:
  sim::Memory memory;
  sim::Arena arena;
};

size_t wholeSize() { return size_t(chip().local.lanes * kWatched) + kGlobalBytes; }

/// Small numbers, so that formats with few values still differ, and floats stay finite.
Bytes randomBytes(std::mt19937_64 &random) {
  Bytes bytes(wholeSize());
  for (size_t i = 0; i < bytes.size(); i += 8) {
    const uint64_t word = random() & 0x3f7f7f7f3f7f7f7f;
    std::memcpy(&bytes[i], &word, std::min<size_t>(8, bytes.size() - i));
  }
  return bytes;
}

/// One flag per byte.
std::vector<bool> described(const std::vector<safety::Access> &accesses, bool writes) {
  std::vector<bool> touched(wholeSize());
  for (const safety::Access &access : accesses) {
    if (access.writes != writes)
      continue;
    const bool local = access.space == safety::Space::Lanes;
    for (uint64_t lane = local ? access.laneBegin : 0; lane < (local ? access.laneEnd : 1); ++lane)
      access.box.forRuns([&](uint64_t begin, uint64_t end) {
        const uint64_t at = local ? lane * kWatched : uint64_t(chip().local.lanes * kWatched) - kBase;
        for (uint64_t i = begin; i < end; ++i)
          touched[at + i] = true;
      });
  }
  return touched;
}

void expectExact(const std::string &line) {
  SCOPED_TRACE(line);
  const isa::Command command = isa::fromText(isa::tableFor("bm1684x"), line);
  std::vector<safety::Access> accesses;
  ASSERT_TRUE(safety::Operands(command, chip(), accesses).describe());
  const std::vector<bool> reads = described(accesses, false), writes = described(accesses, true);
  static Bench bench;
  std::mt19937_64 random(line.size());
  std::vector<bool> changed(wholeSize());
  for (int round = 0; round < 4; ++round) {
    Bytes before = randomBytes(random);
    // What is written starts as something that no result is.
    for (size_t i = 0; i < before.size(); ++i)
      if (writes[i] && !reads[i])
        before[i] = round & 1 ? 0xa5 : 0x5a;
    const Bytes after = bench.run(before, command);
    Bytes other = randomBytes(random);
    for (size_t i = 0; i < other.size(); ++i)
      if (reads[i])
        other[i] = before[i];
    const Bytes afterOther = bench.run(other, command);
    size_t wrong = 0, leaked = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      if (after[i] != before[i])
        changed[i] = true, wrong += !writes[i];
      leaked += writes[i] && after[i] != afterOther[i];
    }
    ASSERT_EQ(wrong, 0u) << "bytes change that are not described as written";
    ASSERT_EQ(leaked, 0u) << "the result depends on bytes that are not described as read";
  }
  size_t idle = 0;
  for (size_t i = 0; i < changed.size(); ++i)
    idle += writes[i] && !reads[i] && !changed[i];
  EXPECT_EQ(idle, 0u) << "bytes are described as written and never change";
}

TEST(Operands, OfComputeCommandsAreWhatTheSimulatorTouches) {
  const char *lines[] = {
      "tiu 1 dep 0 SAR arith.add tsk_opd_num=2 res0_n=2 res0_c=70 res0_h=3 res0_w=5 res0_addr=0x1000 opd0_addr=0x0 "
      "opd1_addr=0x2000",
      "tiu 1 dep 0 SAR arith.add tsk_opd_num=2 res0_n=2 res0_c=100 res0_h=3 res0_w=5 res0_addr=0x1c1000 "
      "opd0_addr=0x1c0000 opd1_addr=0x1c2000 opd1_str=compact",
      "tiu 1 dep 0 SAR arith.mul tsk_opd_num=2 opd0_prec=fp32 opd1_prec=fp32 res0_prec=fp32 res0_n=1 res0_c=3 res0_h=2 "
      "res0_w=9 res0_addr=0x101000 opd0_addr=0x100000 opd1_addr=0x102000 opd1_str=explicit opd1_c_str=1",
      "tiu 1 dep 0 SAR arith.mac tsk_opd_num=2 opd0_prec=fp32 opd1_prec=fp32 res0_prec=fp32 res0_n=1 res0_c=65 "
      "res0_h=2 res0_w=9 res0_addr=0x1000 opd0_addr=0x0 opd1_addr=0x2000",
      "tiu 1 dep 0 SAR arith.copy tsk_opd_num=1 res0_n=2 res0_c=66 res0_h=2 res0_w=3 res0_str=explicit res0_n_str=200 "
      "res0_c_str=40 res0_h_str=11 res0_w_str=2 opd0_str=channel_scalar res0_addr=0xc1000 opd0_addr=0xc0000",
      "tiu 1 dep 0 SAR arith.cast tsk_opd_num=1 opd0_sign=1 opd2_sign=1 opd0_prec=int8 res0_prec=int32 res0_n=1 "
      "res0_c=67 res0_h=1 res0_w=17 res0_addr=0x1000 opd0_addr=0x0",
      "tiu 1 dep 0 SCONV conv.normal opd1_sign=1 res0_prec=int32 opd2_const=1 opd3_const=1 opd0_up_pad=1 opd0_dn_pad=1 "
      "opd0_lf_pad=1 opd0_rt_pad=1 res_op_x_str=2 res_op_y_str=1 res0_n=1 res0_c=70 res0_h=5 res0_w=4 opd0_c=66 "
      "opd0_h=5 opd0_w=8 opd1_h=3 opd1_w=3 res0_addr=0xc4000 opd0_addr=0x0 opd1_addr=0xc1000",
      "tiu 1 dep 0 SCONV conv.normal opd0_prec=fp32 res0_prec=fp32 opd3_const=1 res_op_x_str=1 res_op_y_str=1 res0_n=2 "
      "res0_c=70 res0_h=3 res0_w=3 opd0_c=5 opd0_h=4 opd0_w=4 opd1_h=2 opd1_w=2 res0_addr=0x4000 opd0_addr=0x0 "
      "opd1_addr=0x1000 opd2_addr=0x2004",
      "tiu 1 dep 0 SPORD pord.maxpooling opd0_sign=1 opd3_const=1 res_op_x_str=2 res_op_y_str=2 res0_n=2 res0_c=70 "
      "res0_h=2 res0_w=2 opd0_h=4 opd0_w=4 opd1_h=2 opd1_w=2 res0_addr=0x81000 opd0_addr=0x80000",
      "tiu 1 dep 0 SPORD pord.depthwise opd1_sign=1 opd2_sign=1 res0_prec=int32 opd3_const=1 res_op_x_str=1 "
      "res_op_y_str=1 res0_n=1 res0_c=70 res0_h=3 res0_w=3 opd0_h=5 opd0_w=5 opd1_h=3 opd1_w=3 res0_addr=0x81000 "
      "opd0_addr=0x80000 opd1_addr=0x82000 opd2_addr=0x83000",
      "tiu 1 dep 0 SMM2 mm2.nn opd0_prec=fp32 res0_prec=fp32 res0_c=70 res0_w=20 opd1_c=30 opd1_w=20 opd2_const=1 "
      "res0_addr=0x4000 opd0_addr=0x0 opd1_addr=0x2000",
      "tiu 1 dep 0 SMM2 mm2.nt res0_prec=int32 opd0_sign=1 opd1_sign=1 res0_c=10 res0_w=20 opd1_c=20 opd1_w=30 "
      "opd2_const=1 res_add=1 res0_addr=0x4000 opd0_addr=0x0 opd1_addr=0x2000",
      "tiu 1 dep 0 SRQ quant.rq1 opd0_prec=int32 opd0_sign=1 opd2_n_str=5 res0_n=2 res0_c=130 res0_h=2 res0_w=8 "
      "res0_addr=0x43000 opd0_addr=0x40000 opd1_addr=0x42000",
      "tiu 1 dep 0 SRQ quant.dq0 opd0_prec=int8 res0_prec=fp32 res0_n=1 res0_c=130 res0_h=2 res0_w=8 res0_addr=0x3000 "
      "opd0_addr=0x0 opd1_addr=0x2000",
      "tiu 1 dep 0 STRANS tsbc.cw_ts res0_n=2 res0_c=9 res0_h=2 res0_w=70 opd0_c=70 opd0_w=9 res0_addr=0x41000",
      "tiu 1 dep 0 STRANS tsbc.wc_ts res0_n=2 res0_c=9 res0_h=2 res0_w=5 opd0_c=5 opd0_w=9 res0_addr=0x1000 "
      "opd0_addr=0x80000",
      "tiu 1 dep 0 STRANS tsbc.l_copy res0_n=1 res0_c=70 res0_h=2 res0_w=5 opd0_c=70 opd0_w=5 res0_addr=0x141000",
      "tiu 1 dep 0 STRANS tsbc.l_bc res0_n=1 res0_c=60 res0_h=2 res0_w=5 opd0_c=1 opd0_w=5 res0_addr=0x101000 "
      "opd0_addr=0x3c0000",
      "tiu 1 dep 0 SSG sg.pe_s_gather_d1coor opd0_str=lane_shared res0_n=2 res0_c=70 res0_h=1 res0_w=100 opd0_h=1 "
      "opd0_w=256 opd1_c=70 opd1_w=100 opd0_addr=0x0 res0_addr=0x4000 opd1_addr=0x7000",
      "tiu 1 dep 0 SLIN lin.mac res0_prec=fp32 res0_n=1 res0_c=70 res0_h=2 res0_w=5 res0_addr=0x41000 "
      "opd0_addr=0x40000 "
      "opd1_addr=0x42004 opd2_addr=0x43008",
      "tiu 1 dep 0 SCMP cmp.sel_gt opd0_const=0 opd1_const=1 opd2_const=0 opd3_const=1 opd1_addr=0x20 opd3_addr=0x99 "
      "res0_n=1 res0_c=70 res0_h=2 res0_w=5 res0_addr=0x41000 opd0_addr=0x40000 opd2_addr=0x42000",
  };
  for (const char *line : lines)
    expectExact(line);
}

TEST(Operands, OfCopiesAreWhatTheSimulatorTouches) {
  const char *lines[] = {
      "gdma 1 dep 0 DMATensor dma.tensor nchw_copy=1 src_nsize=2 src_csize=70 src_hsize=3 src_wsize=5 src_nstride=1050 "
      "src_cstride=15 src_hstride=5 src_wstride=1 dst_nstride=128 dst_cstride=64 dst_hstride=5 dst_wstride=1 "
      "src_start_addr=0x100001000 dst_start_addr=0x8100000",
      "gdma 1 dep 0 DMATensor dma.tensor nchw_copy=1 src_data_format=fp32 src_nsize=1 src_csize=70 src_hsize=3 "
      "src_wsize=5 src_nstride=64 src_cstride=32 src_hstride=5 src_wstride=1 dst_nstride=2100 dst_cstride=30 "
      "dst_hstride=10 dst_wstride=2 src_start_addr=0x8f80000 dst_start_addr=0x100002000",
      "gdma 1 dep 0 DMATensor dma.tensor nchw_copy=0 src_nsize=1 src_csize=6 src_hsize=4 src_wsize=5 src_nstride=1 "
      "src_cstride=20 src_hstride=5 src_wstride=1 dst_nsize=1 dst_csize=4 dst_hsize=6 dst_wsize=5 dst_nstride=64 "
      "dst_cstride=64 dst_hstride=5 dst_wstride=1 src_start_addr=0x100001000 dst_start_addr=0x8040000",
      "gdma 1 dep 0 DMATensor dma.tensor nchw_copy=1 fill_constant_en=1 constant_value=0x77 src_nsize=1 src_csize=66 "
      "src_hsize=2 src_wsize=5 dst_nstride=64 dst_cstride=64 dst_hstride=5 dst_wstride=1 dst_start_addr=0x8040000",
      "gdma 1 dep 0 DMATensor dma.tensor nchw_copy=1 localmem_mask_l32=0xff0ff00f localmem_mask_h32=0x80000001 "
      "src_nsize=1 src_csize=70 src_hsize=1 src_wsize=5 src_nstride=350 src_cstride=5 src_hstride=5 src_wstride=1 "
      "dst_nstride=64 dst_cstride=64 dst_hstride=5 dst_wstride=1 src_start_addr=0x100001000 dst_start_addr=0x8100000",
      "gdma 1 dep 0 DMATensor dma.tensor.broadcast src_nsize=1 src_csize=1 src_hsize=2 src_wsize=9 src_hstride=20 "
      "dst_nsize=1 dst_csize=60 dst_hsize=2 dst_wsize=9 dst_hstride=12 src_start_addr=0x100001000 "
      "dst_start_addr=0x8100000",
      "gdma 1 dep 0 DMATensor dma.tensor.transpose nchw_copy=1 src_nsize=3 src_csize=70 src_hsize=2 src_wsize=5 "
      "src_nstride=700 src_cstride=10 src_hstride=5 src_wstride=1 dst_nstride=64 dst_cstride=64 dst_hstride=5 "
      "dst_wstride=1 src_start_addr=0x100001000 dst_start_addr=0x8040000",
      "gdma 1 dep 0 DMACwTranspose dma.cw_transpose nchw_copy=1 src_nsize=1 src_csize=7 src_hsize=2 src_wsize=66 "
      "src_nstride=924 src_cstride=132 src_hstride=66 src_wstride=1 dst_nstride=64 dst_cstride=64 dst_hstride=7 "
      "dst_wstride=1 src_start_addr=0x100001000 dst_start_addr=0x8040000",
  };
  for (const char *line : lines)
    expectExact(line);
}

TEST(Operands, ChannelsSpreadOverLanes) {
  // 70 channels from lane 3: lanes 3 to 8 hold two, lanes 0 to 2 hold what wrapped around.
  const isa::Command command = isa::fromText(
      isa::tableFor("bm1684x"), "tiu 1 dep 0 SAR arith.copy tsk_opd_num=1 opd0_const=1 res0_n=1 res0_c=70 res0_h=1 "
                                "res0_w=10 res0_addr=0xc0000");
  std::vector<safety::Access> accesses;
  ASSERT_TRUE(safety::Operands(command, chip(), accesses).describe());
  ASSERT_EQ(accesses.size(), 3u);
  EXPECT_EQ(accesses[0].laneEnd, 3u);
  EXPECT_EQ(accesses[0].box.base, 64u);
  EXPECT_EQ(accesses[0].box.pieces(), 1u);
  EXPECT_EQ(accesses[1].laneEnd, 9u);
  EXPECT_EQ(accesses[1].box.pieces(), 2u);
  EXPECT_EQ(accesses[2].laneEnd, 64u);
  EXPECT_EQ(accesses[2].box.end(), 10u);
}

TEST(Operands, FormsWithoutAPublicDescriptionAreNotGuessed) {
  for (const char *line : {"tiu 1 dep 0 SAR arith.copyMb tsk_opd_num=1 res0_n=1 res0_c=1 res0_h=1 res0_w=1",
                           "tiu 1 dep 0 SMM2 mm2.tt res0_c=1 res0_w=1 opd1_c=1 opd1_w=1",
                           "tiu 1 dep 0 SPORD pord.roiDepthwise res0_n=1 res0_c=1 res0_h=1 res0_w=1",
                           "tiu 1 dep 0 SYSID sys.spb", "gdma 1 dep 0 DMANonzero dma.nonzero"}) {
    std::vector<safety::Access> accesses;
    EXPECT_FALSE(safety::Operands(isa::fromText(isa::tableFor("bm1684x"), line), chip(), accesses).describe()) << line;
  }
}

} // namespace
