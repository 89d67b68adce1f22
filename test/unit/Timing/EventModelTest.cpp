//===- EventModelTest.cpp - When commands start and end -------------------===//
// Start and end of few commands, worked out by hand.

#include "tpu_mlir/Timing/EventModel.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::timing;

namespace {

target::Chip chipWithClocks(int64_t tiu, int64_t gdma) {
  target::Chip chip = target::lookup("bm1684x");
  chip.clock.tiuMhz = tiu, chip.clock.gdmaMhz = gdma;
  chip.time.issueCycles = 1, chip.time.gdmaIssueCycles = 4;
  return chip;
}

TEST(EventModel, EnginesRunSideBySideAndWait) {
  EventModel m(chipWithClocks(1000, 1000));
  Interval load = m.issue(Engine::Gdma, 100, 0);
  EXPECT_EQ(load.start, 0);
  EXPECT_EQ(load.end, 100);
  Interval work = m.issue(Engine::Tiu, 50, 1);
  EXPECT_EQ(work.start, 100);
  Interval next = m.issue(Engine::Gdma, 10, 0); // beside the work, four cycles after the load
  EXPECT_EQ(next.start, 104);
  EXPECT_EQ(m.issue(Engine::Tiu, 1, 2).start, 151); // the copy it waits for is long done
  EXPECT_EQ(m.issue(Engine::Gdma, 10, 1).start, 150);
  EXPECT_EQ(m.now(), 160);
  EXPECT_EQ(m.busy(Engine::Tiu), 51);
  EXPECT_EQ(m.busy(Engine::Gdma), 120);
}

TEST(EventModel, CopiesCountAtTheirOwnClock) {
  EventModel m(chipWithClocks(900, 600));
  EXPECT_EQ(m.issue(Engine::Gdma, 100, 0).end, 150);
  EXPECT_EQ(m.issue(Engine::Gdma, 100, 0).start, 156);
}

TEST(EventModel, AGroupWaitsForTheOneBefore) {
  EventModel m(chipWithClocks(1000, 1000));
  m.issue(Engine::Gdma, 100, 0);
  m.issue(Engine::Tiu, 7, 0);
  m.startGroup();
  EXPECT_EQ(m.issue(Engine::Tiu, 7, 0).start, 100);
  EXPECT_EQ(m.issue(Engine::Gdma, 1, 1).start, 107);
}

} // namespace
