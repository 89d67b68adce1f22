//===- ValuesTest.cpp - Work on values of any type ------------------------===//
// Edges of conversions, comparisons and selections by hand, and moves against
// index arithmetic.
#include "Graphs.h"
#include "tpu_mlir/Host/Stored.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace tpu_mlir::host;

namespace {

template <typename From, typename To>
std::vector<To> converted(const std::vector<From> &values, Element from, Element to) {
  GraphOf g;
  int in = g.input({int64_t(values.size())}, from);
  int out = g.add(Convert{}, {in}, {int64_t(values.size())}, to);
  g.graph.outputs = {out};
  Evaluator evaluator(g.graph);
  GraphOf::set(evaluator, in, values);
  evaluator.run();
  return GraphOf::read<To>(evaluator, out);
}

TEST(Values, FloatsBecomeIntegersTowardsZeroAsFarAsTheTypeReaches) {
  float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ((converted<float, int8_t>({-1.9f, 1.9f, 300, -300, std::nanf(""), inf}, Element::F32, Element::I8)),
            (std::vector<int8_t>{-1, 1, 127, -128, 0, 127}));
  EXPECT_EQ((converted<float, uint8_t>({-1, 255.5f, 256}, Element::F32, Element::U8)),
            (std::vector<uint8_t>{0, 255, 255}));
  EXPECT_EQ(
      (converted<float, int64_t>({9.3e18f, -9.3e18f, 1e18f}, Element::F32, Element::I64)),
      (std::vector<int64_t>{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), int64_t(1e18f)}));
}

TEST(Values, IntegersWrapAndBoolsSayWhetherTheyAreZero) {
  EXPECT_EQ((converted<int64_t, int8_t>({128, -129, 5}, Element::I64, Element::I8)),
            (std::vector<int8_t>{-128, 127, 5}));
  EXPECT_EQ((converted<int32_t, uint8_t>({0, 256, -1}, Element::I32, Element::Bool)), (std::vector<uint8_t>{0, 1, 1}));
  EXPECT_EQ((converted<float, uint8_t>({0.0f, -0.0f, 0.25f, std::nanf("")}, Element::F32, Element::Bool)),
            (std::vector<uint8_t>{0, 0, 1, 1}));
  EXPECT_EQ((converted<int64_t, float>({(int64_t(1) << 24) + 1}, Element::I64, Element::F32)),
            (std::vector<float>{16777216}));
}

TEST(Values, ANaNIsUnequalToEverything) {
  std::vector<float> a = {1, std::nanf(""), 2, 2}, b = {1, std::nanf(""), 1, 3};
  const std::vector<std::pair<tpu_mlir::Comparing, std::vector<uint8_t>>> cases = {
      {tpu_mlir::Comparing::Equal, {1, 0, 0, 0}},   {tpu_mlir::Comparing::NotEqual, {0, 1, 1, 1}},
      {tpu_mlir::Comparing::Less, {0, 0, 0, 1}},    {tpu_mlir::Comparing::LessOrEqual, {1, 0, 0, 1}},
      {tpu_mlir::Comparing::Greater, {0, 0, 1, 0}}, {tpu_mlir::Comparing::GreaterOrEqual, {1, 0, 1, 0}}};
  for (const auto &[kind, wanted] : cases) {
    GraphOf g;
    int left = g.input({4}), right = g.input({4});
    int out = g.add(Compare{kind}, {left, right}, {4}, Element::Bool);
    g.graph.outputs = {out};
    Evaluator evaluator(g.graph);
    GraphOf::set(evaluator, left, a);
    GraphOf::set(evaluator, right, b);
    evaluator.run();
    EXPECT_EQ(GraphOf::read<uint8_t>(evaluator, out), wanted) << int(kind);
  }
}

TEST(Values, ChoicesBroadcastAllThree) {
  GraphOf g;
  int condition = g.input({2, 1}, Element::Bool), a = g.input({1, 3}, Element::I64), b = g.input({1}, Element::I64);
  int out = g.add(Select{}, {condition, a, b}, {2, 3}, Element::I64);
  g.graph.outputs = {out};
  Evaluator evaluator(g.graph);
  GraphOf::set<uint8_t>(evaluator, condition, {1, 0});
  GraphOf::set<int64_t>(evaluator, a, {7, 8, int64_t(1) << 40});
  GraphOf::set<int64_t>(evaluator, b, {-1});
  evaluator.run();
  EXPECT_EQ(GraphOf::read<int64_t>(evaluator, out), (std::vector<int64_t>{7, 8, int64_t(1) << 40, -1, -1, -1}));
}

TEST(Values, MovesTakeEveryTypeAlong) {
  GraphOf g;
  int in = g.input({2, 3}, Element::I64);
  // Transposed, with the second column twice and a fill behind it.
  int turned = g.add(Gather{{1, 0}, {{0, 1, 1, -1}, {0, 1}}, 9}, {in}, {4, 2}, Element::I64);
  int joined = g.add(Concat{1}, {turned, turned}, {4, 4}, Element::I64);
  int seen = g.add(View{}, {joined}, {16}, Element::I64);
  g.graph.outputs = {seen};
  Evaluator evaluator(g.graph);
  GraphOf::set<int64_t>(evaluator, in, {0, 1, 2, 10, 11, 12});
  evaluator.run();
  EXPECT_EQ(GraphOf::read<int64_t>(evaluator, seen),
            (std::vector<int64_t>{0, 10, 0, 10, 1, 11, 1, 11, 1, 11, 1, 11, 9, 9, 9, 9}));
}

TEST(Values, OnlyIntegersOf64BitsChangeInTheChipsMemory) {
  std::vector<int64_t> wide = {0, -5, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()};
  std::vector<int32_t> narrow(4);
  EXPECT_EQ(store(Element::I64, wide.data(), 4, narrow.data()), -1);
  std::vector<int64_t> back(4);
  load(Element::I64, narrow.data(), 4, back.data());
  EXPECT_EQ(back, wide);
  wide[2] += 1;
  EXPECT_EQ(store(Element::I64, wide.data(), 4, narrow.data()), 2);
  EXPECT_EQ(storedSizeOf(Element::I64), 4);
  EXPECT_EQ(storedSizeOf(Element::Bool), 1);
}

} // namespace
