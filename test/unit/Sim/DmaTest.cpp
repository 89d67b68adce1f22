//===- DmaTest.cpp - Copies between memories ------------------------------===//
// Every element is moved again by the address formulas, between any two
// memories, with random strides.

#include "Bench.h"

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

constexpr uint64_t kDdr = 0x100000000, kDdrBytes = 1 << 20;
constexpr uint32_t kLocalWindow = 0x8000000;

/// One side of a copy: DDR at a byte offset, or lanes.
struct Side {
  bool local;
  Place place; ///< explicit strides; offset from kDdr when not local
  uint64_t address() const { return local ? kLocalWindow + place.address() : kDdr + uint64_t(place.offset); }
};

class DmaBench : public Bench {
public:
  DmaBench(std::mt19937 &random) {
    memory.addRegion("activations", kDdr, kDdrBytes);
    fill(memory.write(kDdr, kDdrBytes), int64_t(kDdrBytes), random());
    for (int64_t lane = 0; lane < memory.lanes(); ++lane)
      fill(memory.lane(lane), memory.laneBytes(), random());
  }
  static void fill(uint8_t *bytes, int64_t count, uint64_t state) {
    for (int64_t i = 0; i < count; i += 8) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      uint64_t mixed = state ^ state >> 29;
      std::memcpy(bytes + i, &mixed, 8);
    }
  }
  uint8_t *byteAt(const Side &s, const Dims &d, int64_t size, int64_t n, int64_t c, int64_t h, int64_t w) {
    const Place &p = s.place;
    if (s.local) {
      auto [lane, offset] = addressOf(p, d, size, n, c, h, w);
      return memory.lane(lane) + offset;
    }
    return memory.write(kDdr + uint64_t(p.offset + (n * p.ns + c * p.cs + h * p.hs + w * p.ws) * size), uint64_t(size));
  }
  Buffer read(const Side &s, DType t, Dims d) {
    Buffer b(t, d);
    for (int64_t i = 0; i < d.count(); ++i)
      std::memcpy(&b.bytes[size_t(i * kernel::byteSize(t))],
                  byteAt(s, d, kernel::byteSize(t), i / d.w / d.h / d.c, i / d.w / d.h % d.c, i / d.w % d.h, i % d.w),
                  size_t(kernel::byteSize(t)));
    return b;
  }
};

Side randomSide(std::mt19937 &random, const Dims &d, bool second) {
  Side s{random() % 2 == 0, {Layout::Explicit, 0, 0}};
  Place &p = s.place;
  p.ws = between(random, 1, 2);
  p.hs = p.ws * d.w + between(random, 0, 5);
  p.cs = p.hs * d.h + between(random, 0, 40);
  p.lane = s.local ? between(random, 0, 63) : 0;
  int64_t groups = s.local ? (p.lane + d.c + 63) / 64 : d.c;
  p.ns = p.cs * groups + between(random, 0, 40);
  p.offset = (second ? (s.local ? 0x20000 : kDdrBytes / 2) : 0) + between(random, 0, 30) * 4;
  return s;
}

void describe(isa::DMATensor &cmd, const Side &s, const Dims &d, bool target) {
  if (target) {
    cmd.dst_nsize = uint32_t(d.n), cmd.dst_csize = uint32_t(d.c), cmd.dst_hsize = uint32_t(d.h),
    cmd.dst_wsize = uint32_t(d.w);
    cmd.dst_nstride = uint32_t(s.place.ns), cmd.dst_cstride = uint32_t(s.place.cs),
    cmd.dst_hstride = uint32_t(s.place.hs), cmd.dst_wstride = uint32_t(s.place.ws);
    cmd.setDstAddr(s.address());
  } else {
    cmd.src_nsize = uint32_t(d.n), cmd.src_csize = uint32_t(d.c), cmd.src_hsize = uint32_t(d.h),
    cmd.src_wsize = uint32_t(d.w);
    cmd.src_nstride = uint32_t(s.place.ns), cmd.src_cstride = uint32_t(s.place.cs),
    cmd.src_hstride = uint32_t(s.place.hs), cmd.src_wstride = uint32_t(s.place.ws);
    cmd.setSrcAddr(s.address());
  }
}

