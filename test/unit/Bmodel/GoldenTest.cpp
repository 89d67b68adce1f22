//===- GoldenTest.cpp - A vendor-made bmodel ------------------------------===//
// A network compiled by the vendor's own back end: every command decodes,
// streams and text rebuild byte for byte, every container value survives.
// Skipped where the file is absent.

#include "tpu_mlir/Bmodel/StreamText.h"
#include "tpu_mlir/Isa/Command.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

using namespace tpu_mlir;
using namespace tpu_mlir::bmodel;

namespace {

class Golden : public testing::Test {
protected:
  void SetUp() override {
    const char *shared = std::getenv("TPU_MLIR_SHARED");
    path = std::filesystem::path(shared ? shared : SHARED_DIRECTORY) / "golden/yolov5s_bm1684x_int8_sym.bmodel";
    if (!std::filesystem::exists(path))
      GTEST_SKIP() << "vendor-made bmodel is absent (set TPU_MLIR_SHARED to the folder that holds golden/)";
    model = readBmodel(path);
  }
  std::string path;
  Model model;
  const isa::Table &table = isa::tableFor("bm1684x");
};

TEST_F(Golden, ContainerHoldsTheKnownValues) {
  EXPECT_EQ(model.type, "B");
  EXPECT_EQ(model.version, "2.2");
  EXPECT_EQ(model.chip, "BM1684X");
  EXPECT_EQ(model.neuronSize, 5013504u);
  ASSERT_EQ(model.net.size(), 1u);
  ASSERT_EQ(model.net[0].parameter.size(), 1u);
  const NetParameter &p = model.net[0].parameter[0];
  EXPECT_EQ(p.ctxAddr, 0x1007c5000u);
  EXPECT_FALSE(p.coeffMem.has_value());
  ASSERT_EQ(p.cmdGroup.size(), 1u);
  EXPECT_EQ(p.cmdGroup[0].bdcNum, 430u);
  EXPECT_EQ(p.cmdGroup[0].gdmaNum, 142u);
  EXPECT_EQ(p.cmdGroup[0].bdcCmdByte, 21888u);
  EXPECT_EQ(p.cmdGroup[0].gdmaCmdByte, 13568u);
  EXPECT_EQ(p.cmdGroup[0].bdc->size(), 21888u);
  EXPECT_EQ(p.inputTensor[0].dataType, 3u);
  EXPECT_EQ(p.outputTensor.size(), 3u);
}

TEST_F(Golden, EveryCommandDecodesAndEncodesTheSameBytes) {
  const CmdGroup &group = model.net[0].parameter[0].cmdGroup[0];
  const auto tiu = isa::decodeStream(table, isa::Engine::TIU, group.bdc->bytes());
  const auto gdma = isa::decodeStream(table, isa::Engine::GDMA, group.gdma->bytes());
  EXPECT_EQ(tiu.size(), group.bdcNum);
  EXPECT_EQ(gdma.size(), group.gdmaNum);
  EXPECT_EQ(Blob(isa::encodeStream(tiu, 128)), *group.bdc);
  EXPECT_EQ(Blob(isa::encodeStream(gdma, 128)), *group.gdma);
  std::map<std::string_view, int> kinds;
  for (const auto *commands : {&tiu, &gdma})
    for (const isa::Command &command : *commands) {
      ++kinds[command.kind()->name];
      // What the vendor's stream uses is legal by the table, field by field, and every kind is marked as verified.
      isa::Command again = isa::Command::make(*command.info);
      for (const isa::FieldInfo &row : command.info->fields)
        EXPECT_NO_THROW(again.set(row, command.get(row))) << command.info->name << " " << row.name;
      EXPECT_EQ(again, command);
      EXPECT_EQ(command.kind()->evidence, isa::Evidence::Verified) << command.kind()->name;
    }
  EXPECT_EQ(kinds["conv.normal"], 68);
  EXPECT_EQ(kinds["quant.rq1"], 68);
  EXPECT_EQ(kinds["sg.pe_s_gather_d1coor"], 61);
  EXPECT_EQ(kinds["pord.maxpooling"], 3);
  EXPECT_EQ(kinds["dma.tensor"], 126);
}

TEST_F(Golden, TypedViewsEncodeTheSameCommand) {
  const CmdGroup &group = model.net[0].parameter[0].cmdGroup[0];
  unsigned compared = 0;
  const auto compare = [&]<typename T>(const isa::Command &command, T) {
    if (command.info->id == T::kId)
      compared += isa::encode(table, isa::as<T>(command)) == command;
  };
  for (const auto &[engine, blob] : {std::pair(isa::Engine::TIU, group.bdc), std::pair(isa::Engine::GDMA, group.gdma)})
    for (const isa::Command &command : isa::decodeStream(table, engine, blob->bytes())) {
      compare(command, isa::SAR{}), compare(command, isa::SCONV{}), compare(command, isa::SRQ{});
      compare(command, isa::SSG{}), compare(command, isa::STRANS{}), compare(command, isa::SPORD{});
      compare(command, isa::SYSID{}), compare(command, isa::DMATensor{}), compare(command, isa::SDMASys{});
    }
  EXPECT_EQ(compared, 430u + 142u);
}

TEST_F(Golden, TextRebuildsTheStreams) {
  const std::string text = disassemble(model, table);
  Model stripped = model;
  for (const GroupRef &ref : commandGroups(stripped))
    *ref.group = CmdGroup();
  EXPECT_EQ(assemble(stripped, table, text, "text", 128), model);
}

TEST_F(Golden, ContainerSurvives) {
  const std::vector<uint8_t> bytes = serialize(model);
  auto owner = std::make_shared<const std::vector<uint8_t>>(bytes);
  const Model back = readBmodel(*owner, owner, "again");
  EXPECT_EQ(back, model);
  EXPECT_EQ(serialize(back), bytes);
}

} // namespace
