//===- TensorTableTest.cpp - Which command completes which tensor ---------===//
// Random tables survive being written and read, documented texts mean what
// they say, and mutated texts are refused or consistent.

#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Support/Error.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::bmodel;

namespace {

std::string refusal(const std::string &json) {
  try {
    parseTensorTable(json, "t.json");
  } catch (const UserError &error) {
    return error.what();
  }
  return "";
}

/// A random box of the tensor, in a random memory.
void addRandomPiece(TensorEntry &t, std::mt19937 &random) {
  auto below = [&](int64_t limit) { return int64_t(random() % uint64_t(limit)); };
  TensorPiece p;
  p.whole = {t.shape[0], t.shape[1], t.shape[2], t.shape[3], t.shape[4]};
  for (int a = 0; a < 5; ++a) {
    p.begin[a] = below(p.whole[a]);
    p.size[a] = 1 + below(p.whole[a] - p.begin[a]);
  }
  p.layout = PieceLayout(random() % 4);
  if (p.layout == PieceLayout::Dense)
    p.address = 0x100000000 + random();
  else
    p.lane = below(64), p.offset = below(1 << 18);
  if (p.layout == PieceLayout::Strided)
    for (int64_t &s : p.strides)
      s = below(1000);
  p.after = {uint32_t(random() % 3), random() % 2 == 0, uint32_t(random() % 1000)};
  t.pieces.push_back(p);
}

TensorTable randomTable(uint32_t seed, int tensors) {
  std::mt19937 random(seed);
  TensorTable table;
  for (int i = 0; i < tensors; ++i) {
    float scale;
    do {
      uint32_t bits = uint32_t(random());
      std::memcpy(&scale, &bits, 4);
    } while (!std::isfinite(scale));
    TensorEntry t{"tensor \"" + std::to_string(i) + "\" é",
                  kernel::DType(random() % 9),
                  {},
                  scale,
                  int32_t(random() % 512) - 256,
                  {},
                  {}};
    for (int a = 0; a < 5; ++a)
      t.shape.push_back(a == 2 && random() % 2 ? 1 : int64_t(random() % 9 + 1));
    for (int k = int(random() % 4); k > 0; --k)
      addRandomPiece(t, random);
    if (random() % 2)
      t.addWhole(random(), {0, true, 7});
    if (i && random() % 2)
      t.viewOf = table.tensors[0].name;
    LayerEntry layer{t.name, "tpu.Conv2D", {}, {}};
    if (random() % 2) {
      layer.traits = {{}, random() % 2 == 0, random() % 2 == 0};
      for (int k = int(random() % 3); k > 0; --k)
        layer.traits->operands.push_back({t.name, Reads(random() % 5)});
    }
    for (int k = int(random() % 3); k > 0; --k) {
      uint32_t first = uint32_t(random() % 100) + 1;
      layer.commands.push_back({uint32_t(random() % 3), random() % 2 == 0, first, first + uint32_t(random() % 9)});
    }
    table.tensors.push_back(t);
    table.layers.push_back(layer);
  }
  return table;
}

TEST(TensorTable, RoundTrips) {
  TensorTable table = randomTable(161, 50);
  EXPECT_EQ(parseTensorTable(printTensorTable(table), "x"), table);
  EXPECT_EQ(printTensorTable(table), printTensorTable(parseTensorTable(printTensorTable(table), "x")));
  EXPECT_TRUE(parseTensorTable(printTensorTable({}), "x").empty());
}

TEST(TensorTable, ReadsWhatTheDocumentationSays) {
  TensorTable t = parseTensorTable(
      R"({"version":2,"tensors":[{"name":"a","dtype":"i8","shape":[1,64,8,7],"scale":0.5,"zero_point":0,"pieces":[
          {"of":[1,64,8,7],"begin":[0,0,4,0],"size":[1,64,4,7],"lane":0,"offset":1024,"layout":"aligned","after":[0,"tiu",9]},
          {"of":[1,64,8,7],"begin":[0,0,4,0],"size":[1,64,4,7],"address":4294967324,"after":[0,"gdma",12]},
          {"address":4294967296,"after":[0,"gdma",12]}]}],
          "layers":[{"name":"a","op":"tpu.Conv2D","reads":[["x","windowed"]],"filters":true,"commands":[[0,"tiu",1,9],[0,"gdma",3,12]]}]})",
      "x");
  TensorEntry e{"a", kernel::DType::I8, {1, 64, 8, 7}, 0.5f, 0, {}, {}};
  e.addLocal({1, 64, 8, 7}, {0, 0, 4, 0}, {1, 64, 4, 7}, 0, 1024, PieceLayout::Aligned, {0, false, 9});
  e.addGlobal({1, 64, 8, 7}, {0, 0, 4, 0}, {1, 64, 4, 7}, 0x100000000, {0, true, 12});
  e.addWhole(0x100000000, {0, true, 12});
  EXPECT_EQ(t, (TensorTable{{e},
                            {{"a",
                              "tpu.Conv2D",
                              {{0, false, 1, 9}, {0, true, 3, 12}},
                              LayerTraits{{{"x", Reads::Windowed}}, true, false}}}}));
  EXPECT_EQ(e.bytes(), 3584);
  EXPECT_EQ(t.layerOf({0, true, 3}), &t.layers[0]);
  EXPECT_EQ(t.layerOf({0, true, 2}), nullptr);
  EXPECT_EQ(t.find("a"), &t.tensors[0]);
  EXPECT_EQ(t.find("b"), nullptr);
}