constexpr DType kFormats[] = {DType::U8, DType::F16, DType::F32, DType::I16, DType::I32, DType::BF16}; // by format code

TEST(SimDma, CopiesBetweenAnyMemories) {
  std::mt19937 random(141);
  for (int i = 0; i < 120; ++i) {
    DmaBench bench(random);
    uint32_t format = uint32_t(random() % 6);
    DType t = kFormats[format];
    Dims d{between(random, 1, 2), between(random, 1, 100), between(random, 1, 5), between(random, 1, 12)}, od = d;
    bool reshapes = random() % 3 == 0, fills = random() % 5 == 0;
    if (reshapes)
      od = {d.h, d.n, d.w, d.c};
    Side from = randomSide(random, d, false), to = randomSide(random, od, true);
    isa::DMATensor cmd;
    cmd.cmd_special_function = isa::kDmaTensor, cmd.src_data_format = format;
    cmd.nchw_copy = !reshapes, cmd.fill_constant_en = fills, cmd.constant_value = uint32_t(random());
    describe(cmd, from, d, false);
    describe(cmd, to, reshapes ? od : Dims{0, 0, 0, 0}, true); // with nchw_copy vendor streams leave the sizes 0
    Buffer expected = bench.read(from, t, d);
    if (fills)
      for (int64_t k = 0; k < d.count(); ++k)
        std::memcpy(&expected.bytes[size_t(k * kernel::byteSize(t))], &cmd.constant_value, size_t(kernel::byteSize(t)));
    bench.run(cmd);
    ASSERT_EQ(bench.read(to, t, od).bytes, expected.bytes) << "case " << i;
  }
}

TEST(SimDma, TransposesBatchAndChannelsOrChannelsAndColumns) {
  std::mt19937 random(142);
  for (int i = 0; i < 60; ++i) {
    DmaBench bench(random);
    uint32_t format = uint32_t(random() % 6);
    DType t = kFormats[format];
    Dims d{between(random, 1, 9), between(random, 1, 70), between(random, 1, 3), between(random, 1, 12)};
    bool batches = i % 2;
    Dims od = batches ? Dims{d.c, d.n, d.h, d.w} : Dims{d.n, d.w, d.h, d.c};
    Side from = randomSide(random, d, false), to = randomSide(random, od, true);
    isa::DMATensor tensor;
    tensor.cmd_special_function = isa::kDmaTensorTranspose, tensor.src_data_format = format,
    tensor.nchw_copy = random() % 2;
    describe(tensor, from, d, false);
    describe(tensor, to, od, true);
    Buffer source = bench.read(from, t, d);
    if (batches) {
      bench.run(tensor);
    } else {
      isa::Command cw = longForm(bench.table, isa::encode(bench.table, tensor), isa::CommandId::DMACwTranspose);
      cw.set(Field::cmd_special_function, 0);
      cw.set(Field::cmd_type, 4);
      bench.run(cw);
    }
    Buffer result = bench.read(to, t, od);
    for (int64_t n = 0; n < d.n; ++n)
      for (int64_t c = 0; c < d.c; ++c)
        for (int64_t h = 0; h < d.h; ++h)
          for (int64_t w = 0; w < d.w; ++w) {
            int64_t at = batches ? result.index(c, n, h, w) : result.index(n, w, h, c), size = kernel::byteSize(t);
            ASSERT_EQ(std::memcmp(&result.bytes[size_t(at * size)],
                                  &source.bytes[size_t(source.index(n, c, h, w) * size)], size_t(size)),
                      0)
                << "case " << i;
          }
  }
}

