//===- ContainerTest.cpp - Reading and writing bmodels --------------------===//
// Every value survives, blobs are stored once, output repeats, and what is not
// a bmodel is refused in one sentence.

#include "SampleModel.h"
#include "tpu_mlir/Bmodel/StreamText.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace tpu_mlir;
using namespace tpu_mlir::bmodel;

namespace {

Model readBytes(const std::vector<uint8_t> &bytes) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(bytes);
  return readBmodel(*owner, owner, "test.bmodel");
}

std::string refusal(const std::vector<uint8_t> &bytes) {
  try {
    readBytes(bytes);
  } catch (const UserError &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Bmodel, EveryValueSurvives) {
  const Model model = fullModel();
  const Model back = readBytes(serialize(model));
  EXPECT_EQ(back.net[0].parameter[0].subNet[0], model.net[0].parameter[0].subNet[0]);
  EXPECT_EQ(back.net[0].parameter[0], model.net[0].parameter[0]);
  EXPECT_EQ(back.net[0], model.net[0]);
  EXPECT_EQ(back, model);
}

TEST(Bmodel, AbsentAndEmptyStayApart) {
  const Model model = fullModel();
  const Model back = readBytes(serialize(model));
  const NetParameter &p = back.net[0].parameter[0];
  EXPECT_TRUE(p.binaryIr.has_value());
  EXPECT_EQ(p.binaryIr->size(), 0u);
  EXPECT_FALSE(back.net[0].parameter[1].binaryIr.has_value());
  EXPECT_FALSE(back.net[0].parameter[1].coeffMem.has_value());
  EXPECT_TRUE(p.subNet[1].nextSubnetIds.keepEmpty);
  EXPECT_FALSE(p.subNet[1].cmdGroup.keepEmpty);
  EXPECT_TRUE(p.subNet[0].cpuParam[0].cpuConst[0].name.has_value());
  EXPECT_FALSE(p.subNet[0].cpuParam[0].cpuConst[1].name.has_value());
  EXPECT_TRUE(back.net[1].cascade.has_value());
  EXPECT_FALSE(back.net[1].cascade->mainName.has_value());
}

TEST(Bmodel, SameModelSameBytes) { EXPECT_EQ(serialize(fullModel()), serialize(fullModel())); }

TEST(Bmodel, EqualBlobsAreStoredOnce) {
  Model model;
  model.chip = "X";
  model.kernelModule = Module{"a", bytesFrom(1, 100000)};
  const size_t one = serialize(model).size();
  model.cpuopModule = Module{"b", bytesFrom(1, 100000)};
  EXPECT_LT(serialize(model).size(), one + 200);
  model.cpuopModule = Module{"b", bytesFrom(2, 100000)};
  EXPECT_GT(serialize(model).size(), one + 100000);
  EXPECT_EQ(readBytes(serialize(model)).cpuopModule->binary, bytesFrom(2, 100000));
}

TEST(Bmodel, WeightsArePaddedAndHashed) {
  const CoeffMem coeff = makeCoeffMem(0x100000000, std::vector<uint8_t>(5000, 7));
  EXPECT_EQ(coeff.coeff->size(), 8192u);
  EXPECT_EQ(coeff.coeff->bytes()[4999], 7);
  EXPECT_EQ(coeff.coeff->bytes()[5000], 0);
  EXPECT_EQ(coeff.checkCode.size(), 32u);
  EXPECT_EQ(makeCoeffMem(0, std::vector<uint8_t>(4096)).coeff->size(), 4096u);
}

TEST(Bmodel, TimeComesFromTheEnvironmentOrIsFixed) {
  unsetenv("SOURCE_DATE_EPOCH");
  EXPECT_EQ(reproducibleTime(), "Thu Jan  1 00:00:00 1970");
  setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
  EXPECT_EQ(reproducibleTime(), "Tue Nov 14 22:13:20 2023");
  for (const char *bad : {"", "x", "1e9", "-1", "99999999999999999999"}) {
    setenv("SOURCE_DATE_EPOCH", bad, 1);
    EXPECT_THROW(reproducibleTime(), UserError) << bad;
  }
  unsetenv("SOURCE_DATE_EPOCH");
}

TEST(Bmodel, FilesAreWrittenWholeOrNotAtAll) {
  const auto folder = std::filesystem::temp_directory_path() / "tpu_mlir_bmodel_test";
  std::filesystem::create_directories(folder);
  const std::string path = folder / "m.bmodel";
  writeBmodel(fullModel(), path);
  std::ifstream file(path, std::ios::binary);
  const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(bytes, serialize(fullModel()));
  EXPECT_EQ(readBmodel(path), fullModel());
  EXPECT_THROW(writeBmodel(fullModel(), folder / "absent" / "m.bmodel"), UserError);
  EXPECT_THROW(readBmodel(folder / "absent.bmodel"), UserError);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

TEST(Bmodel, ForeignAndTruncatedFilesAreOneSentence) {
  const std::vector<uint8_t> good = serialize(fullModel());
  EXPECT_EQ(refusal({}), "test.bmodel: not a bmodel: 0 bytes are less than the 64 of its header");
  std::vector<uint8_t> foreign(100, 'x');
  EXPECT_EQ(refusal(foreign), "test.bmodel: not a bmodel: it begins with 0x78787878, expected 0xff55aaee");
  std::vector<uint8_t> cut(good.begin(), good.end() - 1);
  EXPECT_EQ(refusal(cut), "test.bmodel: truncated: " + std::to_string(good.size() - 1) + " of " +
                              std::to_string(good.size()) + " bytes");
  std::vector<uint8_t> damaged = good;
  damaged[64] = 0xff, damaged[65] = 0xff;
  EXPECT_EQ(refusal(damaged), "test.bmodel: its tables are damaged (the flatbuffer does not verify)");
  std::vector<uint8_t> header = good;
  header[4] = 32;
  EXPECT_EQ(refusal(header), "test.bmodel: its header says 32 bytes, expected 64");
}

TEST(Bmodel, BlobOutsideTheFileIsRefused) {
  Model model;
  model.chip = "X";
  model.kernelModule = Module{"a", bytesFrom(1, 100)};
  std::vector<uint8_t> bytes = serialize(model);
  // The only 64-bit word of value 100 is the size of the blob.
  bool changed = false;
  for (size_t i = 64; i + 8 <= bytes.size() - 100; i += 4)
    if (bytes[i] == 100 &&
        std::all_of(bytes.begin() + i + 1, bytes.begin() + i + 8, [](uint8_t b) { return b == 0; })) {
      bytes[i] = 101;
      changed = true;
    }
  ASSERT_TRUE(changed);
  EXPECT_EQ(refusal(bytes),
            "test.bmodel: a blob of 101 bytes at 0 lies outside the 100 bytes of data; the file is damaged");
}

TEST(Bmodel, DataBehindTheEndIsTolerated) {
  std::vector<uint8_t> bytes = serialize(fullModel());
  bytes.resize(bytes.size() + 10);
  EXPECT_EQ(readBytes(bytes), fullModel());
}

TEST(Bmodel, UnalignedMemoryIsFine) {
  const std::vector<uint8_t> good = serialize(fullModel());
  auto owner = std::make_shared<std::vector<uint8_t>>(good.size() + 1);
  std::copy(good.begin(), good.end(), owner->begin() + 1);
  EXPECT_EQ(readBmodel(std::span(*owner).subspan(1), owner, "x"), fullModel());
}

TEST(StreamText, TextRebuildsTheSameStreams) {
  const isa::Table &table = isa::tableFor("bm1684x");
  const Model model = soundModel(table);
  const std::string text = disassemble(model, table);
  EXPECT_TRUE(
      text.starts_with("group net 0 stage 0 group 0 = net 0 stage 0 subnet 0 group 0\ntiu 1 dep 1 SAR arith.adds "));
  EXPECT_EQ(assemble(model, table, text, "t", 128), model);
  // Into a container whose streams are gone.
  Model empty = model;
  for (const GroupRef &ref : commandGroups(empty))
    *ref.group = CmdGroup();
  EXPECT_EQ(assemble(empty, table, text, "t", 128), model);
}

TEST(StreamText, MistakesNameTheLine) {
  const isa::Table &table = isa::tableFor("bm1684x");
  const auto refused = [&](const std::string &text) -> std::string {
    try {
      assemble(soundModel(table), table, text, "t.txt", 128);
    } catch (const UserError &error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refused(""), "t.txt: holds no 'group' line");
  EXPECT_EQ(refused("# only a comment\n"), "t.txt: holds no 'group' line");
  EXPECT_EQ(refused("\ntiu 1 dep 0 SYSID sys.end\n"), "t.txt:2: a command stands before the first 'group' line");
  EXPECT_EQ(refused("group net 9"), "t.txt:1: the container has no group 'net 9'");
  EXPECT_EQ(refused("group net 0 stage 0 group 0\ntiu 1 dep 0 SYSID sys.e"), "t.txt:2: SYSID has no kind 'sys.e'");
}

} // namespace
