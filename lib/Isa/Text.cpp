//===- Text.cpp - Commands as text ----------------------------------------===//
// Prints and parses one command per line from the table alone; no command has
// code of its own here.

#include "tpu_mlir/Isa/Text.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <charconv>

namespace tpu_mlir::isa {

namespace {

/// Printed in front of the fields, or fixed by the command's form.
bool isHead(const CommandInfo &info, const FieldInfo &row) {
  return row.id == Field::cmd_id || row.id == Field::cmd_id_dep ||
         std::any_of(info.match.begin(), info.match.end(), [&](const MatchTerm &t) { return t.bit == row.bit; });
}

std::string hex(uint64_t value) {
  char text[24];
  auto end = std::to_chars(text, text + sizeof text, value, 16).ptr;
  return "0x" + std::string(text, end);
}

std::string number(uint64_t value) {
  constexpr uint64_t kHexFrom = 65536;
  return value < kHexFrom ? std::to_string(value) : hex(value);
}

std::string shown(const FieldInfo &row, uint64_t value) {
  if (row.values && value < row.values->values.size())
    return std::string(row.values->values[value]);
  return row.name.ends_with("_addr") ? hex(value) : number(value);
}

/// Words of a line, one by one.
class Words {
public:
  explicit Words(std::string_view text) : rest(text) {}
  std::string_view next() {
    const size_t begin = rest.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
      return rest = {};
    const size_t end = std::min(rest.find_first_of(" \t\r", begin), rest.size());
    std::string_view word = rest.substr(begin, end - begin);
    rest.remove_prefix(end);
    return word;
  }

private:
  std::string_view rest;
};

std::string quoted(std::string_view text) {
  constexpr size_t kShown = 40;
  std::string out = "'";
  for (char c : text.substr(0, kShown))
    out += c >= 32 && c < 127 ? c : '?';
  return out + (text.size() > kShown ? "...'" : "'");
}

uint64_t parseNumber(std::string_view text) {
  uint64_t value = 0;
  const bool hex = text.starts_with("0x");
  const char *begin = text.data() + (hex ? 2 : 0), *end = text.data() + text.size();
  auto [stop, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
  if (error != std::errc() || stop != end)
    throw UserError("expected a number, found " + quoted(text));
  return value;
}

void putFitting(Command &command, const FieldInfo &row, uint64_t value) {
  if (row.width < 64 && value >> row.width)
    throw UserError(std::string(command.info->name) + " field '" + std::string(row.name) + "' cannot hold " +
                    std::to_string(value) + ": it has " + std::to_string(row.width) + " bits");
  command.put(row, value);
}

void assign(const Table &table, Command &command, std::string_view key, std::string_view text) {
  const CommandInfo &info = *command.info;
  for (const PairInfo &pair : table.pairs)
    if (pair.name == key && info.has(pair.low) && info.has(pair.high)) {
      const uint64_t value = parseNumber(text);
      putFitting(command, *info.find(pair.low), value & 0xFFFFFFFF);
      putFitting(command, *info.find(pair.high), value >> 32);
      return;
    }
  const FieldInfo *row = info.find(key);
  if (!row || isHead(info, *row))
    throw UserError(std::string(info.name) + " has no field " + quoted(key));
  if (row->values)
    for (size_t i = 0; i < row->values->values.size(); ++i)
      if (row->values->values[i] == text)
        return putFitting(command, *row, i);
  putFitting(command, *row, parseNumber(text));
}

void assignHead(Command &command, Field field, std::string_view text) {
  const FieldInfo *row = command.info->find(field);
  if (text == "-" && !row)
    return;
  if (!row)
    throw UserError(std::string(command.info->name) + " has no ids; write '-', not " + quoted(text));
  putFitting(command, *row, parseNumber(text));
}

} // namespace

std::string toText(const Table &table, const Command &command) {
  const CommandInfo &info = *command.info;
  const auto head = [&](Field f) { return info.has(f) ? std::to_string(command.get(f)) : std::string("-"); };
  std::string out = info.engine == Engine::TIU ? "tiu " : "gdma ";
  out += head(Field::cmd_id) + " dep " + head(Field::cmd_id_dep) + " " + std::string(info.name) + " " +
         std::string(command.kind()->name);
  for (const FieldInfo &row : info.fields) {
    if (isHead(info, row))
      continue;
    const auto joined = std::find_if(table.pairs.begin(), table.pairs.end(), [&](const PairInfo &p) {
      return !row.reserved && (row.id == p.low || row.id == p.high) && info.has(p.low) && info.has(p.high);
    });
    if (joined != table.pairs.end()) {
      const FieldInfo &low = *info.find(joined->low), &high = *info.find(joined->high);
      const uint64_t value = command.get(high) << 32 | command.get(low);
      if (row.id == joined->low && value != (high.defaultValue << 32 | low.defaultValue))
        out += " " + std::string(joined->name) + "=" + hex(value);
    } else if (const uint64_t value = command.get(row); value != row.defaultValue) {
      out += " " + std::string(row.name) + "=" + shown(row, value);
    }
  }
  return out;
}

Command fromText(const Table &table, std::string_view line) {
  Words words(line);
  const std::string_view engine = words.next(), id = words.next(), dep = words.next(), depValue = words.next();
  const std::string_view commandName = words.next(), kindName = words.next();
  if ((engine != "tiu" && engine != "gdma") || dep != "dep")
    throw UserError("expected 'tiu <id> dep <id> <command> <kind> ...' or the same with gdma, found " + quoted(line));
  const CommandInfo *info = table.find(commandName);
  if (!info || (info->engine == Engine::TIU) != (engine == "tiu"))
    throw UserError("no " + std::string(engine) + " command is called " + quoted(commandName));
  const auto kind =
      std::find_if(info->kinds.begin(), info->kinds.end(), [&](const KindInfo &k) { return k.name == kindName; });
  if (kind == info->kinds.end())
    throw UserError(std::string(info->name) + " has no kind " + quoted(kindName));
  Command command = Command::make(*info);
  command.put(*info->find(info->kindField), kind->value);
  assignHead(command, Field::cmd_id, id);
  assignHead(command, Field::cmd_id_dep, depValue);
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos)
      throw UserError("expected field=value, found " + quoted(word));
    assign(table, command, word.substr(0, equals), word.substr(equals + 1));
  }
  return command;
}

} // namespace tpu_mlir::isa