TEST(SimDma, BroadcastsToLanes) {
  std::mt19937 random(143);
  for (int i = 0; i < 40; ++i) {
    DmaBench bench(random);
    Dims one{between(random, 1, 2), 1, between(random, 1, 6), between(random, 1, 30)};
    Side from = randomSide(random, one, false), to{true, {Layout::Explicit, between(random, 0, 63), 0x20000}};
    from.place.ws = 1;
    Dims all = one;
    all.c = between(random, 1, 64 - to.place.lane);
    to.place.hs = one.w + 2, to.place.ns = 500, to.place.ws = 1;
    isa::DMATensor cmd;
    cmd.cmd_special_function = isa::kDmaTensorBroadcast;
    describe(cmd, from, one, false);
    describe(cmd, to, all, true);
    if (random() % 2) // as vendor streams have it
      cmd.src_wstride = cmd.dst_wstride = cmd.src_cstride = 0;
    Buffer source = bench.read(from, DType::U8, one);
    bench.run(cmd);
    Buffer result = bench.read(to, DType::U8, all);
    for (int64_t o = 0; o < all.count(); ++o)
      ASSERT_EQ(result.bytes[size_t(o)],
                source.bytes[size_t((o / all.w / all.h / all.c * one.h + o / all.w % all.h) * one.w + o % all.w)])
          << "case " << i;
    cmd.dst_csize = uint32_t(65 - to.place.lane);
    EXPECT_NE(bench.refusal(cmd).find("beyond the last of 64"), std::string::npos);
  }
}

TEST(SimDma, MovesRuns) {
  std::mt19937 random(144);
  DmaBench bench(random);
  isa::DMAGeneral cmd;
  cmd.cmd_special_function = isa::kDmaGeneral, cmd.src_data_format = 4;
  cmd.src_cstride = 1000;
  cmd.setSrcAddr(kDdr + 12);
  cmd.setDstAddr(kLocalWindow + (5 << 18) + 0x40);
  bench.run(cmd);
  EXPECT_EQ(std::memcmp(bench.memory.lane(5) + 0x40, bench.memory.read(kDdr + 12, 4000), 4000), 0);
  cmd.cmd_special_function = isa::kDmaGeneralBroadcast;
  cmd.dst_csize = 3;
  cmd.setDstAddr(kLocalWindow + (60 << 18) + 0x80);
  bench.run(cmd);
  for (int lane = 60; lane < 63; ++lane)
    EXPECT_EQ(std::memcmp(bench.memory.lane(lane) + 0x80, bench.memory.read(kDdr + 12, 4000), 4000), 0);
}

TEST(SimDma, NamesWhatIsWrong) {
  std::mt19937 random(145);
  DmaBench bench(random);
  Dims d{1, 4, 2, 8};
  Side from{false, {Layout::Explicit, 0, 0, 64, 16, 8, 1}}, to{true, {Layout::Explicit, 0, 0x100, 64, 64, 8, 1}};
  isa::DMATensor good;
  good.nchw_copy = 1;
  describe(good, from, d, false);
  describe(good, to, d, true);
  EXPECT_EQ(bench.refusal(good), "");
  auto with = [&](auto change) {
    isa::DMATensor cmd = good;
    change(cmd);
    return bench.refusal(cmd);
  };
  EXPECT_EQ(with([](auto &x) { x.setSrcAddr(kDdr + kDdrBytes - 63); }),
            "reads 64 bytes at 0x1000fffc1, outside every region (activations 0x100000000 to 0x100100000)");
  EXPECT_EQ(with([](auto &x) { x.dst_cstride = 70000, x.src_csize = 65, x.dst_hstride = 300000; }).substr(0, 38),
            "'dst' at lane 0 offset 0x100 reaches o");
  EXPECT_EQ(with([](auto &x) { x.src_hsize = 0; }), "shape [1, 4, 0, 8] is empty");
  EXPECT_EQ(with([](auto &x) { x.nchw_copy = 0, x.dst_wsize = 9; }), "'src' has 64 elements but 'dst' has 72");
  EXPECT_EQ(with([](auto &x) { x.stride_enable = 0; }),
            "a copy without stride fields (what it assumes is unknown) is not built into the simulator");
  EXPECT_EQ(with([](auto &x) { x.cmd_special_function = isa::kDmaTensorCollect; }),
            "this tensor copy is not built into the simulator");
}

} // namespace
