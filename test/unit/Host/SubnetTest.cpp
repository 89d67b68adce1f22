//===- SubnetTest.cpp - A graph as the text of a CPU layer ----------------===//
// Text and back, and files that say what cannot be.
#include "tpu_mlir/Host/Subnet.h"
#include "Graphs.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

#include <limits>

using namespace tpu_mlir;
using namespace tpu_mlir::host;

namespace {

const std::vector<int64_t> kLimits = {1, 1, 1};

/// Every kind of work that a layer can hold.
Subnet sample() {
  GraphOf g;
  Nms nms;
  nms.mostPerClass = 3, nms.iouThreshold = 0.45f, nms.scoreThreshold = -std::numeric_limits<float>::infinity();
  auto [rows, count] = g.nms(nms, g.input({1, 5, 4}), g.input({1, 2, 5}));
  int column = g.add(Gather{{0, 1}, {{0, 1, 2, 3, 4, 5}, {1}}, 0}, {rows}, {6, 1}, Element::I64);
  int joined = g.add(Concat{1}, {rows, column}, {6, 4}, Element::I64);
  int limits = g.constant({3}, Element::I64, kLimits.data());
  int high = g.add(Compare{tpu_mlir::Comparing::GreaterOrEqual}, {rows, limits}, {6, 3}, Element::Bool);
  int cut = g.add(Select{}, {high, limits, rows}, {6, 3}, Element::I64);
  int flat = g.add(View{}, {cut}, {18}, Element::I64);
  int floats = g.add(Convert{}, {flat}, {18});
  g.graph.outputs = {count, joined, floats};
  Subnet subnet{g.graph, {}, {{"t2", "t3", 0}}};
  for (size_t i = 0; i < g.graph.items.size(); ++i)
    subnet.layers.push_back({"layer" + std::to_string(i), "top.Some", "it must \"be\""});
  return subnet;
}

Subnet parse(const std::string &text, const Subnet &of) {
  auto constants = constantsOf(of);
  return parseSubnet(text, constants, "layer");
}

TEST(Subnet, TextAndBackIsTheSame) {
  Subnet made = sample();
  std::string text = printSubnet(made);
  Subnet read = parse(text, made);
  EXPECT_EQ(printSubnet(read), text);
  EXPECT_EQ(read.layers, made.layers);
  EXPECT_EQ(read.counted, made.counted);
  ASSERT_EQ(read.graph.items.size(), made.graph.items.size());
  EXPECT_EQ(std::get<Nms>(read.graph.items[0].work).iouThreshold, 0.45f);
  EXPECT_EQ(std::get<Nms>(read.graph.items[0].work).scoreThreshold, -std::numeric_limits<float>::infinity());
}

TEST(Subnet, WhatWasReadComputesTheSame) {
  Subnet made = sample(), read = parse(printSubnet(made), made);
  std::vector<float> boxes, scores;
  for (int i = 0; i < 20; ++i)
    boxes.push_back(float(i * 7 % 11));
  for (int i = 0; i < 10; ++i)
    scores.push_back(float(i * 3 % 7));
  std::vector<std::vector<float>> results;
  for (const Subnet *subnet : {&made, &read}) {
    Evaluator evaluator(subnet->graph);
    GraphOf::set(evaluator, subnet->graph.inputs[0], boxes);
    GraphOf::set(evaluator, subnet->graph.inputs[1], scores);
    evaluator.run();
    results.push_back(GraphOf::read<float>(evaluator, subnet->graph.outputs[2]));
  }
  EXPECT_EQ(results[0], results[1]);
}

/// The text with the first `from` replaced.
std::string with(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Subnet, WhatCannotBeIsOneSentence) {
  Subnet made = sample();
  std::string text = printSubnet(made);
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"\"version\": 1", "\"version\": 2"},
      {"\"work\": \"nms\"", "\"work\": \"conv\""},
      {"\"most_per_class\": 3", "\"most_per_class\": 300000000000"},
      {"\"most_per_class\": 3", "\"most_per_class\": -3"},
      {"\"type\": \"int64\"", "\"type\": \"float32\""},
      {"\"type\": \"int64\"", "\"type\": \"complex64\""},
      {"\"kind\": \"greater_or_equal\"", "\"kind\": \"nearly\""},
      {"\"axis\": 1", "\"axis\": 7"},
      {"\"constant\": 0", "\"constant\": 1"},
      {"\"inputs\": [", "\"inputs\": [77,"},
      {"\"tensors\": [", "\"tensors\": [[],"},
  };
  for (const auto &[from, to] : damages)
    EXPECT_THROW((void)parse(with(text, from, to), made), UserError) << from << " -> " << to;
  EXPECT_THROW((void)parse(text.substr(0, text.size() / 2), made), UserError);
  EXPECT_THROW((void)parse(std::string(100000, '['), made), UserError);
}

} // namespace
