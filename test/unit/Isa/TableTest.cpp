//===- TableTest.cpp - Checks on every instruction table ------------------===//
// Properties that any table must have, whatever its generation: no overlap of
// fields or of matches, full width, consistent defaults and legal ranges.

#include "tpu_mlir/Isa/Table.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

using namespace tpu_mlir::isa;

namespace {

TEST(IsaTable, FieldsTileTheCommand) {
  for (const Table *table : allTables())
    for (const CommandInfo &info : table->commands) {
      std::vector<const FieldInfo *> owner(info.bytes * 8u);
      unsigned widths = 0;
      for (const FieldInfo &row : info.fields) {
        widths += row.width;
        for (unsigned bit = row.bit; bit < row.bit + row.width; ++bit) {
          ASSERT_LT(bit, owner.size()) << info.name << " " << row.name;
          EXPECT_EQ(owner[bit], nullptr) << info.name << ": " << row.name << " overlaps at bit " << bit;
          owner[bit] = &row;
        }
        EXPECT_EQ(row.bit / 64, (row.bit + row.width - 1) / 64) << info.name << " " << row.name << " straddles a word";
      }
      EXPECT_EQ(widths, info.bytes * 8u) << info.name;
      EXPECT_EQ(info.bytes % 16, 0) << info.name;
      EXPECT_LE(info.bytes, 128) << info.name;
    }
}

TEST(IsaTable, NamesAreUnique) {
  for (const Table *table : allTables()) {
    std::set<std::string_view> commands;
    for (const CommandInfo &info : table->commands) {
      EXPECT_TRUE(commands.insert(info.name).second) << info.name;
      std::set<std::string_view> fields, kinds;
      std::set<uint32_t> values;
      for (const FieldInfo &row : info.fields)
        EXPECT_TRUE(fields.insert(row.name).second) << info.name << " " << row.name;
      for (const KindInfo &kind : info.kinds) {
        EXPECT_TRUE(kinds.insert(kind.name).second) << info.name << " " << kind.name;
        EXPECT_TRUE(values.insert(kind.value).second) << info.name << " " << kind.name;
      }
    }
  }
}

/// Two forms of one engine are distinguishable if some bits that both look at accept no common value.
bool overlap(const CommandInfo &a, const CommandInfo &b) {
  for (const MatchTerm &x : a.match)
    for (const MatchTerm &y : b.match)
      if (x.bit == y.bit && x.width == y.width && (x.accepted & y.accepted) == 0)
        return false;
  return true;
}

TEST(IsaTable, MatchesDoNotOverlap) {
  for (const Table *table : allTables())
    for (const CommandInfo &a : table->commands)
      for (const CommandInfo &b : table->commands)
        if (&a != &b && a.engine == b.engine) {
          EXPECT_FALSE(overlap(a, b)) << a.name << " and " << b.name;
        }
}

TEST(IsaTable, MatchTermsLieInTheFirstWordOnFields) {
  for (const Table *table : allTables())
    for (const CommandInfo &info : table->commands)
      for (const MatchTerm &term : info.match) {
        EXPECT_LE(term.bit + term.width, 64) << info.name;
        EXPECT_LE(term.width, 5) << info.name;
        EXPECT_NE(term.accepted, 0u) << info.name;
      }
}

TEST(IsaTable, DefaultsAreLegalAndFit) {
  for (const Table *table : allTables())
    for (const CommandInfo &info : table->commands)
      for (const FieldInfo &row : info.fields) {
        const uint64_t limit = ~uint64_t(0) >> (64 - row.width);
        EXPECT_LE(row.minimum, row.maximum) << info.name << " " << row.name;
        EXPECT_LE(row.maximum, limit) << info.name << " " << row.name;
        EXPECT_GE(row.defaultValue, row.minimum) << info.name << " " << row.name;
        EXPECT_LE(row.defaultValue, row.maximum) << info.name << " " << row.name;
        EXPECT_FALSE(row.meaning.empty()) << info.name << " " << row.name;
        if (row.values && !row.reserved) {
          EXPECT_LE(row.maximum, row.values->values.size() - 1) << info.name << " " << row.name;
        }
        EXPECT_EQ(row.reserved, row.name.starts_with("reserved")) << info.name << " " << row.name;
      }
}

TEST(IsaTable, LookupsAgreeWithTheRows) {
  for (const Table *table : allTables())
    for (const CommandInfo &info : table->commands) {
      EXPECT_EQ(table->find(info.name), &info);
      EXPECT_EQ(table->find(info.id), &info);
      for (const FieldInfo &row : info.fields) {
        EXPECT_EQ(info.find(row.name), &row);
        if (!row.reserved) {
          EXPECT_EQ(info.find(row.id), &row) << info.name << " " << row.name;
          EXPECT_EQ(name(row.id), row.name);
        }
      }
      EXPECT_TRUE(info.has(info.kindField)) << info.name;
      for (const KindInfo &kind : info.kinds)
        EXPECT_EQ(info.kind(kind.value), &kind);
    }
}

TEST(IsaTable, LengthsFollowTheRuntimesWalker) {
  // Source: libsophon tpu-runtime, the length rule of the static loader. Only forms that it accepts are compared.
  const auto expected = [](bool isShort, unsigned type, unsigned kind) -> unsigned {
    if (type == 15 || type == 12)
      return 16;
    if (!isShort)
      return 128;
    switch (type) {
    case 0:
    case 1:
      return 64;
    case 6:
    case 13:
    case 14:
      return 48;
    case 4:
    case 5:
    case 9:
    case 10:
      return 32;
    case 2:
      return kind <= 3 ? 48 : 32;
    case 3:
      return kind == 24 || kind == 25 ? 16 : 64;
    }
    return 0;
  };
  const Table &table = tableFor("bm1684x");
  unsigned compared = 0;
  for (const CommandInfo &info : table.commands) {
    if (info.runtime == Runtime::Never)
      continue;
    if (info.engine == Engine::GDMA) {
      EXPECT_EQ(info.bytes, info.runtime == Runtime::Last ? 16 : 96) << info.name;
      continue;
    }
    uint32_t type = 0;
    bool isShort = false;
    for (const MatchTerm &term : info.match) {
      if (term.bit == 41)
        while (!(term.accepted >> type & 1))
          ++type;
      if (term.bit == 0)
        isShort = term.accepted == 2;
    }
    for (const KindInfo &kind : info.kinds) {
      EXPECT_EQ(info.bytes, expected(isShort, type, kind.value)) << info.name << " " << kind.name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100u);
}

TEST(IsaTable, FormatsAndRoundingsHaveTheirNumbers) {
  const Table &table = tableFor("bm1684x");
  EXPECT_EQ(table.valueOf("tiu_prec", "int32"), 4u);
  EXPECT_EQ(table.valueOf("round_mode", "half_up"), 5u);
  EXPECT_EQ(table.valueOf("gdma_data_format", "bf16"), 5u);
  EXPECT_THROW(table.valueOf("tiu_prec", "int128"), tpu_mlir::UserError);
}

TEST(IsaTable, UnknownChipIsOneSentence) {
  try {
    tableFor("bm1234");
    FAIL();
  } catch (const tpu_mlir::UserError &error) {
    EXPECT_STREQ(error.what(), "no instruction table for 'bm1234'; known: bm1684x");
  }
}

TEST(IsaTable, InitialCyclesOfTheVendorsEstimate) {
  // Source: ISA notes §8. One command per family, and the families with several values in full.
  const std::map<std::string_view, uint32_t> expected = {{"conv.normal", 23},
                                                         {"mm.normal", 32},
                                                         {"mm2.nn", 81},
                                                         {"mm2.nt", 56},
                                                         {"mm2.tt", 37},
                                                         {"cmp.sel_gt", 9},
                                                         {"lin.mac", 12},
                                                         {"arith.add", 11},
                                                         {"pord.maxpooling", 10},
                                                         {"quant.rq1", 11},
                                                         {"sg.pe_s_gather_d1coor", 11},
                                                         {"sgl.pe_s_gather_line", 24},
                                                         {"tsbc.cw_ts", 30},
                                                         {"tsbc.l_copy", 27},
                                                         {"tsbc.l_bc", 27},
                                                         {"tsbc.s_bc", 3},
                                                         {"sfu.rsqrt", 14},
                                                         {"sfu.taylor", 0},
                                                         {"vc.mul", 0},
                                                         {"sys.end", 0}};
  std::set<std::string_view> met;
  for (const CommandInfo &info : tableFor("bm1684x").commands)
    for (const KindInfo &kind : info.kinds)
      if (auto it = expected.find(kind.name); it != expected.end()) {
        EXPECT_EQ(kind.initialCycles, it->second) << info.name << " " << kind.name;
        met.insert(kind.name);
      }
  EXPECT_EQ(met.size(), expected.size());
}

} // namespace
