//===- FuzzTest.cpp - Any bits are executed or refused --------------------===//
// Valid commands of every executor with a few fields changed, and random bits.
// Each runs or is refused by a sentence; nothing crashes and no cost is
// negative. Meant to run under ASan and UBSan.

#include "Bench.h"
#include "tpu_mlir/Sim/Timing.h"

#include <map>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

constexpr uint64_t kDdr = 0x100000000;

/// One small valid command per executor path.
std::vector<isa::Command> seeds(const isa::Table &table) {
  std::vector<isa::Command> list;
  auto add = [&](auto typed, uint32_t kind) {
    isa::Command c = isa::encode(table, typed);
    c.set(c.info->kindField, kind);
    list.push_back(c);
  };
  isa::SCONV conv;
  setResult(conv, {1, 9, 4, 4});
  conv.opd0_c = 7, conv.opd0_h = conv.opd0_w = 4, conv.opd1_h = conv.opd1_w = 3,
  conv.res_op_x_str = conv.res_op_y_str = 1;
  conv.opd0_up_pad = conv.opd0_dn_pad = conv.opd0_lf_pad = conv.opd0_rt_pad = 1;
  conv.opd2_const = conv.opd3_const = 1, conv.res0_prec = 4, conv.opd1_addr = 0x1000, conv.res0_addr = 0x4000;
  add(conv, isa::kConvNormal);
  conv.opd0_prec = conv.res0_prec = 2;
  add(conv, isa::kConvNormal);
  isa::SPORD pool;
  setResult(pool, {2, 9, 2, 2});
  pool.opd0_h = pool.opd0_w = 4, pool.opd1_h = pool.opd1_w = 2, pool.res_op_x_str = pool.res_op_y_str = 2,
  pool.opd3_const = 1, pool.res0_addr = 0x4000;
  add(pool, isa::kPordMaxpooling);
  pool.opd1_const = pool.opd2_const = 1, pool.res0_prec = 4;
  add(pool, isa::kPordDepthwise);
  isa::SMM2 mm;
  mm.res0_c = 5, mm.res0_w = 6, mm.opd1_c = 7, mm.opd1_w = 6, mm.res0_prec = 4, mm.opd2_const = 1,
  mm.res0_addr = 0x4000, mm.opd1_addr = 0x1000;
  add(mm, isa::kMm2Nn);
  isa::SAR ar;
  setResult(ar, {2, 70, 3, 5});
  ar.tsk_opd_num = 2, ar.opd2_const = 1, ar.opd1_addr = 0x1000, ar.res0_addr = 0x4000;
  for (uint32_t kind : {isa::kArithAdds, isa::kArithMul, isa::kArithMax, isa::kArithCast, isa::kArithCopy,
                        isa::kArithSelectGreat, isa::kArithAshift, isa::kArithAbs})
    add(ar, kind);
  ar.opd0_prec = ar.opd1_prec = ar.res0_prec = 2;
  add(ar, isa::kArithMac);
  isa::SRQ rq;
  setResult(rq, {1, 70, 3, 5});
  rq.opd0_prec = 4, rq.opd0_sign = rq.opd1_const = 1, rq.opd1_addr = 77, rq.opd2_addr = 0xfb, rq.res0_addr = 0x4000,
  rq.opd2_n_str = 5;
  add(rq, isa::kQuantRq1);
  isa::STRANS move;
  setResult(move, {1, 6, 2, 9});
  move.opd0_c = 9, move.opd0_w = 6, move.res0_addr = 0x4000;
  for (uint32_t kind : {isa::kTsbcCwTs, isa::kTsbcWcTs, isa::kTsbcLCopy, isa::kTsbcLBc})
    add(move, kind);
  isa::SSG sg;
  setResult(sg, {1, 70, 1, 11});
  sg.opd0_w = 11, sg.opd1_c = 70, sg.opd1_w = 11, sg.opd1_addr = 0x1000, sg.res0_addr = 0x4000,
  sg.opd2_const = sg.opd3_const = 1;
  add(sg, isa::kSgPeSGatherD1coor);
  sg.opd1_prec = 3;
  add(sg, isa::kSgPeSScatterHzd);
  isa::SLIN lin;
  setResult(lin, {1, 70, 3, 5});
  lin.res0_prec = 2, lin.opd1_const = lin.opd2_const = 1, lin.res0_addr = 0x4000;
  add(lin, isa::kLinMac);
  isa::SCMP cmp;
  setResult(cmp, {1, 70, 3, 5});
  cmp.opd1_addr = 0x1000, cmp.opd2_addr = 0x2000, cmp.opd3_const = 1, cmp.res0_addr = 0x4000;
  add(cmp, isa::kCmpSelGt);
  isa::DMATensor dma;
  dma.nchw_copy = 1, dma.src_nsize = 2, dma.src_csize = 5, dma.src_hsize = 3, dma.src_wsize = 4;
  dma.src_nstride = dma.dst_nstride = 300, dma.src_cstride = dma.dst_cstride = 64,
  dma.src_hstride = dma.dst_hstride = 8, dma.src_wstride = dma.dst_wstride = 1;
  dma.setSrcAddr(kDdr + 64), dma.setDstAddr(0x8001000);
  add(dma, isa::kDmaTensor);
  add(dma, isa::kDmaTensorTranspose);
  isa::Command cw = longForm(table, isa::encode(table, dma), isa::CommandId::DMACwTranspose),
               general = longForm(table, isa::encode(table, dma), isa::CommandId::DMAGeneral);
  cw.set(Field::cmd_type, 4), general.set(Field::cmd_type, 3);
  list.push_back(cw);
  list.push_back(general);
  dma.src_csize = 1, dma.dst_csize = 6;
  add(dma, isa::kDmaTensorBroadcast);
  return list;
}

