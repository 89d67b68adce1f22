//===- RowBlobTest.cpp - Weights as one row per lane ----------------------===//
// Random weights: every channel is there once, at its place, and rows stay
// below their limit.
#include "Chains.h"
#include "tpu_mlir/Schedule/EmitTimeline.h"

#include <gtest/gtest.h>

namespace tpu_mlir::schedule {
namespace {

TEST(RowBlob, HoldsEveryChannelOnceWithoutOverlap) {
  for (int64_t oc : {1, 16, 63, 64, 65, 96, 128, 200, 1000})
    for (int64_t ic : {3, 64, 130}) {
      Chain c;
      Network &n = c.output(c.conv(c.input({1, ic, 8, 8}), oc, 3, 1));
      const Recipe &r = *n.nodes[0].recipe();
      RowBlob blob = rowBlobOf(r, {0, oc}, memoryOf());
      EXPECT_EQ(blob.lanes, std::min<int64_t>(oc, 64));
      std::vector<char> taken(blob.bytes(), 0);
      for (const RowPart &part : blob.parts)
        for (int64_t channel = 0; channel < oc; ++channel)
          for (int64_t i = 0; i < part.itemBytes; ++i) {
            int64_t at = channel % 64 * blob.rowBytes + part.offset + channel / 64 * part.groupBytes + i;
            ASSERT_LT(at, blob.bytes());
            EXPECT_EQ(taken[at]++, 0) << "oc " << oc << " ic " << ic;
          }
      // Nothing but lanes without a channel, and less than an align unit a lane, is wasted.
      int64_t used = std::count(taken.begin(), taken.end(), 1), groups = (oc + 63) / 64;
      EXPECT_LE(blob.bytes() - used, (groups * 64 - oc) * (used / oc) + blob.lanes * 64);
      EXPECT_EQ(blob.parts[0].offset % 64, 0); // filters start at the align unit
      EXPECT_EQ(blob.spreadOffset % 64, 0);
      EXPECT_EQ(blob.localBytes, blob.spreadOffset + groups * 64);
    }
}

TEST(RowBlob, TilesAreWholeChannelGroupsBelowTheLimit) {
  Chain c;
  Network &n = c.output(c.conv(c.input({1, 512, 8, 8}), 500, 3, 1));
  const Recipe &r = *n.nodes[0].recipe();
  std::vector<Range> tiles = channelTiles(r, 16384, memoryOf());
  int64_t next = 0;
  for (Range t : tiles) {
    EXPECT_EQ(t.begin, next);
    EXPECT_EQ(t.begin % 64, 0);
    EXPECT_LE(rowBlobOf(r, t, memoryOf()).localBytes, 16384 + 512);
    next = t.end;
  }
  EXPECT_EQ(next, 500);
}

TEST(RowBlob, EqualWeightsAreStoredOnce) {
  Chain c;
  int first = c.conv(c.input({1, 64, 8, 8}), 64, 1, 1);
  Network &n = c.output(c.conv(first, 64, 1, 1));
  for (int operand : {1, 2, 3})
    n.values[n.nodes[1].operands[operand]].sameAs = n.nodes[0].operands[operand];
  Schedule s = findSchedule(n, memoryOf(), chip(), 2);
  Built built = buildTimeline(s.network, s.plan, memoryOf(), rowLimitOf(memoryOf()));
  CoefficientMap map = mapCoefficients(s.network, s.plan, built.timeline, 4096, memoryOf(), rowLimitOf(memoryOf()));
  ASSERT_EQ(map.blobs.size(), 2u);
  EXPECT_EQ(map.blobs.begin()->second, map.blobs.rbegin()->second);
}

} // namespace
} // namespace tpu_mlir::schedule
