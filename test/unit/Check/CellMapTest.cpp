//===- CellMapTest.cpp - Histories of ranges ------------------------------===//
// Against an array with one history per byte.

#include "CellMap.h"

#include <gtest/gtest.h>

#include <random>

using namespace tpu_mlir::safety;

namespace {

TEST(CellMap, EqualsAnArrayOfBytes) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    const uint64_t size = 1 + random() % 3000;
    CellMap map(size);
    std::vector<History> bytes(size);
    for (int step = 0; step < 400; ++step) {
      const uint64_t a = random() % (size + 1), b = random() % (size + 1), begin = std::min(a, b);
      const uint64_t end = random() % 3 ? std::max(a, b) : std::min(size, begin + random() % 9);
      const bool writes = random() & 1;
      const uint32_t value = 1 + uint32_t(random() % 4);
      uint64_t covered = begin;
      map.update(begin, end, [&](History &history, uint64_t from, uint64_t to) {
        ASSERT_EQ(from, covered) << "cells leave a gap";
        ASSERT_LT(from, to);
        covered = to;
        for (uint64_t at = from; at < to; ++at)
          ASSERT_EQ(bytes[at], history) << "byte " << at << " of " << size << ", seed " << seed;
        if (writes)
          history = {markOf(int(value & 1), value), {0, 0}};
        else
          history.reader[value & 1] = value;
      });
      ASSERT_EQ(covered, std::max(begin, end));
      for (uint64_t at = begin; at < end; ++at)
        if (writes)
          bytes[at] = {markOf(int(value & 1), value), {0, 0}};
        else
          bytes[at].reader[value & 1] = value;
    }
  }
}

TEST(CellMap, EqualNeighboursBecomeOneCell) {
  CellMap map(uint64_t(1) << 20);
  const auto write = [&](uint64_t begin, uint64_t end, uint32_t number) {
    map.update(begin, end, [&](History &h, uint64_t, uint64_t) { h = {markOf(0, number), {0, 0}}; });
  };
  for (uint64_t at = 0; at < 4096; ++at)
    write(at, at + 1, 1);
  EXPECT_LE(map.cells(), 3u);
  for (uint64_t at = 0; at < 100000; at += 2)
    write(at, at + 1, uint32_t(at) + 2);
  write(0, uint64_t(1) << 20, 7);
  EXPECT_EQ(map.cells(), 1u);
}

} // namespace
