//===- PlaceTest.cpp - Offsets in local memory and times of loads ---------===//
// Random timelines: buffers that live together do not overlap, and loads come
// after what they read is there.
#include "Chains.h"

#include <gtest/gtest.h>

namespace tpu_mlir::schedule {
namespace {

/// A timeline of works with random buffers over them, some loaded.
Timeline randomTimeline(unsigned seed, int works, int64_t area) {
  std::mt19937 random(seed);
  auto below = [&](int64_t n) { return int64_t(random() % uint64_t(n)); };
  Timeline t;
  t.scratch.area = area;
  t.works.resize(works);
  for (int w = 0; w < works; ++w)
    for (int64_t k = below(4); k >= 0; --k) {
      LocalBuffer b;
      b.bytes = 64 * (1 + below(area / 64 / 16));
      b.first = w;
      b.last = std::min<int64_t>(works - 1, w + below(3));
      b.isLoaded = below(2) != 0;
      if (b.isLoaded) {
        b.loadBytes = b.bytes * 64;
        Load load;
        load.buffer = int(t.buffers.size());
        t.loads.push_back(load);
      }
      t.buffers.push_back(b);
    }
  return t;
}

TEST(Place, NothingOverlapsWhileItLives) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    Timeline t = randomTimeline(seed, 120, 1 << 17);
    Pace pace{std::vector<double>(t.works.size(), 1000), 200, 60};
    ASSERT_EQ(placeBuffers(t, pace), -1) << "seed " << seed;
    int early = 0;
    for (size_t i = 0; i < t.buffers.size(); ++i) {
      const LocalBuffer &a = t.buffers[i];
      EXPECT_GE(a.offset, 0);
      EXPECT_LE(a.offset + a.bytes, t.scratch.area);
      int from = a.isLoaded ? a.loadAt : a.first;
      EXPECT_LE(from, a.first);
      EXPECT_GE(from, 0);
      early += from < a.first;
      for (size_t j = i + 1; j < t.buffers.size(); ++j) {
        const LocalBuffer &b = t.buffers[j];
        int begin = b.isLoaded ? b.loadAt : b.first;
        bool together = from <= b.last && begin <= a.last;
        if (together)
          EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset)
              << "seed " << seed << " buffers " << i << " " << j;
      }
    }
    EXPECT_GT(early, 0) << "loads run ahead where memory is left";
  }
}

TEST(Place, SaysWhereMemoryRunsOut) {
  Timeline t;
  t.scratch.area = 1024;
  t.works.resize(3);
  for (int w : {0, 1, 1}) {
    LocalBuffer b;
    b.bytes = 640, b.first = b.last = w;
    t.buffers.push_back(b);
  }
  EXPECT_EQ(placeBuffers(t, {std::vector<double>(3, 10), 200, 60}), 1);
}

TEST(Place, ALoadWaitsForWhatItReads) {
  Timeline t;
  t.scratch.area = 1 << 16;
  t.works.resize(6);
  LocalBuffer b;
  b.bytes = 64, b.first = b.last = 5, b.isLoaded = true, b.notBefore = 3;
  t.buffers.push_back(b);
  Load load;
  load.buffer = 0;
  t.loads.push_back(load);
  ASSERT_EQ(placeBuffers(t, {std::vector<double>(6, 10), 200, 60}), -1);
  EXPECT_EQ(t.buffers[0].loadAt, 4); // behind the store that stands before work 3... and is issued there
}

} // namespace
} // namespace tpu_mlir::schedule
