//===- Table.cpp - Look-ups in the instruction tables ---------------------===//
// Finds tables, commands, fields and kinds by name or number. The data itself
// is generated.

#include "tpu_mlir/Isa/Table.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>

namespace tpu_mlir::isa {

namespace {
template <typename Range, typename Predicate> auto findIn(const Range &range, Predicate &&matches) {
  auto it = std::find_if(range.begin(), range.end(), matches);
  return it == range.end() ? nullptr : &*it;
}
} // namespace

const FieldInfo *CommandInfo::find(std::string_view fieldName) const {
  return findIn(fields, [&](const FieldInfo &f) { return f.name == fieldName; });
}

const KindInfo *CommandInfo::kind(uint32_t value) const {
  return findIn(kinds, [&](const KindInfo &k) { return k.value == value; });
}

const CommandInfo *Table::find(CommandId id) const {
  return findIn(commands, [&](const CommandInfo &c) { return c.id == id; });
}

const CommandInfo *Table::find(std::string_view commandName) const {
  return findIn(commands, [&](const CommandInfo &c) { return c.name == commandName; });
}

uint32_t Table::valueOf(std::string_view enumName, std::string_view value) const {
  if (const EnumInfo *info = findIn(enums, [&](const EnumInfo &e) { return e.name == enumName; }))
    if (auto it = std::find(info->values.begin(), info->values.end(), value); it != info->values.end())
      return uint32_t(it - info->values.begin());
  throw UserError("instruction table '" + std::string(generation) + "' knows no " + std::string(enumName) + " '" +
                  std::string(value) + "'");
}

const Table &tableFor(std::string_view chip) {
  std::string known;
  for (const Table *table : allTables()) {
    for (std::string_view c : table->chips) {
      if (c == chip)
        return *table;
      known += (known.empty() ? "" : ", ") + std::string(c);
    }
    if (table->generation == chip)
      return *table;
  }
  throw UserError("no instruction table for '" + std::string(chip) + "'; known: " + known);
}

std::string_view name(Evidence e) {
  constexpr std::string_view names[] = {"verified", "stated", "inferred", "unknown"};
  return names[unsigned(e)];
}

std::string_view name(Engine e) { return e == Engine::TIU ? "TIU" : "GDMA"; }

} // namespace tpu_mlir::isa
