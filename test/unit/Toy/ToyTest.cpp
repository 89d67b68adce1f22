//===- ToyTest.cpp - A second family behind the same seam -----------------===//
// Networks with convolutions and layer groups, scheduled and emitted by what
// real chips have, run on another family's engines: what comes out is, bit by
// bit, what the interpreter computes. Links no other family.

#include "Net.h"
#include "tpu_mlir/Codegen/CommandStream.h"
#include "tpu_mlir/Support/Error.h"

#include <bitset>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::toy;

namespace {

void expectSame(Net &net, const Net::Run &run) {
  const std::vector<std::vector<uint8_t>> expected = net.interpret();
  for (size_t v = 0; v < net.network.values.size(); ++v)
    if (net.network.values[v].isOutput)
      ASSERT_EQ(run.outputs[v], expected[v]) << net.network.values[v].name;
}

/// Ops of the longest group that runs slice by slice.
int longestSliced(const Net::Run &run) {
  int most = 0;
  for (const schedule::Group &g : run.schedule.plan.groups)
    if (g.slices() > 1)
      most = std::max(most, g.last - g.first + 1);
  return most;
}

TEST(Toy, ALayerGroupOfConvolutions) {
  Net net(1);
  int v = net.input({1, 6, 60, 40});
  for (int64_t channels : {24, 24, 16})
    v = net.clamp(net.conv(v, channels, 3, 1));
  net.output(net.larger(v, net.conv(v, 16, 1, 1)));
  const Net::Run run = net.run(16384, 1);
  expectSame(net, run);
  EXPECT_GE(longestSliced(run), 2) << "24 channels of 60 rows do not fit eight lanes at once";
  EXPECT_GT(run.groups, 1u);
  for (Engine e : {kIn, kOut, kArithmetic}) {
    EXPECT_GT(run.counts[e].commands, 0u) << kEngines[e];
    EXPECT_GT(run.counts[e].taken, 0u) << kEngines[e];
    EXPECT_GT(run.counts[e].given, 0u) << kEngines[e];
  }
  EXPECT_LT(run.cycles, run.busy) << "engines work side by side";
}

TEST(Toy, CopyProgramsBetweenGroups) {
  Net net(2);
  const int a = net.conv(net.input({2, 5, 21, 17}), 12, 3, 2);
  const int b = net.turn(net.maxPool(a, 3, 1));
  net.output(net.conv(net.join(b, net.turn(net.clamp(net.maxPool(a, 3, 1)))), 9, 3, 1));
  const Net::Run run = net.run(8192, 2);
  expectSame(net, run);
}

/// The same words for the same network; and the same result whichever engine goes first.
TEST(Toy, AnyOrderOfEnginesIsRight) {
  Net net(3);
  int v = net.input({1, 8, 40, 24});
  for (int i = 0; i < 3; ++i)
    v = net.conv(v, 16, 3, 1);
  net.output(v);
  double cycles = 0;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const Net::Run run = net.run(16384, seed);
    expectSame(net, run);
    EXPECT_TRUE(seed == 0 || run.cycles == cycles) << "time follows from tokens";
    cycles = run.cycles;
  }
}

TEST(Toy, WhatTheFamilyLacksIsRefused) {
  Net net(4);
  net.output(net.sums(net.conv(net.input({1, 4, 12, 12}), 8, 3, 1), 3));
  try {
    net.run(16384, 4);
    FAIL() << "the toy has no depth-wise sums";
  } catch (const UserError &e) {
    EXPECT_STREQ(e.what(), "needs 'depthwise', which no instruction of 'toy1' does for it");
  }
}

