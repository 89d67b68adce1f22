//===- FuzzTest.cpp - Damaged bmodels and texts ---------------------------===//
// Thousands of seeded mutations: reading, disassembling and assembling either
// work or throw a UserError. Meant to run under AddressSanitizer and UBSan, too.

#include "SampleModel.h"
#include "tpu_mlir/Bmodel/Check.h"
#include "tpu_mlir/Bmodel/StreamText.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::bmodel;

namespace {

void mutate(std::vector<uint8_t> &bytes, std::mt19937 &random) {
  for (unsigned edits = 1 + random() % 8; edits && !bytes.empty(); --edits) {
    const size_t at = random() % bytes.size();
    switch (random() % 6) {
    case 0:
      bytes[at] ^= uint8_t(1u << random() % 8);
      break;
    case 1:
      bytes[at] = uint8_t(random());
      break;
    case 2:
      bytes[at] = random() % 2 ? 0xff : 0;
      break;
    case 3:
      bytes.resize(at);
      break;
    case 4:
      bytes.insert(bytes.begin() + at, uint8_t(random()));
      break;
    case 5: // Aim at the header and the tables, where structure is.
      bytes[random() % std::min<size_t>(bytes.size(), 1024)] = uint8_t(random());
      break;
    }
  }
}

struct Tally {
  unsigned accepted = 0, refused = 0;
};

template <typename Action> void attempt(Tally &tally, Action &&action) {
  try {
    action();
    ++tally.accepted;
  } catch (const UserError &error) {
    EXPECT_GT(std::string_view(error.what()).size(), 10u);
    ++tally.refused;
  }
}

void useEverything(const Model &model) {
  // Touches every byte that the reader handed out.
  const std::vector<uint8_t> bytes = serialize(model);
  EXPECT_GE(bytes.size(), 64u);
  Tally streams;
  attempt(streams, [&] { disassemble(model, isa::tableFor("bm1684x")); });
  // The check reports; it never throws, however wrong the model is.
  for (const Finding &finding : check(model, isa::tableFor("bm1684x"), target::lookup("bm1684x")))
    EXPECT_FALSE(finding.sentence.empty());
}

TEST(BmodelFuzz, DamagedFilesGiveASentenceOrAModel) {
  std::mt19937 random(7);
  Tally tally;
  for (const Model &seed : {fullModel(), soundModel(isa::tableFor("bm1684x"))}) {
    const std::vector<uint8_t> good = serialize(seed);
    for (int round = 0; round < 4000; ++round) {
      auto bytes = std::make_shared<std::vector<uint8_t>>(good);
      mutate(*bytes, random);
      // Exactly as long as its content, so that a read beyond the end is seen.
      bytes->shrink_to_fit();
      attempt(tally, [&] { useEverything(readBmodel(*bytes, bytes, "fuzz")); });
    }
  }
  EXPECT_GT(tally.refused, 2000u);
  EXPECT_GT(tally.accepted, 1000u);
}

TEST(BmodelFuzz, DamagedTablesInsideASoundFile) {
  // Only the flatbuffer is hit, and the header still fits: this goes past the outer checks.
  std::mt19937 random(8);
  Tally tally;
  const std::vector<uint8_t> good = serialize(fullModel());
  const size_t tableBytes = good[8] | size_t(good[9]) << 8;
  for (int round = 0; round < 8000; ++round) {
    auto bytes = std::make_shared<std::vector<uint8_t>>(good);
    for (unsigned edits = 1 + random() % 3; edits; --edits)
      (*bytes)[64 + random() % tableBytes] = random() % 2 ? uint8_t(random()) : uint8_t(random() % 16);
    attempt(tally, [&] { useEverything(readBmodel(*bytes, bytes, "fuzz")); });
  }
  EXPECT_GT(tally.refused, 1000u);
  EXPECT_GT(tally.accepted, 100u);
}

TEST(BmodelFuzz, DamagedTextsGiveASentenceOrAModel) {
  std::mt19937 random(9);
  Tally tally;
  const isa::Table &table = isa::tableFor("bm1684x");
  const Model model = soundModel(table);
  const std::string good = disassemble(model, table);
  for (int round = 0; round < 4000; ++round) {
    std::vector<uint8_t> bytes(good.begin(), good.end());
    mutate(bytes, random);
    const std::string text(bytes.begin(), bytes.end());
    attempt(tally, [&] { assemble(model, table, text, "fuzz", 128); });
  }
  EXPECT_GT(tally.refused, 1000u);
  EXPECT_GT(tally.accepted, 20u);
}

TEST(BmodelFuzz, RandomCommandsAreCheckedWithoutHarm) {
  std::mt19937_64 random(10);
  const isa::Table &table = isa::tableFor("bm1684x");
  const target::Chip &chip = target::lookup("bm1684x");
  const Model model = soundModel(table);
  const std::vector<Region> regions = globalRegions(model.net[0].parameter[0], 0, chip);
  size_t found = 0;
  for (const isa::CommandInfo &info : table.commands)
    for (int round = 0; round < 300; ++round) {
      isa::Command command = isa::Command::make(info);
      command.put(*info.find(info.kindField), info.kinds[random() % info.kinds.size()].value);
      for (const isa::FieldInfo &row : info.fields)
        if (row.id != info.kindField && random() % 2 && row.name != "tsk_typ" && row.name != "cmd_type" &&
            row.name != "cmd_short")
          command.put(row, random() % 4 ? random() % 70 : random());
      found += checkCommand(command, chip, regions).size();
    }
  EXPECT_GT(found, 1000u);
}

} // namespace
