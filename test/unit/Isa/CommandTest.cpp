//===- CommandTest.cpp - Encoding and decoding ----------------------------===//
// Round trips of random legal commands of every form, an encoder that is
// independent of ours, range errors, and streams that are garbage.

#include "tpu_mlir/Isa/Command.h"
#include "RandomCommands.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::isa;

namespace {

constexpr int kRounds = 300;

/// Sets single bits by position, as the table's convention says, with no words and no masks.
std::vector<uint8_t> encodeBitByBit(const Command &command) {
  std::vector<uint8_t> bytes(command.info->bytes);
  for (const FieldInfo &row : command.info->fields)
    for (unsigned i = 0; i < row.width; ++i)
      if (command.get(row) >> i & 1)
        bytes[(row.bit + i) / 8] |= uint8_t(1u << (row.bit + i) % 8);
  return bytes;
}

TEST(IsaCommand, RandomCommandsSurviveTheRoundTrip) {
  std::mt19937_64 random(1);
  for (const Table *table : allTables())
    for (const CommandInfo &info : table->commands)
      for (int round = 0; round < kRounds; ++round) {
        const Command command = randomCommand(info, random);
        std::vector<uint8_t> bytes;
        command.appendTo(bytes);
        ASSERT_EQ(bytes, encodeBitByBit(command)) << info.name;
        size_t offset = 0;
        const Command back = decode(*table, info.engine, bytes, offset);
        ASSERT_EQ(back.info, &info) << info.name << " decodes as " << back.info->name;
        ASSERT_EQ(offset, info.bytes);
        for (const FieldInfo &row : info.fields)
          ASSERT_EQ(back.get(row), command.get(row)) << info.name << " " << row.name;
        std::vector<uint8_t> again;
        back.appendTo(again);
        ASSERT_EQ(again, bytes) << info.name;
      }
}

TEST(IsaCommand, FieldsLieWhereTheVendorPutsThem) {
  // A few positions by hand, so that a slip in the table's reader cannot hide: bits 1.., 21.., 41.. of every TIU head.
  SCONV conv;
  conv.cmd_id = 5;
  conv.cmd_id_dep = 3;
  conv.opd0_sign = 1;
  conv.res0_addr = 0x2000000;
  conv.opd0_w_str = 0x1234;
  std::vector<uint8_t> bytes;
  encode(tableFor("bm1684x"), conv).appendTo(bytes);
  ASSERT_EQ(bytes.size(), 64u);
  const auto word = [&](int i) {
    uint64_t value = 0;
    for (int b = 7; b >= 0; --b)
      value = value << 8 | bytes[8 * i + b];
    return value;
  };
  EXPECT_EQ(word(0), 1ull | 5ull << 1 | 3ull << 21 | 1ull << 50 | 1ull << 55);
  EXPECT_EQ(word(1), 0x2000000ull << (101 - 64));
  EXPECT_EQ(word(7), 0x1234ull << (496 - 448));
}

template <typename T> void typedRoundTrip(const Table &table, std::mt19937_64 &random) {
  const CommandInfo &info = *table.find(T::kId);
  for (int round = 0; round < 50; ++round) {
    Command command = randomCommand(info, random);
    // Typed structs hold no reserved bits, and legal commands have none set.
    const T typed = as<T>(command);
    EXPECT_EQ(encode(table, typed), command) << info.name;
  }
}

TEST(IsaCommand, TypedStructsHoldEveryField) {
  std::mt19937_64 random(2);
  const Table &table = tableFor("bm1684x");
  typedRoundTrip<SAR>(table, random);
  typedRoundTrip<AR>(table, random);
  typedRoundTrip<SCONV>(table, random);
  typedRoundTrip<CONV>(table, random);
  typedRoundTrip<SPORD>(table, random);
  typedRoundTrip<SRQ>(table, random);
  typedRoundTrip<SSG>(table, random);
  typedRoundTrip<SSGL>(table, random);
  typedRoundTrip<STRANS>(table, random);
  typedRoundTrip<SMM>(table, random);
  typedRoundTrip<SMM2>(table, random);
  typedRoundTrip<SSFU>(table, random);
  typedRoundTrip<SLIN>(table, random);
  typedRoundTrip<SCMP>(table, random);
  typedRoundTrip<SVC>(table, random);
  typedRoundTrip<LAR>(table, random);
  typedRoundTrip<SYSID>(table, random);
  typedRoundTrip<DMATensor>(table, random);
  typedRoundTrip<DMAMatrix>(table, random);
  typedRoundTrip<DMAGeneral>(table, random);
  typedRoundTrip<DMAGather>(table, random);
  typedRoundTrip<DMACwTranspose>(table, random);
  typedRoundTrip<SDMASys>(table, random);
}

TEST(IsaCommand, DefaultsMatchTheFreshCommand) {
  const Table &table = tableFor("bm1684x");
  SAR sar;
  EXPECT_EQ(encode(table, sar), Command::make(*table.find(CommandId::SAR)));
  DMATensor dma;
  EXPECT_EQ(encode(table, dma), Command::make(*table.find(CommandId::DMATensor)));
  EXPECT_EQ(dma.localmemMask(), ~0ull);
}

TEST(IsaCommand, AddressPairsSplitAndJoin) {
  DMATensor dma;
  dma.setSrcAddr(0x1234567890);
  dma.setDstAddr(0x08000040);
  EXPECT_EQ(dma.src_start_addr_l32, 0x34567890u);
  EXPECT_EQ(dma.src_start_addr_h8, 0x12u);
  EXPECT_EQ(dma.srcAddr(), 0x1234567890ull);
  EXPECT_EQ(dma.dst_start_addr_h8, 0u);
  dma.setSrcAddr(uint64_t(1) << 40);
  EXPECT_THROW(encode(tableFor("bm1684x"), dma), UserError);
}

TEST(IsaCommand, EveryFieldRefusesWhatIsAboveItsLimit) {
  unsigned refused = 0;
  for (const Table *table : allTables())
    for (const CommandInfo &info : table->commands)
      for (const FieldInfo &row : info.fields) {
        if (row.maximum == ~uint64_t(0))
          continue;
        Command command = Command::make(info);
        const Command before = command;
        EXPECT_THROW(command.set(row, row.maximum + 1), UserError) << info.name << " " << row.name;
        EXPECT_EQ(command, before);
        EXPECT_THROW(command.set(row, ~uint64_t(0)), UserError) << info.name << " " << row.name;
        ++refused;
      }
  EXPECT_GT(refused, 1000u);
}

TEST(IsaCommand, RangeErrorNamesCommandFieldValueAndLimit) {
  SCONV conv;
  conv.opd0_up_pad = 16;
  try {
    encode(tableFor("bm1684x"), conv);
    FAIL();
  } catch (const UserError &error) {
    EXPECT_STREQ(error.what(), "SCONV field 'opd0_up_pad' cannot hold 16; legal: 0 to 15");
  }
}

TEST(IsaCommand, StreamEndsWithItsEndAndZeros) {
  const Table &table = tableFor("bm1684x");
  std::vector<Command> commands = {encode(table, SAR{}), Command::make(*table.find(CommandId::SYSID))};
  commands[1].set(Field::tsk_eu_typ, kSysEnd);
  std::vector<uint8_t> bytes = encodeStream(commands, 128);
  EXPECT_EQ(bytes.size(), 128u);
  EXPECT_EQ(decodeStream(table, Engine::TIU, bytes), commands);
  bytes.back() = 1;
  EXPECT_THROW(decodeStream(table, Engine::TIU, bytes), UserError);
  // A stream cut in the second command: the sentence says where.
  try {
    decodeStream(table, Engine::TIU, std::span(bytes).first(72));
    FAIL();
  } catch (const UserError &error) {
    EXPECT_STREQ(error.what(), "TIU stream at byte 64 ends within a SYSID command of 16 bytes");
  }
  EXPECT_THROW(decodeStream(table, Engine::TIU, std::span(bytes).first(64)), UserError);
  EXPECT_THROW(decodeStream(table, Engine::TIU, {}), UserError);
}

TEST(IsaCommand, RandomBytesDecodeOrGiveASentence) {
  std::mt19937_64 random(3);
  const Table &table = tableFor("bm1684x");
  size_t decoded = 0, refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes(random() % 160);
    for (uint8_t &byte : bytes)
      byte = uint8_t(random());
    size_t offset = 0;
    try {
      const Command command = decode(table, round % 2 ? Engine::TIU : Engine::GDMA, bytes, offset);
      EXPECT_NE(command.kind(), nullptr);
      std::vector<uint8_t> again;
      command.appendTo(again);
      EXPECT_TRUE(std::equal(again.begin(), again.end(), bytes.begin()));
      ++decoded;
    } catch (const UserError &error) {
      EXPECT_EQ(offset, 0u);
      ++refused;
    }
  }
  EXPECT_GT(decoded, 1000u);
  EXPECT_GT(refused, 1000u);
}

} // namespace