TEST(Toy, RandomNetworks) {
  int sliced = 0, together = 0, alone = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    auto below = [&](int64_t n) { return int64_t(random() % uint64_t(n)); };
    Net net(seed);
    int v = net.input({1 + below(2), 1 + below(20), 6 + below(40), 6 + below(40)});
    for (int64_t left = 2 + below(5); left > 0; --left) {
      const int before = v;
      switch (below(5)) {
      case 0:
        v = net.clamp(v);
        break;
      case 1:
        v = net.dims(v).h > 3 && net.dims(v).w > 3 ? net.maxPool(v, 2 + below(2), 1 + below(2)) : net.clamp(v);
        break;
      case 2:
        v = net.turn(v);
        break;
      default:
        v = net.conv(v, 1 + below(40), 1 + 2 * below(2), 1 + below(2));
      }
      if (below(3) == 0 && net.dims(before) == net.dims(v))
        v = below(2) ? net.larger(v, before) : net.join(v, before);
    }
    net.output(v);
    const Net::Run run = net.run(int64_t(8192) << below(3), seed);
    expectSame(net, run);
    if (HasFatalFailure())
      return;
    sliced += longestSliced(run) >= 2;
    for (const schedule::Group &g : run.schedule.plan.groups)
      ++(g.alone ? alone : together);
  }
  EXPECT_GT(sliced, 5);
  EXPECT_GT(together, 40);
  EXPECT_GT(alone, 20);
}

/// Remembers what each command of three engines must come after.
class ThreeEngines final : public codegen::CommandStream {
public:
  ThreeEngines() : CommandStream(3, 1 << 20) {}
  std::vector<uint32_t> issue(int engine, std::span<const codegen::Access> accesses) {
    const Turn turn = take(engine, accesses);
    return {turn.after.begin(), turn.after.end()};
  }

private:
  codegen::CommandGroup endQueues() override { return {std::vector<codegen::Queue>(3)}; }
};

// Any two commands that touch common bytes, one of them writing, are in order by what each comes after; and none comes
// after a command without need.
TEST(Toy, ThreeEnginesAreOrdered) {
  using codegen::Access;
  constexpr size_t kMost = 160;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    ThreeEngines stream;
    struct Issued {
      int engine;
      std::vector<Access> accesses;
    };
    std::vector<Issued> all;
    std::vector<size_t> own[3];
    std::vector<std::bitset<kMost>> before(kMost);
    auto conflict = [&](size_t i, size_t j) {
      for (const Access &x : all[i].accesses)
        for (const Access &y : all[j].accesses)
          if (x.space == y.space && x.begin < y.end && y.begin < x.end && (x.isWrite || y.isWrite))
            return true;
      return false;
    };
    std::vector<uint32_t> known[3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
    for (size_t i = 0; i < kMost; ++i) {
      Issued next{int(random() % 3), {}};
      for (uint64_t k = random() % 4; k > 0; --k) {
        const uint64_t begin = random() % 48, end = begin + 1 + random() % 12;
        next.accesses.push_back(
            {random() % 2 ? Access::Space::Local : Access::Space::Global, begin, end, random() % 3 == 0});
      }
      all.push_back(next);
      const std::vector<uint32_t> after = stream.issue(next.engine, next.accesses);
      if (!own[next.engine].empty())
        before[i] |= before[own[next.engine].back()], before[i].set(own[next.engine].back());
      for (int e = 0; e < 3; ++e) {
        ASSERT_TRUE(e != next.engine || after[size_t(e)] == 0);
        ASSERT_LE(after[size_t(e)], own[e].size());
        if (!after[size_t(e)])
          continue;
        const size_t awaited = own[e][after[size_t(e)] - 1];
        before[i] |= before[awaited], before[i].set(awaited);
        if (after[size_t(e)] != known[next.engine][size_t(e)])
          ASSERT_TRUE(conflict(i, awaited)) << "command " << i << " waits for a stranger";
      }
      known[next.engine] = after;
      own[next.engine].push_back(i);
      for (size_t j = 0; j < i; ++j)
        ASSERT_TRUE(before[i][j] || !conflict(i, j)) << "command " << i << " does not wait for " << j;
    }
  }
}

} // namespace
