//===- CountedTest.cpp - What becomes of an axis that ends by data --------===//
// One rule a kind of work, and what none of them may do.
#include "tpu_mlir/Host/Counted.h"
#include "Graphs.h"

#include <gtest/gtest.h>

using namespace tpu_mlir::host;

namespace {

struct Counts : testing::Test {
  Counts() {
    Nms nms;
    nms.mostPerClass = 4;
    std::tie(rows, count) = g.nms(nms, g.input({1, 9, 4}), g.input({1, 2, 9})); // [8, 3]
    floats = g.add(Convert{}, {rows}, {8, 3});
  }
  /// The axis of a tensor that ends where the count says; -1 for none.
  int64_t axisOf(int tensor) {
    CountedTensors found = countedTensors(g.graph);
    EXPECT_EQ(found.problem, "");
    if (!found.of[tensor])
      return -1;
    EXPECT_EQ(found.of[tensor]->by, count);
    return found.of[tensor]->axis;
  }
  bool isRefused() { return countedTensors(g.graph).problemItem == int(g.graph.items.size()) - 1; }

  GraphOf g;
  int rows, count, floats;
};

TEST_F(Counts, RowsOfNmsEndWhereItsNumberSays) {
  EXPECT_EQ(axisOf(rows), 0);
  EXPECT_EQ(axisOf(floats), 0);
  EXPECT_EQ(axisOf(count), -1);
}

TEST_F(Counts, ViewsAndTranspositionsTakeTheAxisAlong) {
  int image = g.add(View{}, {floats}, {1, 8, 3, 1});
  EXPECT_EQ(axisOf(image), 1);
  int turned = g.add(Gather{{0, 2, 1, 3}, {{0}, {0, 1, 2}, {0, 1, 2, 3, 4, 5, 6, 7}, {0}}, 0}, {image}, {1, 3, 8, 1});
  EXPECT_EQ(axisOf(turned), 2);
  Conv conv;
  float weight[6] = {};
  int made = g.add(conv, {turned, g.constant({2, 3, 1, 1}, Element::F32, weight)}, {1, 2, 8, 1});
  EXPECT_EQ(axisOf(made), 2);
  EXPECT_EQ(axisOf(g.add(Combine{Combine::Kind::Add, {}}, {made, made}, {1, 2, 8, 1})), 2);
}

TEST_F(Counts, ColumnsMayBeTakenAndJoined) {
  int column = g.add(Gather{{0, 1}, {{0, 1, 2, 3, 4, 5, 6, 7}, {2}}, 0}, {floats}, {8, 1});
  EXPECT_EQ(axisOf(column), 0);
  EXPECT_EQ(axisOf(g.add(Concat{1}, {floats, column}, {8, 4})), 0);
}

TEST_F(Counts, MatrixProductsKeepRows) {
  float weight[6] = {};
  EXPECT_EQ(axisOf(g.add(MatMul{}, {floats, g.constant({3, 2}, Element::F32, weight)}, {8, 2})), 0);
}

TEST_F(Counts, SumsOverTheAxisAreRefused) {
  float weight[16] = {};
  MatMul turned;
  turned.leftTransposed = true;
  g.add(turned, {floats, g.constant({8, 2}, Element::F32, weight)}, {3, 2});
  EXPECT_TRUE(isRefused());
}

TEST_F(Counts, NeighboursAlongTheAxisAreRefused) {
  int image = g.add(View{}, {floats}, {1, 1, 8, 3});
  Conv conv;
  conv.window.kh = 3, conv.window.padTop = conv.window.padBottom = 1;
  float weight[3] = {};
  g.add(conv, {image, g.constant({1, 1, 3, 1}, Element::F32, weight)}, {1, 1, 8, 3});
  EXPECT_TRUE(isRefused());
}

TEST_F(Counts, JoiningTheAxisWithOthersIsRefused) {
  g.add(View{}, {floats}, {24});
  EXPECT_TRUE(isRefused());
}

TEST_F(Counts, TakingRowsByPlaceIsRefused) {
  g.add(Gather{{0, 1}, {{0, 1, 2}, {0, 1, 2}}, 0}, {floats}, {3, 3});
  EXPECT_TRUE(isRefused());
}

TEST_F(Counts, PuttingSomethingBehindTheEndIsRefused) {
  g.add(Concat{0}, {floats, floats}, {16, 3});
  EXPECT_TRUE(isRefused());
}

} // namespace
