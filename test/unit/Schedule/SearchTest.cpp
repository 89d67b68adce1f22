//===- SearchTest.cpp - Groups, slices and what they cover ----------------===//
// Random networks: what is read has been made, the same network gets the same
// groups, and more search is no worse. How good groups are is benchmarked, not
// tested.
#include "Chains.h"
#include "tpu_mlir/Schedule/Regions.h"

#include <gtest/gtest.h>

namespace tpu_mlir::schedule {
namespace {

/// A random network of convolutions with some skips.
Network &randomNetwork(Chain &c, unsigned seed) {
  std::mt19937 random(seed);
  auto below = [&](int64_t n) { return int64_t(random() % uint64_t(n)); };
  int v = c.input({1 + below(3), 3 + below(60), 20 + below(180), 20 + below(180)});
  for (int64_t k = 4 + below(6); k > 0; --k) {
    int before = v;
    int64_t channels = 8 + below(150);
    v = c.conv(v, channels, 1 + 2 * below(2), 1 + below(2));
    if (below(2))
      v = c.clamp(v);
    const Dims &d = c.network.values[v].dims;
    if (c.network.values[before].dims == d)
      v = c.larger(v, before);
    if (d.h < 4 || d.w < 4)
      break;
  }
  return c.output(v);
}

TEST(Search, EverySliceIsComputedAndEveryReadIsMade) {
  for (unsigned seed = 0; seed < 60; ++seed)
    for (int64_t bytes : {0, 131072}) {
      Chain c;
      LocalMemory memory = memoryOf(bytes);
      Schedule s = findSchedule(randomNetwork(c, seed), memory, chip(), 2);
      memory.scratchBanks = s.scratchBanks;
      for (const Group &g : s.plan.groups) {
        if (g.alone)
          continue;
        std::vector<int64_t> covered(g.last - g.first + 1, 0);
        for (int64_t slice = 0; slice < g.slices(); ++slice) {
          SliceRegions r = regionsOf(s.network, s.plan, g, slice, memory);
          for (int n = g.first; n <= g.last; ++n) {
            const Region &own = r.own[n - g.first], &made = r.made[n - g.first];
            if (!isEmpty(own)) {
              covered[n - g.first] += own[0].size() * own[2].size() * own[3].size();
              EXPECT_LE(made[2].begin, own[2].begin);
              EXPECT_GE(made[2].end, own[2].end);
              EXPECT_LE(made[3].begin, own[3].begin);
              EXPECT_GE(made[3].end, own[3].end);
            }
          }
        }
        for (int n = g.first; n <= g.last; ++n) {
          const Value &v = s.network.values[s.network.nodes[n].result];
          if (leavesGroup(s.network, s.network.nodes[n].result, g.first, g.last))
            EXPECT_EQ(covered[n - g.first], v.dims.n * v.dims.h * v.dims.w) << "seed " << seed << " " << v.name;
        }
      }
      Built built = buildTimeline(s.network, s.plan, memory, rowLimitOf(memory));
      EXPECT_EQ(built.problem, "");
      EXPECT_EQ(placeBuffers(built.timeline,
                             paceOf(s.network, built.timeline, {backend::familyFor(chip().identity.family), chip()})),
                -1)
          << "seed " << seed;
    }
}

TEST(Search, ColumnsAreCutWhereARowDoesNotFit) {
  Chain c;
  int v = c.input({1, 64, 4, 60000});
  for (int i = 0; i < 3; ++i)
    v = c.conv(v, 64, 3, 1);
  Schedule s = findSchedule(c.output(v), memoryOf(), chip(), 2);
  for (const Group &g : s.plan.groups) {
    EXPECT_FALSE(g.alone);
    EXPECT_GT(g.wSlices, 1);
    for (int n = g.first; n <= g.last; ++n)
      EXPECT_TRUE(s.plan.isStored[s.network.nodes[n].result] ||
                  !leavesGroup(s.network, s.network.nodes[n].result, g.first, g.last));
  }
  LocalMemory memory = memoryOf();
  memory.scratchBanks = s.scratchBanks;
  EXPECT_EQ(buildTimeline(s.network, s.plan, memory, rowLimitOf(memory)).problem, "");
}

TEST(Regions, SlicesOfColumnsOverlapByTheWindow) {
  Chain c;
  int first = c.conv(c.input({1, 8, 6, 100}), 8, 3, 1), second = c.conv(first, 8, 5, 1);
  Network &network = c.output(second);
  Plan plan{{{0, 1, 1, 2, false, true, 4}}, std::vector<char>(network.values.size(), 0)};
  markStored(network, plan);
  SliceRegions r =
      regionsOf(network, plan, plan.groups[0], 5, memoryOf()); // of 2 x 4: the second of rows and of columns
  EXPECT_EQ(r.own[1][3], (Range{25, 50}));
  EXPECT_EQ(r.made[0][3], (Range{23, 52}));
  EXPECT_EQ(r.read.begin()->second[3], (Range{22, 53}));
}

TEST(Search, TheSameNetworkGetsTheSameGroups) {
  Chain a, b;
  Schedule first = findSchedule(randomNetwork(a, 7), memoryOf(), chip(), 3);
  Schedule second = findSchedule(randomNetwork(b, 7), memoryOf(), chip(), 3);
  ASSERT_EQ(first.plan.groups.size(), second.plan.groups.size());
  for (size_t g = 0; g < first.plan.groups.size(); ++g) {
    EXPECT_EQ(first.plan.groups[g].first, second.plan.groups[g].first);
    EXPECT_EQ(first.plan.groups[g].hSlices, second.plan.groups[g].hSlices);
  }
  EXPECT_EQ(first.plan.isStored, second.plan.isStored);
}

TEST(Search, ALongerSearchIsNoWorse) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    Chain c;
    Network &n = randomNetwork(c, seed);
    EXPECT_LE(findSchedule(n, memoryOf(), chip(), 3).cycles, findSchedule(n, memoryOf(), chip(), 2).cycles);
  }
}

TEST(Search, ValuesStayInLocalMemoryWhereTheyFit) {
  Chain c;
  int v = c.input({1, 64, 28, 28});
  for (int i = 0; i < 5; ++i)
    v = c.conv(v, 64, 3, 1);
  Schedule s = findSchedule(c.output(v), memoryOf(), chip(), 2);
  for (const Node &node : s.network.nodes)
    EXPECT_EQ(bool(s.plan.isStored[node.result]), s.network.values[node.result].isOutput) << node.name;
  for (const Group &g : s.plan.groups)
    EXPECT_EQ(g.slices(), 1);
}

} // namespace
} // namespace tpu_mlir::schedule
