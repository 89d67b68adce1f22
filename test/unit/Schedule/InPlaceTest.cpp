//===- InPlaceTest.cpp - Copies that need not happen ----------------------===//
// Networks of programs of copies, and where their values then lie.
#include "tpu_mlir/Schedule/InPlace.h"
#include "Chains.h"

#include <gtest/gtest.h>

namespace tpu_mlir::schedule {
namespace {

/// Networks of programs of copies, each op by itself.
struct Copies : Chain {
  int clampOf(int v) { return clamp(v); }
  int copy(std::vector<int> operands, int64_t elements, std::vector<Move> moves) {
    Node node;
    node.id = int(network.nodes.size());
    node.name = "copy" + std::to_string(node.id);
    node.result = addValue(node.name, {1, 1, 1, elements});
    node.operands = std::move(operands);
    node.form = CopyProgram{DType::I8, std::move(moves)};
    network.nodes.push_back(std::move(node));
    return network.nodes.back().result;
  }
  static Move run(int source, int64_t from, int64_t to, int64_t count) { return {source, from, to, {count}, {1}, {1}}; }
  std::vector<Inside> places() {
    network.link();
    Plan plan;
    for (int n = 0; n < int(network.nodes.size()); ++n)
      plan.groups.push_back({n, n, 1, 1, true});
    return placesInside(network, plan);
  }
};

TEST(InPlace, ConcatenationTakesWhatIsMadeThere) {
  Copies c;
  int x = c.input({1, 1, 1, 30}), a = c.clampOf(x), b = c.clampOf(x);
  int y = c.copy({a, x, b}, 90, {c.run(0, 0, 0, 30), c.run(1, 0, 30, 30), c.run(2, 0, 60, 30)});
  auto places = c.places();
  EXPECT_EQ(places[a].host, y);
  EXPECT_EQ(places[a].offset, 0);
  EXPECT_EQ(places[b].host, y);
  EXPECT_EQ(places[b].offset, 60);
  EXPECT_EQ(places[x].host, -1) << "an input lies where its user put it";
}

TEST(InPlace, NestsButLiesInOnePlaceOnly) {
  Copies c;
  int x = c.input({1, 1, 1, 8}), a = c.clampOf(x), b = c.clampOf(x);
  int ab = c.copy({a, b}, 16, {c.run(0, 0, 0, 8), c.run(1, 0, 8, 8)});
  int again = c.copy({b, ab}, 24, {c.run(0, 0, 0, 8), c.run(1, 0, 8, 16)});
  auto places = c.places();
  EXPECT_EQ(places[b].host, ab) << "the first that wants it";
  EXPECT_EQ(places[ab].host, again);
  EXPECT_EQ(places[ab].offset, 8);
}

TEST(InPlace, TwiceTheSameIsCopiedOnce) {
  Copies c;
  int a = c.clampOf(c.input({1, 1, 1, 8}));
  c.copy({a, a}, 16, {c.run(0, 0, 0, 8), c.run(1, 0, 8, 8)});
  EXPECT_EQ(c.places()[a].host, -1);
}

TEST(InPlace, SliceStaysWhereItsOperandIs) {
  Copies c;
  int x = c.input({1, 1, 1, 40});
  int inner = c.copy({x}, 10, {c.run(0, 20, 0, 10)});
  int strided = c.copy({x}, 10, {{0, 0, 0, {10}, {2}, {1}}});
  c.clampOf(inner);
  int output = c.copy({x}, 10, {c.run(0, 0, 0, 10)});
  c.output(output);
  auto places = c.places();
  EXPECT_EQ(places[inner].host, x);
  EXPECT_EQ(places[inner].offset, 20);
  EXPECT_EQ(places[strided].host, -1);
  EXPECT_EQ(places[output].host, -1) << "the user wants it in its own place";
}

TEST(InPlace, PaddingWouldOverwriteWhatIsThere) {
  Copies c;
  int a = c.clampOf(c.input({1, 1, 1, 8}));
  Move fill{-1, 0, 0, {10}, {0}, {1}};
  c.copy({a}, 10, {fill, c.run(0, 0, 1, 8)});
  EXPECT_EQ(c.places()[a].host, -1);
}

} // namespace
} // namespace tpu_mlir::schedule
