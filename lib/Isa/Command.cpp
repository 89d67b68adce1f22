//===- Command.cpp - Bits in and out of commands --------------------------===//
// Range-checked writing of fields and the cutting of streams. Byte order is
// little endian whatever the host.

#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>

namespace tpu_mlir::isa {

namespace {

uint64_t loadWord(std::span<const uint8_t> bytes, size_t offset) {
  uint64_t word = 0;
  for (size_t i = 0; i < 8 && offset + i < bytes.size(); ++i)
    word |= uint64_t(bytes[offset + i]) << (8 * i);
  return word;
}

bool matches(const CommandInfo &info, uint64_t head) {
  return std::all_of(info.match.begin(), info.match.end(), [&](const MatchTerm &term) {
    return term.accepted >> (head >> term.bit & ((1u << term.width) - 1)) & 1;
  });
}

std::string at(Engine engine, size_t offset) {
  return std::string(name(engine)) + " stream at byte " + std::to_string(offset);
}

} // namespace

Command Command::make(const CommandInfo &info) {
  Command command;
  command.info = &info;
  for (const FieldInfo &row : info.fields)
    command.put(row, row.defaultValue);
  // Terms that accept one value only are part of the form.
  for (const MatchTerm &term : info.match)
    if ((term.accepted & (term.accepted - 1)) == 0) {
      uint64_t value = 0;
      while (!(term.accepted >> value & 1))
        ++value;
      command.words[term.bit / 64] |= value << (term.bit % 64);
    }
  return command;
}

void Command::put(const FieldInfo &row, uint64_t value) {
  const uint64_t mask = ~uint64_t(0) >> (64 - row.width);
  uint64_t &word = words[row.bit / 64];
  word = (word & ~(mask << (row.bit % 64))) | (value & mask) << (row.bit % 64);
}

void Command::set(const FieldInfo &row, uint64_t value) {
  if (value < row.minimum || value > row.maximum)
    throw UserError(std::string(info->name) + " field '" + std::string(row.name) + "' cannot hold " +
                    std::to_string(value) + "; legal: " + std::to_string(row.minimum) + " to " +
                    std::to_string(row.maximum));
  put(row, value);
}

void Command::set(Field f, uint64_t value) {
  const FieldInfo *row = info->find(f);
  if (!row)
    throw UserError(std::string(info->name) + " has no field '" + std::string(name(f)) + "', which was set to " +
                    std::to_string(value));
  set(*row, value);
}

void Command::set(std::string_view fieldName, uint64_t value) {
  const FieldInfo *row = info->find(fieldName);
  if (!row)
    throw UserError(std::string(info->name) + " has no field '" + std::string(fieldName) + "'");
  set(*row, value);
}

void Command::appendTo(std::vector<uint8_t> &bytes) const {
  for (unsigned i = 0; i < info->bytes; ++i)
    bytes.push_back(uint8_t(words[i / 8] >> (8 * (i % 8))));
}

Command decode(const Table &table, Engine engine, std::span<const uint8_t> bytes, size_t &offset) {
  if (offset > bytes.size() || bytes.size() - offset < 8)
    throw UserError(at(engine, offset) + " ends where a command should begin");
  const uint64_t head = loadWord(bytes, offset);
  for (const CommandInfo &info : table.commands) {
    if (info.engine != engine || !matches(info, head))
      continue;
    if (bytes.size() - offset < info.bytes)
      throw UserError(at(engine, offset) + " ends within a " + std::string(info.name) + " command of " +
                      std::to_string(info.bytes) + " bytes");
    Command command;
    command.info = &info;
    for (unsigned i = 0; i < info.bytes / 8u; ++i)
      command.words[i] = loadWord(bytes, offset + 8 * i);
    offset += info.bytes;
    return command;
  }
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4)
    hex += digits[head >> shift & 15];
  throw UserError(at(engine, offset) + " holds no known command (first word 0x" + hex + ")");
}

bool isEnd(const Command &command) {
  if (command.info->id == CommandId::SYSID)
    return command.get(Field::tsk_eu_typ) == kSysEnd;
  return command.info->id == CommandId::SDMASys && command.get(Field::cmd_special_function) == kDmaSys;
}

std::vector<Command> decodeStream(const Table &table, Engine engine, std::span<const uint8_t> bytes) {
  std::vector<Command> commands;
  size_t offset = 0;
  do
    commands.push_back(decode(table, engine, bytes, offset));
  while (!isEnd(commands.back()));
  for (size_t i = offset; i < bytes.size(); ++i)
    if (bytes[i])
      throw UserError(at(engine, i) + " has data behind its end command");
  return commands;
}

std::vector<uint8_t> encodeStream(std::span<const Command> commands, size_t padTo) {
  std::vector<uint8_t> bytes;
  for (const Command &command : commands)
    command.appendTo(bytes);
  bytes.resize((bytes.size() + padTo - 1) / padTo * padTo);
  return bytes;
}

const CommandInfo &require(const Table &table, CommandId id) {
  if (const CommandInfo *info = table.find(id))
    return *info;
  throw UserError("instruction table '" + std::string(table.generation) +
                  "' lacks a command that is needed (command number " + std::to_string(unsigned(id)) + ")");
}

} // namespace tpu_mlir::isa
