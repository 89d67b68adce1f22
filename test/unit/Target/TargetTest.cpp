//===- TargetTest.cpp - Chips by name -------------------------------------===//
// Names, aliases and refusals, and numbers of each chip that must agree with
// one another and with its instruction table.

#include "tpu_mlir/Target/Target.h"
#include "tpu_mlir/Isa/Table.h"
#include "tpu_mlir/Kernel/Round.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

#include <string>

using namespace tpu_mlir;
using namespace tpu_mlir::target;

namespace {

std::string refusal(std::string_view name) {
  try {
    lookup(name);
  } catch (const UserError &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Target, BuiltChipIsFoundInAnyCase) {
  const Chip &chip = lookup("bm1684x");
  EXPECT_EQ(chip.identity.name, "bm1684x");
  EXPECT_EQ(&lookup("BM1684X"), &chip);
  EXPECT_EQ(chip.local.lanes, 64);
  EXPECT_EQ(chip.local.laneBytes, 256 * 1024);
  EXPECT_EQ(chip.global.ddrBase, 0x100000000);
  EXPECT_EQ(chip.compute.mac8, 16384);
  EXPECT_EQ(chip.quant.activationLevelsSigned, 128);
}

TEST(Target, KnownChipWithoutRulesIsRefused) {
  EXPECT_EQ(refusal("bm1688"), "known chip 'bm1688' has no rules yet; built: bm1684x");
  for (std::string_view name :
       {"bm1684", "bm1686", "bm1688", "cv186x", "bm1690", "cv183x", "cv182x", "cv181x", "cv180x"})
    EXPECT_EQ(refusal(name), "known chip '" + std::string(name) + "' has no rules yet; built: bm1684x");
}

TEST(Target, UnknownChipGetsASuggestion) {
  const std::string known = " known: bm1684, bm1684x, bm1686, bm1688, cv186x, bm1690, cv183x, cv182x, cv181x, cv180x";
  EXPECT_EQ(refusal("bm1648x"), "unknown chip 'bm1648x'; did you mean 'bm1684x'?" + known);
  EXPECT_EQ(refusal("toaster"), "unknown chip 'toaster';" + known);
  EXPECT_EQ(refusal(""), "unknown chip '';" + known);
  EXPECT_EQ(refusal(std::string(100000, 'x')), "unknown chip '" + std::string(32, 'x') + "';" + known);
}

TEST(Target, NumbersAgreeWithOneAnother) {
  for (const Chip *chip : builtChips()) {
    EXPECT_EQ(chip->local.laneBytes % chip->local.banks, 0);
    EXPECT_LE(chip->local.laneBytes, chip->local.laneStride);
    EXPECT_EQ(chip->compute.eu8, chip->local.alignBytes);
    EXPECT_EQ(chip->compute.eu16 * 2, chip->local.alignBytes);
    EXPECT_EQ(chip->compute.eu32 * 4, chip->local.alignBytes);
    EXPECT_EQ(chip->compute.mac8, chip->local.lanes * chip->compute.icParallel8 * chip->time.convPixels);
    EXPECT_LT(chip->limits.minShift, 0);
    EXPECT_GT(chip->time.gdmaLoadBytes, 0);
    EXPECT_FALSE(chip->identity.precisions.empty());
  }
}

TEST(Target, EveryNumberHasASource) {
  for (const Chip *chip : builtChips()) {
    EXPECT_GT(chip->facts.size(), 60u);
    for (const Fact &fact : chip->facts) {
      EXPECT_FALSE(fact.source.empty()) << fact.key;
      EXPECT_FALSE(fact.meaning.empty()) << fact.key;
      EXPECT_FALSE(fact.value.empty()) << fact.key;
    }
  }
}

TEST(Target, InstructionTableKnowsTheChip) {
  for (const Chip *chip : builtChips()) {
    const isa::Table &table = isa::tableFor(chip->identity.isa);
    EXPECT_EQ(&isa::tableFor(chip->identity.name), &table);
    for (std::string_view round : {chip->quant.requantRound, chip->quant.floatRound})
      EXPECT_EQ(uint64_t(kernel::roundNamed(round)), uint64_t(table.valueOf("round_mode", round)));
    // The id fields are as wide as the limit says.
    for (const isa::CommandInfo &info : table.commands)
      if (const isa::FieldInfo *id = info.find(isa::Field::cmd_id)) {
        EXPECT_EQ(int64_t(id->maximum) + 1, chip->limits.commandIds) << info.name;
      }
  }
}

TEST(Target, AliasesLeadToKnownNames) {
  for (const Alias &alias : aliases())
    EXPECT_NE(std::find(knownNames().begin(), knownNames().end(), alias.target), knownNames().end()) << alias.name;
}

} // namespace
