//===- FilterTest.cpp - The convolution array's filter order --------------===//
// Packing and its inverse, and each element's place by the definition in
// FilterPacking.h, computed from the packed side.

#include "tpu_mlir/Ops/FilterPacking.h"

#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;

namespace {

TEST(FilterPacking, RoundTripsAndPlaces) {
  std::mt19937 random(1);
  auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  for (int round = 0; round < 300; ++round) {
    const int64_t packs[] = {1, 4, 16, 32, 64}, items[] = {1, 2, 4};
    int64_t pack = packs[pick(0, 4)];
    FilterShape s{pick(1, 9), pick(1, 150), pick(1, 9), items[pick(0, 2)]};
    std::vector<uint8_t> rows(size_t(s.oc * s.ic * s.taps * s.itemBytes));
    for (uint8_t &b : rows)
      b = uint8_t(random());
    std::vector<uint8_t> packed = packFilter(rows.data(), s, pack);
    int64_t groups = (s.ic + pack - 1) / pack;
    ASSERT_EQ(int64_t(packed.size()), s.oc * groups * s.taps * pack * s.itemBytes);
    ASSERT_EQ(unpackFilter(packed.data(), s, pack), rows);
    // Walk the packed side: [oc, group, tap, lane].
    size_t at = 0;
    for (int64_t o = 0; o < s.oc; ++o)
      for (int64_t g = 0; g < groups; ++g)
        for (int64_t k = 0; k < s.taps; ++k)
          for (int64_t i = g * pack; i < (g + 1) * pack; ++i)
            for (int64_t byte = 0; byte < s.itemBytes; ++byte, ++at)
              ASSERT_EQ(packed[at], i < s.ic ? rows[size_t(((o * s.ic + i) * s.taps + k) * s.itemBytes + byte)] : 0);
  }
}

} // namespace
