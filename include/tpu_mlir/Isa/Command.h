//===- Command.h - One encoded command --------------------------*- C++ -*-===//
// A command is a row of the table and its bits. This file decides how values
// go in (range-checked) and out, and how byte streams are cut into commands.
// It does not decide whether a command is legal on the chip: that is the
// stream checker's.
#ifndef TPU_MLIR_ISA_COMMAND_H
#define TPU_MLIR_ISA_COMMAND_H

#include "tpu_mlir/Isa/Table.h"

#include <array>
#include <cassert>
#include <vector>

namespace tpu_mlir::isa {

struct Command {
  const CommandInfo *info = nullptr;
  std::array<uint64_t, 16> words{};

  /// A command of this form with every field at its default.
  static Command make(const CommandInfo &info);

  /// The raw value of a row.
  uint64_t get(const FieldInfo &row) const {
    return words[row.bit / 64] >> (row.bit % 64) & (~uint64_t(0) >> (64 - row.width));
  }
  /// The value of a field; 0 where the form has no such field.
  uint64_t get(Field f) const {
    const FieldInfo *row = info->find(f);
    return row ? get(*row) : 0;
  }
  bool has(Field f) const { return info->has(f); }

  /// Writes without a range check (the value is cut to the width).
  void put(const FieldInfo &row, uint64_t value);
  /// Writes a legal value; UserError that names command, field, value and limit.
  void set(const FieldInfo &row, uint64_t value);
  void set(Field f, uint64_t value);
  void set(std::string_view fieldName, uint64_t value);

  uint32_t id() const { return uint32_t(get(Field::cmd_id)); }
  uint32_t dep() const { return uint32_t(get(Field::cmd_id_dep)); }
  /// The operation; never null for a decoded command.
  const KindInfo *kind() const { return info->kind(uint32_t(get(info->kindField))); }
  Engine engine() const { return info->engine; }

  void appendTo(std::vector<uint8_t> &bytes) const;
  bool operator==(const Command &) const = default;
};

/// Cuts one command off the stream at `offset` and moves `offset` behind it.
/// UserError with the offset where no command of the table begins or the stream ends within it.
Command decode(const Table &table, Engine engine, std::span<const uint8_t> bytes, size_t &offset);
inline Command decodeTiu(const Table &t, std::span<const uint8_t> bytes, size_t &offset) {
  return decode(t, Engine::TIU, bytes, offset);
}
inline Command decodeGdma(const Table &t, std::span<const uint8_t> bytes, size_t &offset) {
  return decode(t, Engine::GDMA, bytes, offset);
}

/// True for the command that ends a stream.
bool isEnd(const Command &command);

/// The commands of one stream up to and with its end command; what follows must be zero padding.
std::vector<Command> decodeStream(const Table &table, Engine engine, std::span<const uint8_t> bytes);

/// The bytes of a stream, zero-padded to a multiple of `padTo`.
std::vector<uint8_t> encodeStream(std::span<const Command> commands, size_t padTo);

/// Encodes a typed command (`SAR`, `SCONV`, …); UserError where a value is out of range.
/// A field that this generation does not have must be 0.
template <typename T> Command encode(const Table &table, const T &typed);

/// The typed view of a command; the command must be of that form.
template <typename T> T as(const Command &command) {
  assert(command.info->id == T::kId && "command of another form");
  T typed;
  T::visit(typed, [&](Field f, auto &member) { member = static_cast<std::decay_t<decltype(member)>>(command.get(f)); });
  return typed;
}

/// The row of `id`; UserError where the generation lacks the form.
const CommandInfo &require(const Table &table, CommandId id);

template <typename T> Command encode(const Table &table, const T &typed) {
  Command command;
  command.info = &require(table, T::kId);
  T::visit(typed, [&](Field f, const auto &member) {
    if (command.has(f) || member)
      command.set(f, member);
  });
  return command;
}

} // namespace tpu_mlir::isa

#endif // TPU_MLIR_ISA_COMMAND_H
