//===- MoveTest.cpp - Moves, tables with indices, matrices' zero points ---===//
// Each element looked up where the definition says that it comes from.

#include "Reference.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

constexpr DType kWidths[] = {DType::U8, DType::U16, DType::U32};

TEST(Move, TranspositionsBroadcastsAndInsertions) {
  std::mt19937 random(51);
  for (int i = 0; i < 60; ++i) {
    const DType t = kWidths[i % 3];
    const Dims d{between(random, 1, 3), between(random, 1, 9), between(random, 1, 7), between(random, 1, 9)};
    Buffer in(t, d), exchanged(t, {d.n, d.w, d.h, d.c}), turned(t, {d.n, d.c, d.w, d.h});
    in.randomise(random);
    kernel::exchangeChannels(exchanged.tensor(), in.view());
    kernel::transposeMatrices(turned.tensor(), in.view());
    const int64_t stepH = between(random, 1, 3), stepW = between(random, 1, 3);
    Buffer wide(t, {d.n, d.c, (d.h - 1) * stepH + 1, (d.w - 1) * stepW + 1}), windows(t, d);
    kernel::insertZeros(wide.tensor(), in.view(), stepH, stepW);
    windows.bytes = in.bytes;
    kernel::turnWindows(windows.tensor());
    for (int64_t n = 0; n < d.n; ++n)
      for (int64_t c = 0; c < d.c; ++c)
        for (int64_t h = 0; h < d.h; ++h)
          for (int64_t w = 0; w < d.w; ++w) {
            const int64_t v = in.integer(in.index(n, c, h, w));
            ASSERT_EQ(exchanged.integer(exchanged.index(n, w, h, c)), v);
            ASSERT_EQ(turned.integer(turned.index(n, c, w, h)), v);
            ASSERT_EQ(wide.integer(wide.index(n, c, h * stepH, w * stepW)), v);
            ASSERT_EQ(windows.integer(windows.index(n, c, d.h - 1 - h, d.w - 1 - w)), v);
          }
    for (int64_t o = 0; o < wide.dims.count(); ++o)
      if (o % wide.dims.w % stepW || o / wide.dims.w % wide.dims.h % stepH) {
        ASSERT_EQ(wide.integer(o), 0);
      }
    Buffer one(t, {d.n, 1, d.h, d.w}), all(t, d);
    one.randomise(random);
    kernel::broadcastChannel(all.tensor(), one.view());
    for (int64_t o = 0; o < d.count(); ++o)
      ASSERT_EQ(all.integer(o), one.integer(broadcastIndex(d, one.dims, o)));
  }
}

TEST(Table, GathersAndScattersByIndex) {
  std::mt19937 random(52);
  for (int i = 0; i < 200; ++i) {
    const DType t = kWidths[random() % 3], it = i % 2 ? DType::U8 : DType::U16;
    const int64_t entries = between(random, 1, 700), most = it == DType::U8 ? 255 : 65535;
    const Dims d{between(random, 1, 3), between(random, 1, 5), 1, between(random, 1, 90)};
    kernel::IndexRule rule{random() % 2 == 0, most, random() % 2 == 0, uint32_t(random())};
    Buffer table(t, {1, d.c, 1, entries}), index(it, d), out(t, d), old(t, d);
    table.randomise(random), old.randomise(random);
    const bool isInside = random() % 4 != 0; // else an index may miss
    for (int64_t o = 0; o < d.count(); ++o)
      index.setInteger(o, rule.skips && random() % 8 == 0
                              ? most
                              : between(random, 0, std::min(most - rule.skips, isInside ? entries - 1 : 2 * entries)));
    out.bytes = old.bytes;
    std::optional<int64_t> missing = kernel::gatherRows(out.tensor(), table.view(), index.view(), rule), expected;
    for (int64_t o = 0; o < d.count() && !expected; ++o) {
      const int64_t at = index.integer(o);
      const bool isSkipped = rule.skips && at == most;
      Buffer fill(t, {});
      fill.setInteger(0, int64_t(rule.fill));
      if (!isSkipped && at >= entries && !rule.fills)
        expected = at;
      else
        ASSERT_EQ(out.integer(o), isSkipped || at >= entries ? (rule.fills ? fill.integer(0) : old.integer(o))
                                                             : table.integer(o / d.w % d.c * entries + at))
            << "case " << i;
    }
    ASSERT_EQ(missing, expected) << "case " << i;

    Buffer source(t, d), target(t, {d.n, d.c, 1, entries});
    source.randomise(random), target.randomise(random);
    Buffer wanted = target;
    missing = kernel::scatterRows(target.tensor(), source.view(), index.view(), rule), expected.reset();
    for (int64_t o = 0; o < d.count() && !expected; ++o) {
      const int64_t at = index.integer(o);
      if (rule.skips && at == most)
        continue;
      if (at >= entries)
        expected = at;
      else
        wanted.setInteger(o / d.w * entries + at, source.integer(o));
    }
    ASSERT_EQ(missing, expected) << "case " << i;
    ASSERT_EQ(target.bytes, wanted.bytes) << "case " << i;
  }
}

TEST(Matmul, ZeroPointsOfColumnsAndSums) {
  std::mt19937 random(53);
  for (int i = 0; i < 60; ++i) {
    const int64_t rows = between(random, 1, 9), depth = between(random, 1, 40), columns = between(random, 1, 20);
    const DType lt = i % 2 ? DType::I8 : DType::U8, zt = i % 3 ? DType::I8 : DType::U8;
    Buffer left(lt, {1, 1, rows, depth}), zero(zt, {1, 1, 1, columns}), sums(DType::I32, {1, 1, rows, columns});
    left.randomise(random), zero.randomise(random), sums.randomise(random);
    const Buffer old = sums;
    kernel::subtractColumnZeroPoints(sums.tensor(), left.view(), zero.view());
    for (int64_t o = 0; o < rows * columns; ++o) {
      Int128 sum = old.integer(o);
      for (int64_t k = 0; k < depth; ++k)
        sum -= Int128(zero.integer(o % columns)) * left.integer(o / columns * depth + k);
      ASSERT_EQ(sums.integer(o), int32_t(uint32_t(sum)));
    }
    const Buffer before = sums;
    kernel::accumulate(sums.tensor(), old.view());
    for (int64_t o = 0; o < rows * columns; ++o)
      ASSERT_EQ(sums.integer(o), int32_t(uint32_t(before.integer(o) + old.integer(o))));
  }
}

} // namespace