void change(isa::Command &command, std::mt19937 &random) {
  const isa::FieldInfo &row = command.info->fields[random() % command.info->fields.size()];
  if (row.id == Field::cmd_short || row.id == Field::tsk_typ || row.id == Field::cmd_type)
    return;
  uint64_t old = command.get(row), value = 0;
  switch (random() % 5) {
  case 0:
    value = old ^ (uint64_t(1) << random() % row.width);
    break;
  case 1:
    value = old + 1;
    break;
  case 2:
    value = old - 1;
    break;
  case 3:
    value = random() % 9;
    break;
  case 4:
    value = uint64_t(random()) << 32 | random();
    break;
  }
  command.put(row, value);
  // Windows of thousands of taps are slow, not interesting.
  for (Field f : {Field::opd1_h, Field::opd1_w})
    if (command.has(f) && (command.info->family == "CONV" || command.info->family == "PORD"))
      command.put(*command.info->find(f), command.get(f) % 8);
}

TEST(SimFuzz, ChangedCommandsRunOrAreRefused) {
  Bench bench;
  bench.memory.addRegion("activations", kDdr, 1 << 20);
  std::mt19937 random(151);
  // Zeros are indices inside any table.
  for (int64_t lane = 0; lane < bench.memory.lanes(); ++lane)
    std::memset(bench.memory.lane(lane), 0, size_t(bench.memory.laneBytes()));
  auto list = seeds(bench.table);
  for (const isa::Command &c : list)
    EXPECT_NO_THROW(bench.run(c)) << c.info->name << ' ' << c.kind()->name;
  int ran = 0, refused = 0;
  for (int i = 0; i < 6000; ++i) {
    isa::Command command = list[random() % list.size()];
    for (int k = 0, n = 1 + int(random() % 3); k < n; ++k)
      change(command, random);
    EXPECT_GE(sim::costOf(command, bench.chip).cycles, 0);
    try {
      bench.run(command);
      ++ran;
    } catch (const UserError &error) {
      ++refused;
      EXPECT_FALSE(std::string(error.what()).empty());
    }
  }
  EXPECT_GT(ran, 1500);
  EXPECT_GT(refused, 1000);
}

TEST(SimFuzz, RandomBitsAreRefusedOrRun) {
  Bench bench;
  std::mt19937 random(152);
  for (const isa::CommandInfo &info : bench.table.commands)
    for (int i = 0; i < 40; ++i) {
      isa::Command command = isa::Command::make(info);
      for (const isa::FieldInfo &row : info.fields)
        if (row.id != Field::cmd_short && row.id != Field::tsk_typ && row.id != Field::cmd_type)
          command.put(row, uint64_t(random()) << 32 | random());
      EXPECT_GE(sim::costOf(command, bench.chip).cycles, 0);
      try {
        bench.run(command);
      } catch (const UserError &) {
      }
    }
}

} // namespace
