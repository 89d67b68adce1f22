//===- EventModelTest.cpp - When commands start and end -------------------===//
// Start and end of few commands, worked out by hand.

#include "tpu_mlir/Timing/CostModel.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::timing;

namespace {

constexpr size_t kTiu = 0, kGdma = 1;

target::Chip chipWithClocks(int64_t tiu, int64_t gdma) {
  target::Chip chip = target::lookup("bm1684x");
  chip.clock.tiuMhz = tiu, chip.clock.gdmaMhz = gdma;
  chip.time.issueCycles = 1, chip.time.gdmaIssueCycles = 4;
  return chip;
}

TEST(EventModel, EnginesRunSideBySideAndWait) {
  EventModel m(engineClocks(chipWithClocks(1000, 1000)));
  Interval load = m.issue(kGdma, 100, {kTiu, 0});
  EXPECT_EQ(load.start, 0);
  EXPECT_EQ(load.end, 100);
  Interval work = m.issue(kTiu, 50, {kGdma, 1});
  EXPECT_EQ(work.start, 100);
  Interval next = m.issue(kGdma, 10, {kTiu, 0}); // beside the work, four cycles after the load
  EXPECT_EQ(next.start, 104);
  EXPECT_EQ(m.issue(kTiu, 1, {kGdma, 2}).start, 151); // the copy it waits for is long done
  EXPECT_EQ(m.issue(kGdma, 10, {kTiu, 1}).start, 150);
  EXPECT_EQ(m.now(), 160);
  EXPECT_EQ(m.busy(kTiu), 51);
  EXPECT_EQ(m.busy(kGdma), 120);
}

TEST(EventModel, CopiesCountAtTheirOwnClock) {
  EventModel m(engineClocks(chipWithClocks(900, 600)));
  EXPECT_EQ(m.issue(kGdma, 100, {kTiu, 0}).end, 150);
  EXPECT_EQ(m.issue(kGdma, 100, {kTiu, 0}).start, 156);
}

TEST(EventModel, AGroupWaitsForTheOneBefore) {
  EventModel m(engineClocks(chipWithClocks(1000, 1000)));
  m.issue(kGdma, 100, {kTiu, 0});
  m.issue(kTiu, 7, {kGdma, 0});
  m.startGroup();
  EXPECT_EQ(m.issue(kTiu, 7, {kGdma, 0}).start, 100);
  EXPECT_EQ(m.issue(kGdma, 1, {kTiu, 1}).start, 107);
}

// A third engine waits for both of the others, in its own clock.
TEST(EventModel, AnyNumberOfEngines) {
  const EngineClock clocks[] = {{1, 0}, {2, 0}, {1, 5}};
  EventModel m(clocks);
  m.issue(0, 10, Awaited{1, 0});
  m.issue(1, 10, Awaited{0, 0});
  const Awaited both[] = {{0, 1}, {1, 1}};
  EXPECT_EQ(m.issue(2, 3, both).start, 20);
  EXPECT_EQ(m.issue(2, 3, both).start, 28);
  EXPECT_EQ(m.busy(1), 20);
  EXPECT_EQ(m.now(), 31);
}

} // namespace
