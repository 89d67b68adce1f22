//===- LayoutTest.cpp - Tensors in local memory ---------------------------===//
// Gather and scatter against the address formulas applied one element at a time.

#include "Bench.h"
#include "tpu_mlir/Kernel/Parallel.h"

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

sim::LocalTensor tensorAt(const Bench &bench, DType dtype, Dims dims, const Place &p) {
  sim::LocalTensor t{dtype, dims, {p.lane, p.offset}, {p.ns, p.cs, p.hs, p.ws}};
  switch (p.layout) {
  case Layout::Aligned:
    t.strides = sim::alignedStrides(dims, dtype, p.lane, bench.memory);
    break;
  case Layout::Compact:
    t.strides = sim::compactStrides(dims, p.lane, bench.memory);
    break;
  case Layout::ChannelScalar:
    t.strides = sim::kChannelScalar;
    break;
  case Layout::Shared:
    t.strides = sim::sharedStrides(dims);
    break;
  case Layout::Explicit:
    break;
  }
  return t;
}

TEST(Layout, GatherReadsEveryElementWhereItLies) {
  std::mt19937 random(51);
  Bench bench;
  for (int64_t lane = 0; lane < 64; ++lane)
    for (int64_t i = 0; i < bench.memory.laneBytes(); ++i)
      bench.memory.lane(lane)[i] = uint8_t(random());
  for (int i = 0; i < 600; ++i) {
    DType dtype = std::array{DType::I8, DType::U16, DType::F32}[random() % 3];
    Dims d{between(random, 1, 3), between(random, 1, 200), between(random, 1, 9), between(random, 1, 40)};
    Place p{Layout(i % 5), between(random, 0, 63), between(random, 0, 100) * 64};
    if (p.layout == Layout::Explicit)
      p.ns = between(random, 0, 400), p.cs = between(random, 0, 300), p.hs = between(random, 0, 80),
      p.ws = between(random, 0, 3);
    Buffer dense(dtype, d);
    sim::LocalTensor t = tensorAt(bench, dtype, d, p);
    sim::checkInside(t, "t", bench.memory);
    sim::gather(bench.memory, t, dense.bytes.data());
    ASSERT_EQ(dense.bytes, bench.fetch(dtype, d, p).bytes) << "case " << i;
  }
}

TEST(Layout, ScatterWritesNothingElse) {
  std::mt19937 random(52);
  Bench a, b;
  for (int i = 0; i < 60; ++i) {
    DType dtype = std::array{DType::I8, DType::U16, DType::F32}[random() % 3];
    Dims d{between(random, 1, 3), between(random, 1, 130), between(random, 1, 9), between(random, 1, 40)};
    Place p{random() % 2 ? Layout::Aligned : Layout::Compact, between(random, 0, 63), between(random, 0, 100) * 64};
    Buffer value(dtype, d);
    value.randomise(random);
    sim::scatter(a.memory, tensorAt(a, dtype, d, p), value.bytes.data());
    b.put(value, p);
    for (int64_t lane = 0; lane < 64; ++lane)
      ASSERT_EQ(std::memcmp(a.memory.lane(lane), b.memory.lane(lane), size_t(a.memory.laneBytes())), 0)
          << "case " << i << " lane " << lane;
  }
}

TEST(Layout, LaneMaskProtectsLanes) {
  Bench bench;
  Dims d{1, 64, 1, 1};
  Buffer ones(DType::U8, d);
  std::fill(ones.bytes.begin(), ones.bytes.end(), 1);
  uint8_t before = bench.memory.lane(7)[0];
  sim::scatter(bench.memory, tensorAt(bench, DType::U8, d, {}), ones.bytes.data(), ~(uint64_t(1) << 7));
  EXPECT_EQ(bench.memory.lane(7)[0], before);
  EXPECT_EQ(bench.memory.lane(6)[0], 1);
  EXPECT_EQ(bench.memory.lane(8)[0], 1);
}

TEST(Layout, OutsideALaneIsRefused) {
  Bench bench;
  Dims d{1, 65, 1, 64};
  Place fits{Layout::Aligned, 0, 262144 - 128}, over{Layout::Aligned, 0, 262144 - 64};
  EXPECT_NO_THROW(sim::checkInside(tensorAt(bench, DType::U8, d, fits), "opd0", bench.memory));
  try {
    sim::checkInside(tensorAt(bench, DType::U8, d, over), "opd0", bench.memory);
    FAIL();
  } catch (const UserError &error) {
    EXPECT_STREQ(error.what(),
                 "'opd0' at lane 0 offset 0x3ffc0 reaches offset 0x40040, beyond the 0x40000 bytes of a lane");
  }
}

TEST(Layout, AddressesSplitIntoLaneAndOffset) {
  Bench bench;
  EXPECT_EQ(bench.memory.placeOfTiu(0x1be080).lane, 6);
  EXPECT_EQ(bench.memory.placeOfTiu(0x1be080).offset, 0x3e080);
  EXPECT_THROW(bench.memory.placeOfTiu(0x1000000), UserError);
  EXPECT_TRUE(bench.memory.isLocalWindow(0x8000000));
  EXPECT_TRUE(bench.memory.isLocalWindow(0x8ffffff));
  EXPECT_FALSE(bench.memory.isLocalWindow(0x9000000));
  EXPECT_EQ(bench.memory.placeOfWindow(0x8180000).lane, 6);
}

} // namespace
