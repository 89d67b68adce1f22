//===- GatherTest.cpp - Gather and scatter commands -----------------------===//
// Single commands against loops over elements, and the sentences for illegal
// ones.

#include "Bench.h"

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

struct GatherCase {
  Bench bench;
  DType element, index;
  Dims source, positions, out;
  int64_t lane;
  Place sourceAt, indexAt, outAt;
  isa::SSG cmd;
  GatherCase(std::mt19937 &random, bool gathers, uint32_t kind, bool shared) {
    element = std::array{DType::U8, DType::U16, DType::U32}[random() % 3],
    index = random() % 2 ? DType::U8 : DType::U16;
    int64_t n = between(random, 1, 2), c = between(random, 1, 130), table = between(random, 1, 300),
            width = between(random, 1, 60);
    lane = between(random, 0, 63);
    source = {gathers ? 1 : n, c, 1, gathers ? table : width}, positions = {n, c, 1, width},
    out = {n, c, 1, gathers ? width : table};
    sourceAt = {shared ? Layout::Shared : Layout::Aligned, lane, 0}, indexAt = {Layout::Aligned, lane, 0x10000},
    outAt = {Layout::Aligned, lane, 0x20000};
    setResult(cmd, out);
    cmd.tsk_eu_typ = kind;
    cmd.opd0_str = shared ? isa::kLayoutLaneShared : isa::kLayoutAligned, cmd.opd0_h = 1,
    cmd.opd0_w = uint32_t(source.w);
    cmd.opd1_c = uint32_t(c), cmd.opd1_w = uint32_t(width);
    cmd.res0_prec = cmd.opd0_prec = precision(element), cmd.opd1_prec = precision(index);
    cmd.res0_addr = outAt.address(), cmd.opd0_addr = sourceAt.address(), cmd.opd1_addr = indexAt.address();
  }
  void run(std::mt19937 &random) {
    isa::Command c = isa::encode(bench.table, cmd);
    bench.run(random() % 2 ? c : longForm(bench.table, c, isa::CommandId::SG));
  }
};

TEST(SimGather, LooksUpPerLane) {
  std::mt19937 random(111);
  for (int i = 0; i < 120; ++i) {
    bool shared = random() % 2, skips = random() % 3 == 0, fills = random() % 3 == 0;
    GatherCase c(random, true, random() % 2 ? isa::kSgPeSGatherD1coor : isa::kSgPeSGatherHzd, shared);
    // A shared table holds the same data in every lane group, one row per lane of its own.
    Dims stored = shared ? Dims{1, std::min<int64_t>(c.source.c, 64), 1, c.source.w} : c.source;
    Buffer table(c.element, stored), index(c.index, c.positions), old(c.element, c.out);
    table.randomise(random);
    old.randomise(random);
    int64_t last = c.index == DType::U8 ? 255 : 65535, reachable = std::min(last, c.source.w - 1);
    for (int64_t k = 0; k < index.dims.count(); ++k)
      index.setInteger(k, skips && random() % 5 == 0   ? last
                          : fills && random() % 5 == 0 ? between(random, 0, last)
                                                       : between(random, 0, reachable));
    c.bench.put(table, c.sourceAt);
    c.bench.put(index, c.indexAt);
    c.bench.put(old, c.outAt);
    uint32_t fill = uint32_t(random());
    c.cmd.opd3_const = skips, c.cmd.opd2_const = fills, c.cmd.opd2_addr = fill;
    c.run(random);
    Buffer out = c.bench.fetch(c.element, c.out, c.outAt), expected = old;
    for (int64_t o = 0; o < c.out.count(); ++o) {
      int64_t ch = o / c.out.w % c.out.c, at = index.integer(o);
      if (at < c.source.w && !(skips && at == last))
        // Lanes repeat every 64 channels, counted from the start lane.
        expected.setInteger(o, table.integer(table.index(0, shared ? ch % 64 : ch, 0, at)));
      else if (fills)
        expected.setInteger(o, fill);
    }
    ASSERT_EQ(out.bytes, expected.bytes) << "case " << i;
  }
}

TEST(SimGather, ScattersPerLane) {
  std::mt19937 random(112);
  for (int i = 0; i < 80; ++i) {
    bool skips = random() % 3 == 0;
    GatherCase c(random, false, random() % 2 ? isa::kSgPeSScatterD1coor : isa::kSgPeSScatterHzd, false);
    Buffer source(c.element, c.source), index(c.index, c.positions), expected(c.element, c.out);
    source.randomise(random);
    expected.randomise(random);
    int64_t last = c.index == DType::U8 ? 255 : 65535, reachable = std::min(last, c.out.w - 1);
    for (int64_t k = 0; k < index.dims.count(); ++k)
      index.setInteger(k, skips && random() % 5 == 0 ? last : between(random, 0, reachable));
    c.bench.put(source, c.sourceAt);
    c.bench.put(index, c.indexAt);
    c.bench.put(expected, c.outAt);
    c.cmd.opd3_const = skips;
    c.run(random);
    for (int64_t k = 0; k < index.dims.count(); ++k)
      if (!(skips && index.integer(k) == last))
        expected.setInteger(k / index.dims.w * c.out.w + index.integer(k), source.integer(k));
    ASSERT_EQ(c.bench.fetch(c.element, c.out, c.outAt).bytes, expected.bytes) << "case " << i;
  }
}

TEST(SimGather, NamesWhatIsWrong) {
  std::mt19937 random(113);
  GatherCase c(random, true, isa::kSgPeSGatherD1coor, false);
  Buffer index(c.index, c.positions);
  std::fill(index.bytes.begin(), index.bytes.end(), 0xff);
  c.bench.put(index, c.indexAt);
  c.cmd.opd0_w = 9;
  int64_t value = c.index == DType::U8 ? 255 : 65535;
  EXPECT_EQ(c.bench.refusal(c.cmd), "index " + std::to_string(value) + " is outside the 9 entries of 'opd0'");
  c.cmd.tsk_eu_typ = isa::kSgPlGatherD2coor;
  EXPECT_EQ(c.bench.refusal(c.cmd), "this gather or scatter is not built into the simulator");
}

} // namespace
