//===- ArenaTest.cpp - Arenas against the definition ----------------------===//
// Random lifetimes: nothing that lives at one time shares bytes, offsets are
// aligned, the size is what is used, and the lower bound is what the definition
// (sum over one step) gives. Then how near the bound plans come: on lifetimes
// of random graphs with branches and skip connections, and on random intervals.

#include "tpu_mlir/Allocate/Arena.h"

#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir::allocate;

namespace {

int64_t alignUp(int64_t v, int64_t align) { return (v + align - 1) / align * align; }

bool liveTogether(const Lifetime &a, const Lifetime &b) { return a.first <= b.last && b.first <= a.last; }

void expectSound(const std::vector<Lifetime> &lives, int64_t align) {
  Arena arena = planArena(lives, align);
  ASSERT_EQ(arena.offsets.size(), lives.size());
  int64_t used = 0, bound = 0;
  for (size_t i = 0; i < lives.size(); ++i) {
    ASSERT_GE(arena.offsets[i], 0);
    ASSERT_EQ(arena.offsets[i] % align, 0) << "tensor " << i;
    used = std::max(used, arena.offsets[i] + lives[i].bytes);
    for (size_t j = 0; j < i; ++j) {
      bool apart = arena.offsets[i] + lives[i].bytes <= arena.offsets[j] ||
                   arena.offsets[j] + lives[j].bytes <= arena.offsets[i];
      ASSERT_TRUE(apart || !liveTogether(lives[i], lives[j]))
          << "tensors " << j << " at " << arena.offsets[j] << " and " << i << " at " << arena.offsets[i] << " overlap";
    }
    // The most bytes live at once are live at some tensor's first step.
    int64_t live = 0;
    for (const Lifetime &other : lives)
      if (other.first <= lives[i].first && lives[i].first <= other.last)
        live += alignUp(other.bytes, align);
    bound = std::max(bound, live);
  }
  EXPECT_EQ(arena.bytes, alignUp(used, align));
  EXPECT_EQ(arena.lowerBound, bound);
  EXPECT_GE(arena.bytes, arena.lowerBound);
}

TEST(Arena, RandomLifetimesNeverOverlapInTimeAndSpace) {
  std::mt19937 random(1);
  auto below = [&](int64_t n) { return int64_t(random() % n); };
  for (int round = 0; round < 400; ++round) {
    int64_t align = int64_t(1) << below(13), steps = 1 + below(60);
    std::vector<Lifetime> lives(size_t(below(80)));
    for (Lifetime &life : lives) {
      life.first = below(steps);
      life.last = life.first + below(below(3) ? 4 : steps);
      // Few sizes make ties and exact fits; odd sizes leave rests below the alignment.
      life.bytes = below(2) ? 1 + below(100000) : 4096 * (1 + below(4));
    }
    SCOPED_TRACE("round " + std::to_string(round) + ", align " + std::to_string(align));
    expectSound(lives, align);
    if (HasFatalFailure())
      return;
  }
}

TEST(Arena, TouchingIntervals) {
  // `last` is included: the second begins in the step in which the first ends.
  Arena arena = planArena({{0, 5, 64}, {5, 9, 64}}, 64);
  EXPECT_EQ(arena.bytes, 128);
  arena = planArena({{0, 5, 64}, {6, 9, 64}}, 64);
  EXPECT_EQ(arena.bytes, 64);
  EXPECT_EQ(arena.offsets, (std::vector<int64_t>{0, 0}));
}

TEST(Arena, AChainNeedsTwoNeighbours) {
  std::vector<Lifetime> chain;
  for (int64_t i = 0; i < 50; ++i)
    chain.push_back({i, i + 1, 1000});
  Arena arena = planArena(chain, 4096);
  EXPECT_EQ(arena.lowerBound, 2 * 4096);
  EXPECT_EQ(arena.bytes, arena.lowerBound);
}

TEST(Arena, TensorsThatLiveThroughoutKeepTheirPlace) {
  std::vector<Lifetime> lives = {{0, INT32_MAX, 100}};
  for (int64_t i = 0; i < 20; ++i)
    lives.push_back({i, i, 5000});
  Arena arena = planArena(lives, 64);
  EXPECT_EQ(arena.bytes, arena.lowerBound);
  EXPECT_EQ(arena.bytes, 128 + 5056);
}

TEST(Arena, NothingToPlace) {
  Arena arena = planArena({}, 4096);
  EXPECT_EQ(arena.bytes, 0);
  EXPECT_EQ(arena.lowerBound, 0);
}

TEST(Arena, ZeroBytesTakeNoPlace) { expectSound({{0, 3, 0}, {1, 2, 64}, {1, 3, 0}}, 64); }

TEST(Arena, SameLifetimesSamePlan) {
  std::vector<Lifetime> lives;
  for (int64_t i = 0; i < 40; ++i)
    lives.push_back({i % 7, i % 7 + i % 5, 4096 * (1 + i % 3)});
  EXPECT_EQ(planArena(lives, 4096).offsets, planArena(lives, 4096).offsets);
}

/// Lifetimes of a network of `ops` in order: chains that branch and join, skip connections over `reach` ops, and sizes
/// that shrink and grow along it. Tensors live from the op that makes them to the last that reads them.
std::vector<Lifetime> graphLifetimes(std::mt19937 &random, int ops, int reach) {
  auto share = [&] { return double(random() % 1000003) / 1000003; };
  std::vector<Lifetime> lives;
  double size = 1e6;
  for (int i = 0; i < ops; ++i) {
    size *= share() > 0.08 ? 1 : share() < 0.7 ? 0.5 : 2;
    size = std::min(4e6, std::max(2e3, size));
    lives.push_back({i, i, int64_t(size * (share() < 0.5 ? 1 : share() < 0.5 ? 4 : 0.25 + share()))});
    auto reads = [&](int64_t from) {
      if (from >= 0)
        lives[size_t(from)].last = i;
    };
    reads(i - 1);
    if (share() < 0.3) // a branch that joins here
      reads(i - 2 - int64_t(share() * 3));
    if (share() < 0.1)
      reads(i - 2 - int64_t(share() * reach));
  }
  return lives;
}

std::vector<Lifetime> intervals(std::mt19937 &random, int count, double meanLength, bool sizesByPowers) {
  auto share = [&] { return double(random() % 1000003) / 1000003; };
  std::vector<Lifetime> lives;
  for (int i = 0; i < count; ++i) {
    int64_t first = int64_t(share() * count), last = first - int64_t(std::log(1 - share()) * meanLength);
    int64_t bytes = sizesByPowers ? int64_t(std::exp2(8 + 14 * share())) : 1 + int64_t(share() * 1e6);
    lives.push_back({first, std::min<int64_t>(count, last), bytes});
  }
  return lives;
}

struct Ratios {
  double sum = 0, worst = 0;
  int count = 0;
  void add(const std::vector<Lifetime> &lives) {
    Arena arena = planArena(lives, 4096);
    double ratio = double(arena.bytes) / double(arena.lowerBound);
    sum += ratio, worst = std::max(worst, ratio), ++count;
  }
  void expect(double mean, double most) const {
    EXPECT_LE(sum / count, mean);
    EXPECT_LE(worst, most);
    std::printf("arena / lower bound: mean %.4f, worst %.4f of %d\n", sum / count, worst, count);
  }
};

TEST(Arena, GraphsComeNearTheLowerBound) {
  std::mt19937 random(7);
  Ratios ratios;
  for (int ops : {10, 30, 100, 300, 1000, 3000})
    for (int reach : {4, 20, 200})
      for (int round = 0; round < (ops > 300 ? 2 : 10); ++round) {
        std::vector<Lifetime> lives = graphLifetimes(random, ops, reach);
        ratios.add(lives);
        if (ops <= 300)
          expectSound(lives, 4096);
      }
  ratios.expect(1.0, 1.0);
}

TEST(Arena, IntervalsComeNearTheLowerBound) {
  std::mt19937 random(11);
  Ratios ratios;
  for (int count : {10, 30, 100, 300, 1000})
    for (double length : {3.0, 0.02 * count, 0.1 * count, 0.3 * count})
      for (bool sizesByPowers : {false, true})
        for (int round = 0; round < 3; ++round)
          ratios.add(intervals(random, count, length, sizesByPowers));
  ratios.expect(1.02, 1.10);
}

TEST(Arena, TenThousandTensors) {
  // How long it takes is measured in bench/backend.py.
  std::mt19937 random(3);
  for (const std::vector<Lifetime> &lives : {graphLifetimes(random, 10000, 200), intervals(random, 10000, 200, true),
                                             intervals(random, 10000, 3000, false)}) {
    Arena arena = planArena(lives, 4096);
    EXPECT_LE(double(arena.bytes), 1.10 * double(arena.lowerBound));
  }
}

} // namespace