TEST(TensorTable, ReadsVersionOne) {
  TensorTable t = parseTensorTable(
      R"([{"name":"a","dtype":"i8","shape":[1,64,7,7],"address":4294967296,"engine":"gdma","cmd_id":12}])", "x");
  TensorEntry e{"a", kernel::DType::I8, {1, 64, 7, 7}, 1, 0, {}, {}};
  e.addWhole(0x100000000, {0, true, 12});
  EXPECT_EQ(t, (TensorTable{{e}, {}}));
}

TEST(TensorTable, NamesWhatIsWrong) {
  EXPECT_EQ(refusal("{"), "t.json is not valid JSON");
  EXPECT_EQ(refusal("{}"), "t.json is neither a list of tensors nor an object with one");
  EXPECT_EQ(refusal(R"({"version":3,"tensors":[]})"), "t.json has version 3; this build reads 1 and 2");
  EXPECT_EQ(refusal("[1]"),
            "t.json: tensor 0 lacks one of name, dtype, shape, address, engine and cmd_id, or one has the wrong type");
  EXPECT_EQ(refusal(R"([{"name":"a","dtype":"int9","shape":[1],"address":0,"engine":"gdma","cmd_id":1}])"),
            "t.json: tensor 0: dtype 'int9' is unknown");
  EXPECT_EQ(refusal(R"([{"name":"a","dtype":"i8","shape":[1,0],"address":0,"engine":"gdma","cmd_id":1}])"),
            "t.json: tensor 0: shape has a dimension of 0");
  EXPECT_EQ(refusal(R"([{"name":"a","dtype":"i8","shape":[1],"address":0,"engine":"cpu","cmd_id":1}])"),
            "t.json: tensor 0: engine 'cpu' is neither 'tiu' nor 'gdma'");
  auto piece = [](const std::string &text) {
    return refusal(R"({"version":2,"tensors":[{"name":"a","dtype":"i8","shape":[6],"pieces":[)" + text + "]}]}");
  };
  EXPECT_EQ(piece(R"({"address":1,"after":[0,"tiu",1]})"), "");
  EXPECT_EQ(piece(R"({"address":1})"),
            "t.json: tensor 0 lacks one of name, dtype, shape, and address or layout, and after "
            "in its pieces, or one has the wrong type");
  EXPECT_EQ(piece(R"({"address":1,"after":[0,"tiu"]})"),
            "t.json: tensor 0: piece 0: 'after' is not a list of 3 values");
  EXPECT_EQ(piece(R"({"of":[1,1,1,6],"begin":[0,0,0,4],"size":[1,1,1,3],"address":1,"after":[0,"tiu",1]})"),
            "t.json: tensor 0: piece 0: 'begin' 4 and 'size' 3 leave an axis of length 6");
  EXPECT_EQ(piece(R"({"of":[1,1,1,7],"begin":[0,0,0,4],"size":[1,1,1,3],"address":1,"after":[0,"tiu",1]})"),
            "t.json: tensor 0: piece 0: 'of' is not a view of the tensor's 6 elements");
  EXPECT_EQ(piece(R"({"layout":"round","lane":0,"offset":0,"after":[0,"tiu",1]})"),
            "t.json: tensor 0: piece 0: layout 'round' is none of 'aligned', 'compact' and 'strided'");
  EXPECT_EQ(piece(R"({"layout":"compact","lane":-1,"offset":0,"after":[0,"tiu",1]})"),
            "t.json: tensor 0: piece 0: lane -1 and offset 0 are not in local memory");
  EXPECT_EQ(refusal(R"({"version":2,"tensors":[],"layers":[{"name":"a","commands":[[0,"tiu",3,2]]}]})"),
            "t.json: layer 0: commands 3 to 2 are not a range");
  EXPECT_EQ(refusal(R"({"version":2,"tensors":[],"layers":[{"name":"a","reads":[["x","backwards"]],"commands":[]}]})"),
            "t.json: layer 0: operand is read 'backwards', none of 'in order', 'windowed', 'strided', 'whole' and 'by "
            "index'");
}

TEST(TensorTable, SurvivesMutations) {
  const std::string seed = printTensorTable(randomTable(163, 2));
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
