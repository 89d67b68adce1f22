//===- ArenaTest.cpp - Arenas against the definition ----------------------===//
// Random lifetimes: nothing that lives at one time shares bytes, offsets are
// aligned, the size is what is used, and the lower bound is what the definition
// (sum over one step) gives. How near the bound a plan comes is not judged
// beyond cases where the bound can be met.

#include "tpu_mlir/Allocate/Arena.h"

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

} // namespace
