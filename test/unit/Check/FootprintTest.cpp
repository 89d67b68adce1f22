//===- FootprintTest.cpp - Strided boxes of bytes -------------------------===//
// A settled box holds exactly the bytes of the box as given.

#include "tpu_mlir/Check/Footprint.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace tpu_mlir::safety;

namespace {

std::set<uint64_t> bytesOf(const Box &box) {
  std::set<uint64_t> bytes;
  box.forRuns([&](uint64_t begin, uint64_t end) {
    for (uint64_t at = begin; at < end; ++at)
      bytes.insert(at);
  });
  return bytes;
}

TEST(Footprint, SettlingKeepsTheBytes) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 3000; ++i) {
    Box box;
    box.base = random() % 50, box.run = 1 + random() % 4;
    for (unsigned axis = 0; axis < 4; ++axis)
      box.add(1 + random() % 4, random() % 4 ? random() % 40 : box.run);
    const std::set<uint64_t> before = bytesOf(box);
    const uint64_t end = box.end();
    ASSERT_EQ(box.collides(), before.size() < box.pieces() * box.run);
    box.settle();
    ASSERT_EQ(bytesOf(box), before);
    ASSERT_EQ(box.end(), end);
    ASSERT_EQ(end, *before.rbegin() + 1);
  }
}

TEST(Footprint, ContiguousTensorsAreOneRunInAnyOrderOfAxes) {
  Box permuted;
  permuted.base = 0x100, permuted.run = 4;
  permuted.add(5, 4 * 7 * 3), permuted.add(7, 4), permuted.add(3, 4 * 7), permuted.add(2, 4 * 7 * 3 * 5);
  permuted.settle();
  EXPECT_EQ(permuted.pieces(), 1u);
  EXPECT_EQ(permuted.run, 4u * 7 * 3 * 5 * 2);
}

TEST(Footprint, HugeBoxesStopAtALimit) {
  Box box;
  box.base = 0, box.run = 1;
  for (int i = 0; i < 4; ++i)
    box.add(65535, (uint64_t(1) << 34) + uint64_t(i));
  box.settle();
  EXPECT_EQ(box.pieces(), uint64_t(1) << 62);
  EXPECT_LE(box.end(), uint64_t(1) << 62);
}

} // namespace
