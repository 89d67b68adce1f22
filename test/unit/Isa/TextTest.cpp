//===- TextTest.cpp - Commands as text ------------------------------------===//
// Text round trips of every form, errors in one sentence, and damaged lines.

#include "tpu_mlir/Isa/Text.h"
#include "RandomCommands.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::isa;

namespace {

TEST(IsaText, RandomCommandsSurviveTheRoundTrip) {
  std::mt19937_64 random(4);
  for (const Table *table : allTables())
    for (const CommandInfo &info : table->commands)
      for (int round = 0; round < 200; ++round) {
        const Command command = randomCommand(info, random);
        const std::string text = toText(*table, command);
        const Command back = fromText(*table, text);
        ASSERT_EQ(back, command) << text;
        ASSERT_EQ(toText(*table, back), text);
      }
}

TEST(IsaText, IllegalBitsSurvive) {
  // Streams of others may set reserved bits or formats that we do not know: text must keep them.
  std::mt19937_64 random(5);
  for (const CommandInfo &info : tableFor("bm1684x").commands)
    for (int round = 0; round < 50; ++round) {
      Command command = randomCommand(info, random);
      for (const FieldInfo &row : info.fields)
        if (!isSelector(info, row) && random() % 4 == 0)
          command.put(row, random());
      ASSERT_EQ(fromText(tableFor("bm1684x"), toText(tableFor("bm1684x"), command)), command);
    }
}

TEST(IsaText, ReadsWell) {
  const Table &table = tableFor("bm1684x");
  SCONV conv;
  conv.cmd_id = 9, conv.cmd_id_dep = 4, conv.opd1_sign = 1, conv.res0_prec = kTiuPrecInt32, conv.res0_addr = 0x20000;
  EXPECT_EQ(toText(table, encode(table, conv)),
            "tiu 9 dep 4 SCONV conv.normal opd1_sign=1 res0_prec=int32 res0_addr=0x20000");
  DMATensor dma;
  dma.cmd_id = 1, dma.cmd_special_function = kDmaTensorBroadcast, dma.src_csize = 3;
  dma.setSrcAddr(0x1007c5000);
  EXPECT_EQ(toText(table, encode(table, dma)),
            "gdma 1 dep 0 DMATensor dma.tensor.broadcast src_csize=3 src_start_addr=0x1007c5000");
}

void expectError(std::string_view line, std::string_view sentence) {
  try {
    fromText(tableFor("bm1684x"), line);
    ADD_FAILURE() << "accepted: " << line;
  } catch (const UserError &error) {
    EXPECT_EQ(std::string_view(error.what()), sentence);
  }
}

TEST(IsaText, MistakesAreOneSentence) {
  expectError("hello", "expected 'tiu <id> dep <id> <command> <kind> ...' or the same with gdma, found 'hello'");
  expectError("tiu 1 dep 0 SCON conv.normal", "no tiu command is called 'SCON'");
  expectError("gdma 1 dep 0 SCONV conv.normal", "no gdma command is called 'SCONV'");
  expectError("tiu 1 dep 0 SCONV conv.strange", "SCONV has no kind 'conv.strange'");
  expectError("tiu 1 dep 0 SCONV conv.normal res0_q=1", "SCONV has no field 'res0_q'");
  expectError("tiu 1 dep 0 SCONV conv.normal tsk_typ=3", "SCONV has no field 'tsk_typ'");
  expectError("tiu 1 dep 0 SCONV conv.normal res0_n", "expected field=value, found 'res0_n'");
  expectError("tiu 1 dep 0 SCONV conv.normal res0_n=x", "expected a number, found 'x'");
  expectError("tiu 1 dep 0 SCONV conv.normal res0_n=65536", "SCONV field 'res0_n' cannot hold 65536: it has 16 bits");
  expectError("tiu 1048576 dep 0 SCONV conv.normal", "SCONV field 'cmd_id' cannot hold 1048576: it has 20 bits");
  expectError("tiu 1 dep 0 LAR lar.eu0", "LAR has no ids; write '-', not '1'");
  expectError("gdma 1 dep 0 DMATensor dma.tensor src_start_addr=0x10000000000",
              "DMATensor field 'src_start_addr_h8' cannot hold 256: it has 8 bits");
}

TEST(IsaText, DamagedLinesGiveASentence) {
  std::mt19937_64 random(6);
  const Table &table = tableFor("bm1684x");
  unsigned accepted = 0, refused = 0;
  for (int round = 0; round < 5000; ++round) {
    const CommandInfo &info = table.commands[random() % table.commands.size()];
    std::string text = toText(table, randomCommand(info, random));
    for (unsigned edits = 1 + random() % 3; edits; --edits)
      switch (random() % 3) {
      case 0:
        text[random() % text.size()] = char(random());
        break;
      case 1:
        text.erase(random() % text.size(), 1 + random() % 5);
        break;
      case 2:
        text.insert(random() % text.size(), 1, "=0x -9a."[random() % 8]);
        break;
      }
    try {
      fromText(table, text);
      ++accepted;
    } catch (const UserError &error) {
      EXPECT_GT(std::string_view(error.what()).size(), 10u);
      ++refused;
    }
    if (text.empty())
      break;
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(accepted, 10u);
}

} // namespace
