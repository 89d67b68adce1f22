//===- SafetyTest.cpp - The proof over whole streams ----------------------===//
// A sound program passes; each planted mistake is found and named in one line.

#include "tpu_mlir/Check/Safety.h"
#include "Mutate.h"
#include "Program.h"
#include "SampleModel.h"
#include "tpu_mlir/Bmodel/StreamText.h"
#include "tpu_mlir/Isa/Text.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

using namespace tpu_mlir;

namespace {

const isa::Table &table() { return isa::tableFor("bm1684x"); }
const target::Chip &chip() { return target::lookup("bm1684x"); }

/// Findings of the safety part alone.
std::string findings(const bmodel::Model &model) {
  safety::Report report;
  const bmodel::NetParameter &p = model.net[0].parameter[0];
  safety::checkStage(p, "s", bmodel::globalRegions(p, model.net[0].addrMode, chip()), table(), chip(), report);
  std::string out;
  for (const bmodel::Finding &finding : report.findings)
    out += finding.where + ": " + finding.sentence + "\n";
  return out;
}

/// Findings after the first `from` in the text of the program's streams became `to`.
std::string afterEdit(const std::string &from, const std::string &to,
                      const bmodel::Model &model = test::Program::make().model()) {
  std::string text = bmodel::disassemble(model, table());
  const size_t at = text.find(from);
  if (at == std::string::npos)
    return "the text has no '" + from + "'";
  text.replace(at, from.size(), to);
  return findings(bmodel::assemble(bmodel::Model(model), table(), text, "edit", 128));
}

TEST(Safety, SoundProgramsPass) {
  EXPECT_EQ(findings(test::Program::make().model()), "");
  EXPECT_EQ(findings(bmodel::soundModel(table())), "");
  const safety::Report report = safety::checkModel(bmodel::soundModel(table()), table(), chip());
  EXPECT_TRUE(report.isSafe());
  EXPECT_EQ(report.groups, 1u);
  EXPECT_EQ(report.commands, 5u);
  EXPECT_EQ(report.accesses, 6u);
}

TEST(Safety, VendorMadeStreamPasses) {
  const char *shared = std::getenv("TPU_MLIR_SHARED");
  const auto path =
      std::filesystem::path(shared ? shared : SHARED_DIRECTORY) / "golden/yolov5s_bm1684x_int8_sym.bmodel";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << "vendor-made bmodel is absent (set TPU_MLIR_SHARED to the folder that holds golden/)";
  const safety::Report report = safety::checkModel(bmodel::readBmodel(path), table(), chip());
  EXPECT_TRUE(report.isSafe()) << report.findings[0].where << ": " << report.findings[0].sentence;
  EXPECT_EQ(report.commands, 572u);
}

TEST(Safety, EveryDependencyOfTheProgramIsNeeded) {
  EXPECT_EQ(afterEdit("tiu 1 dep 1", "tiu 1 dep 0"),
            "s group 0 tiu 1 SAR arith.muls: 'opd0' reads 0x0 to 0x58 of lanes 0 to 63 while gdma 1 DMATensor "
            "dma.tensor may be writing there; neither waits for the other\n");
  EXPECT_EQ(afterEdit("gdma 2 dep 2", "gdma 2 dep 1").substr(0, 130),
            "s group 0 tiu 2 SAR arith.subs: 'res0' writes 0x0 to 0x58 of lanes 0 to 63 while gdma 2 DMATensor "
            "dma.tensor may be reading there;");
  EXPECT_NE(afterEdit("gdma 4 dep 4", "gdma 4 dep 3"), "");
  EXPECT_NE(afterEdit("tiu 3 dep 3", "tiu 3 dep 2"), "");
}

TEST(Safety, ADependencyOfAnEarlierCommandCounts) {
  // tiu 2 needs no dependency of its own: tiu 1 has waited.
  EXPECT_EQ(afterEdit("tiu 2 dep 1", "tiu 2 dep 0"), "");
}

TEST(Safety, ReadsOfWhatNobodyWrote) {
  EXPECT_EQ(afterEdit("dst_start_addr=0x8000000", "dst_start_addr=0x8001000"),
            "s group 0 tiu 1 SAR arith.muls: 'opd0' reads 0x0 to 0x58 of lanes 0 to 63, which nothing has written\n");
  // One byte per row less is loaded.
  EXPECT_EQ(afterEdit("src_wsize=24", "src_wsize=23").substr(0, 102),
            "s group 0 tiu 1 SAR arith.muls: 'opd0' reads 0x17 to 0x58 of lanes 0 to 63, which nothing has written\n");
}

TEST(Safety, ReadsOfWhatNobodyWroteForNobodyAreNotes) {
  test::Program program = test::Program::make();
  program.tiu.pop_back(), program.gdma.pop_back();
  isa::SAR spare;
  spare.tsk_eu_typ = isa::kArithAdds, spare.tsk_opd_num = 2, spare.opd1_const = 1, spare.opd1_addr = 1;
  spare.opd0_sign = spare.opd1_sign = 1;
  spare.res0_n = spare.res0_h = 1, spare.res0_c = 64, spare.res0_w = 16;
  spare.opd0_addr = 0x8000, spare.res0_addr = 0xC000;
  program.add(spare, 4);
  program.finish();
  bmodel::Model model = program.model();
  const bmodel::NetParameter &p = model.net[0].parameter[0];
  const auto regions = bmodel::globalRegions(p, model.net[0].addrMode, chip());
  safety::Report report;
  safety::checkStage(p, "s", regions, table(), chip(), report);
  EXPECT_TRUE(report.isSafe());
  ASSERT_EQ(report.notes.size(), 2u); // the read, and the bytes that are written for nobody
  EXPECT_EQ(report.notes[0].sentence, "'opd0' reads 0x8000 to 0x8010 of lanes 0 to 63, which nothing has written; "
                                      "nothing reads what it computes from that");
  // Once a copy takes the result out, the read counts.
  program.tiu.pop_back(), program.gdma.pop_back();
  program.copy(0x8000000 + 0xC000, test::kProgramContext + 0x3800, 16, false, 5);
  program.finish();
  EXPECT_NE(findings(program.model()).find("'opd0' reads 0x8000 to 0x8010"), std::string::npos);
}

TEST(Safety, AWriteOverItself) {
  EXPECT_EQ(
      afterEdit("dst_cstride=48", "dst_cstride=20").substr(0, 133),
      "s group 0 gdma 2 DMATensor dma.tensor: 'dst' writes 0x100003000 to 0x10000357c with strides that put several "
      "elements into one place\n");
}

TEST(Safety, LanesAreKeptApart) {
  // Six channels less: only their lanes' second rows are missing.
  EXPECT_EQ(afterEdit("src_csize=70", "src_csize=65").substr(0, 101),
            "s group 0 tiu 1 SAR arith.muls: 'opd0' reads 0x40 to 0x58 of lanes 1 to 5, which nothing has written\n");
}

TEST(Safety, OutputsMustBeWrittenWhole) {
  const std::string text = afterEdit("dst_start_addr=0x100003018", "dst_start_addr=0x100003019");
  EXPECT_EQ(text, "s tensor 'y': nothing has written its bytes 0x100003018 to 0x100003d09\n");
}

TEST(Safety, WeightsThatTheFileNamesMustBeRead) {
  bmodel::Model model = test::Program::make().model();
  model.net[0].parameter[0].coeffMem->location = {{"filter", 0, 64}, {"bias", 64, 36}};
  EXPECT_EQ(findings(model), "s weight 'filter': nothing reads its bytes 0x100000000 to 0x100000040\n"
                             "s weight 'bias': nothing reads its bytes 0x100000040 to 0x100000064\n");
  model.net[0].parameter[0].coeffMem->location = {{"filter", 0, 24}};
  const std::string load = "src_start_addr=0x100001000 ";
  EXPECT_EQ(afterEdit(load, "src_start_addr=0x100000000 ", model), "");
  EXPECT_EQ(afterEdit(load, "src_start_addr=0x100000001 ", model),
            "s weight 'filter': nothing reads its bytes 0x100000000 to 0x100000001\n");
}

TEST(Safety, WithoutTensorTableBytesThatNobodyReadsAreNoted) {
  const auto notes = [](const bmodel::Model &model) {
    std::string out;
    for (const bmodel::Finding &note : safety::checkModel(model, table(), chip()).notes)
      out += note.where + ": " + note.sentence + "\n";
    return out;
  };
  const bmodel::Model model = test::Program::make().model();
  EXPECT_EQ(notes(model), "");
  // One element more in each of the 70 rows.
  std::string text = bmodel::disassemble(model, table());
  const std::string from = "src_wsize=24";
  text.replace(text.find(from), from.size(), "src_wsize=25");
  EXPECT_EQ(notes(bmodel::assemble(bmodel::Model(model), table(), text, "edit", 128)),
            "net 0 stage 0 group 0 gdma 1 DMATensor dma.tensor: 70 of the bytes that it writes, the first at "
            "0x18, are read by nobody\n");
}

/// The program with a table: layer 'a' makes 70 channels of 24 bytes in place, and stores them.
bmodel::Model withTable(const std::string &json) {
  bmodel::Model model = test::Program::make().model();
  model.net[0].parameter[0].tensorLoc = bmodel::Blob(std::vector<uint8_t>(json.begin(), json.end()));
  return model;
}

TEST(Safety, ATableThatCannotBeReadIsAFinding) {
  EXPECT_EQ(findings(withTable("nonsense")).substr(0, 36), "s: its tensor table cannot be read: ");
}

TEST(Safety, WithTensorTableBytesThatNobodyReadsAreBlamed) {
  const bmodel::Model model = withTable(
      R"({"version":2,"tensors":[],"layers":[{"name":"a","op":"my.Op","reads":[["x","in order"]],"commands":[[0,"tiu",1,4],[0,"gdma",1,4]]}]})");
  EXPECT_EQ(findings(model), "");
  EXPECT_EQ(afterEdit("src_wsize=24", "src_wsize=25", model),
            "s group 0 gdma 1 DMATensor dma.tensor: 'src' reads beyond the end of an axis of input 'x'\n")
      << "of a tensor a part may stay unread";
  const std::string store = "src_nsize=1 src_csize=70 src_hsize=1 src_wsize=", from = " src_start_addr=0x8000";
  const std::string found = afterEdit(store + "24" + from, store + "23" + from, model);
  EXPECT_NE(found.find("of the bytes that it writes"), std::string::npos) << found;
}

TEST(Safety, WhatALayerLeavesUnnamedIsItsOwn) {
  const bmodel::Model model = withTable(
      R"({"version":2,"tensors":[],"layers":[{"name":"a","op":"my.Op","reads":[["x","in order"]],"commands":[[0,"tiu",1,1],[0,"gdma",1,4]]},)"
      R"({"name":"b","op":"my.Op","reads":[["x","in order"]],"commands":[[0,"tiu",2,4]]}]})");
  EXPECT_NE(findings(model).find("reads what only layer 'a' may read"), std::string::npos) << findings(model);
}

TEST(Safety, APieceIsWhatItsLayerMade) {
  const std::string piece = R"("pieces":[{"of":[1,70,1,24],"begin":[0,0,0,0],"size":[1,70,1,24],"lane":0,)"
                            R"("offset":OFFSET,"layout":"aligned","after":[0,"tiu",1]}])";
  const auto found = [&](const std::string &offset) {
    std::string at = piece;
    at.replace(at.find("OFFSET"), 6, offset);
    return findings(withTable(
        R"({"version":2,"tensors":[{"name":"a","dtype":"i8","shape":[1,70,1,24],"scale":1,"zero_point":0,)" + at +
        R"(}],"layers":[{"name":"a","op":"my.Op","reads":[["x","in order"]],"commands":[[0,"tiu",1,4],[0,"gdma",1,4]]}]})"));
  };
  EXPECT_NE(found("192000").find("completes a piece of tensor 'a' of which nothing has written a part"),
            std::string::npos)
      << found("192000");
}

TEST(Safety, ALayerReadsWhatItsTraitsName) {
  const auto found = [](const std::string &reads) {
    return findings(withTable(R"({"version":2,"tensors":[],"layers":[{"name":"a","op":"my.Op",)" + reads +
                              R"("commands":[[0,"tiu",1,4],[0,"gdma",1,4]]}]})"));
  };
  EXPECT_EQ(found(R"("reads":[["x","in order"]],)"), "");
  EXPECT_NE(found(R"("reads":[["y","in order"]],)").find("reads tensor 'x', which its layer does not take"),
            std::string::npos)
      << found(R"("reads":[["y","in order"]],)");
}

TEST(Safety, ATableWithoutTraitsBlamesNobodyForValues) {
  const bmodel::Model model = withTable(
      R"({"version":2,"tensors":[],"layers":[{"name":"a","op":"tpu.Add","commands":[[0,"tiu",1,1],[0,"gdma",1,4]]},)"
      R"({"name":"b","op":"tpu.Add","commands":[[0,"tiu",2,4]]}]})");
  EXPECT_EQ(findings(model), "");
  std::string notes;
  for (const bmodel::Finding &note : safety::checkModel(model, table(), chip()).notes)
    notes += note.sentence + "\n";
  EXPECT_NE(notes.find("reads what only layer 'a' may read"), std::string::npos) << notes;
  EXPECT_NE(notes.find("does not say how its layers read"), std::string::npos) << notes;
}

TEST(Safety, RegionsOfGlobalMemory) {
  EXPECT_EQ(afterEdit("dst_start_addr=0x100003000", "dst_start_addr=0x100000000").substr(0, 128),
            "s group 0 gdma 2 DMATensor dma.tensor: 'dst' writes 0x100000000 to 0x100000d08 of the weights, which must "
            "stay as they are\ns ten");
  EXPECT_NE(afterEdit("src_start_addr=0x100001000", "src_start_addr=0x100004800")
                .find("which lies in no region of global memory"),
            std::string::npos);
  EXPECT_NE(afterEdit("dst_start_addr=0x8000000", "dst_start_addr=0x803fff0").find("outside local memory"),
            std::string::npos);
}

TEST(Safety, AnIllegalAddressIsSaidOnce) {
  std::string text = bmodel::disassemble(bmodel::soundModel(table()), table());
  const std::string from = "dst_start_addr=0x100002000";
  text.replace(text.find(from), from.size(), "dst_start_addr=0x100000000");
  const bmodel::Model model = bmodel::assemble(bmodel::soundModel(table()), table(), text, "edit", 128);
  std::string out;
  for (const bmodel::Finding &finding : safety::checkModel(model, table(), chip()).findings)
    out += finding.where + ": " + finding.sentence + "\n";
  EXPECT_EQ(out,
            "net 0 stage 0 group 0 gdma 2 DMATensor dma.tensor: destination at 0x100000000 writes into the weights\n"
            "net 0 stage 0 tensor 'out': nothing has written its bytes 0x100002000 to 0x100003000\n");
}

TEST(Safety, GroupsRunOneAfterTheOther) {
  bmodel::Model model = test::Program::make().model();
  bmodel::NetParameter &p = model.net[0].parameter[0];
  // The second group may use what the first one left, though no command of it waits.
  const bmodel::CmdGroup first = p.cmdGroup[0];
  p.cmdGroup.push_back(first);
  p.subNet[0].cmdGroup.push_back(first);
  EXPECT_EQ(findings(model), "");
}

TEST(Safety, AFormThatCannotBeCheckedIsSaid) {
  test::Program program = test::Program::make();
  program.tiu.pop_back(), program.gdma.pop_back();
  isa::SAR copy;
  copy.tsk_eu_typ = isa::kArithCopyMb, copy.tsk_opd_num = 1;
  copy.res0_n = copy.res0_c = copy.res0_h = copy.res0_w = 1;
  program.add(copy, 0);
  program.finish();
  EXPECT_EQ(findings(program.model()),
            "s group 0 tiu 5 SAR arith.copyMb: no public source says what this form reads and writes, so it cannot be "
            "checked\n");
}

TEST(Safety, DamagedStreamsEndInFindings) {
  std::mt19937_64 random(5);
  const bmodel::Model sound = test::Program::make().model();
  for (int i = 0; i < 3000; ++i) {
    bmodel::Model model = sound;
    bmodel::CmdGroup &group = model.net[0].parameter[0].cmdGroup[0];
    bmodel::OptionalBlob &blob = random() & 1 ? group.bdc : group.gdma;
    std::vector<uint8_t> bytes(blob->bytes().begin(), blob->bytes().end());
    for (int flips = 1 + int(random() % 3); flips > 0; --flips)
      bytes[random() % bytes.size()] ^= uint8_t(1 << random() % 8);
    blob = bmodel::Blob(std::move(bytes));
    model.net[0].parameter[0].subNet[0].cmdGroup[0] = group;
    safety::checkModel(model, table(), chip());
  }
}

TEST(Safety, PlantedFaultsAreSeen) {
  const bmodel::Model model = test::Program::make().model();
  for (test::FaultKind kind : test::kFaultKinds) {
    const test::Tally tally = test::plant(model, kind, 30, 11);
    EXPECT_EQ(tally.missed, 0) << test::nameOf(kind) << ": " << (tally.missedOnes.empty() ? "" : tally.missedOnes[0]);
    EXPECT_GT(tally.effective, 0) << test::nameOf(kind);
    if (kind == test::FaultKind::LowerDependency) {
      EXPECT_EQ(tally.byChecker, tally.effective);
    }
  }
}

} // namespace
