//===- TensorTableTest.cpp - Which command completes which tensor ---------===//

#include "tpu_mlir/Sim/TensorTable.h"
#include "tpu_mlir/Support/Error.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::sim;

namespace {

std::string refusal(const std::string &json) {
  try {
    parseTensorTable(json, "t.json");
  } catch (const UserError &error) {
    return error.what();
  }
  return "";
}

TEST(TensorTable, RoundTrips) {
  std::mt19937 random(161);
  std::vector<TensorEntry> entries;
  for (int i = 0; i < 50; ++i) {
    float scale;
    do {
      uint32_t bits = uint32_t(random());
      std::memcpy(&scale, &bits, 4);
    } while (!std::isfinite(scale));
    entries.push_back({"tensor \"" + std::to_string(i) + "\" é",
                       kernel::DType(random() % 9),
                       {1, int64_t(random() % 9 + 1)},
                       0x100000000 + random(),
                       scale,
                       int32_t(random() % 512) - 256,
                       uint32_t(random() % 3),
                       random() % 2 == 0,
                       uint32_t(random() % 1000)});
  }
  EXPECT_EQ(parseTensorTable(printTensorTable(entries), "x"), entries);
  EXPECT_EQ(printTensorTable(entries), printTensorTable(parseTensorTable(printTensorTable(entries), "x")));
  EXPECT_EQ(parseTensorTable(printTensorTable({}), "x").size(), 0u);
}

TEST(TensorTable, ReadsWhatTheDocumentationSays) {
  auto t = parseTensorTable(
      R"([{"name":"a","dtype":"i8","shape":[1,64,7,7],"address":4294967296,"engine":"gdma","cmd_id":12}])", "x");
  ASSERT_EQ(t.size(), 1u);
  EXPECT_EQ(t[0], (TensorEntry{"a", kernel::DType::I8, {1, 64, 7, 7}, 0x100000000, 1.0f, 0, 0, true, 12}));
  EXPECT_EQ(t[0].bytes(), 3136);
}

TEST(TensorTable, KeepsTheCommandsOfALayer) {
  std::vector<TensorEntry> entries(1);
  entries[0].name = "a", entries[0].shape = {1};
  entries[0].ranges = {{0, false, 1, 7}, {1, true, 3, 3}};
  EXPECT_EQ(parseTensorTable(printTensorTable(entries), "x"), entries);
  std::string text = printTensorTable(entries);
  text.replace(text.find("\"tiu\",1,7"), 9, "\"tiu\",8,7");
  EXPECT_EQ(refusal(text), "t.json: tensor 0: range 8 to 7 holds no command");
}

TEST(TensorTable, NamesWhatIsWrong) {
  EXPECT_EQ(refusal("{"), "t.json is not valid JSON");
  EXPECT_EQ(refusal("{}"), "t.json is not a list of tensors");
  EXPECT_EQ(refusal("[1]"),
            "t.json: tensor 0 lacks one of name, dtype, shape, address, engine and cmd_id, or one has the wrong type");
  EXPECT_EQ(refusal(R"([{"name":"a","dtype":"int9","shape":[1],"address":0,"engine":"gdma","cmd_id":1}])"),
            "t.json: tensor 0: dtype 'int9' is unknown");
  EXPECT_EQ(refusal(R"([{"name":"a","dtype":"i8","shape":[1,0],"address":0,"engine":"gdma","cmd_id":1}])"),
            "t.json: tensor 0: shape has a dimension of 0");
  EXPECT_EQ(refusal(R"([{"name":"a","dtype":"i8","shape":[1],"address":0,"engine":"cpu","cmd_id":1}])"),
            "t.json: tensor 0: engine 'cpu' is neither 'tiu' nor 'gdma'");
}

TEST(TensorTable, SurvivesMutations) {
  const std::string seed = printTensorTable(
      {{"a", kernel::DType::I8, {1, 2}, 1, 0.5f, 0, 0, true, 1}, {"b", kernel::DType::F32, {3}, 2, 1, 0, 0, false, 1}});
  std::mt19937 random(162);
  int read = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string text = seed;
    for (int k = 0, n = 1 + int(random() % 3); k < n; ++k) {
      size_t at = random() % text.size();
      switch (random() % 3) {
      case 0:
        text[at] = char(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 9);
        break;
      case 2:
        text.insert(at, std::string(1 + random() % 4, "0123456789[]{}\",:e-."[random() % 20]));
        break;
      }
      if (text.empty())
        text = "[";
    }
    read += refusal(text).empty();
  }
  EXPECT_GT(read, 50);
  EXPECT_LT(read, 4500);
}

} // namespace
