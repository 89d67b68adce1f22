//===- Table.h - The instruction set as data --------------------*- C++ -*-===//
// What an instruction table says: commands, their fields and bits, the kinds
// within a command, and how well each is known. The data is generated from
// lib/Isa/tables; this file decides its shape, not its content, and knows no
// chip. Encoding and decoding are in Command.h.
#ifndef TPU_MLIR_ISA_TABLE_H
#define TPU_MLIR_ISA_TABLE_H

#include "tpu_mlir/Isa/Commands.h"

#include <span>
#include <string>
#include <string_view>

namespace tpu_mlir::isa {

enum class Engine : uint8_t { TIU, GDMA };

/// How well a fact is known: verified on vendor-made data, stated by a public source, inferred, or unknown.
enum class Evidence : uint8_t { Verified, Stated, Inferred, Unknown };

/// Whether the runtime accepts a command in a static stream: anywhere, as the last one only, or not at all.
enum class Runtime : uint8_t { Always, Last, Never };

/// Names of the values of an enumerated field, from value 0.
struct EnumInfo {
  std::string_view name;
  std::span<const std::string_view> values;
};

/// One row of the table. `maximum` is the largest legal value, not the largest that fits.
struct FieldInfo {
  std::string_view name;
  Field id;
  uint16_t bit;
  uint8_t width;
  bool reserved;
  uint64_t minimum, maximum, defaultValue;
  Evidence evidence;
  std::string_view meaning;
  const EnumInfo *values;
};

/// The command is this one only if the value at these bits is in the mask.
struct MatchTerm {
  uint16_t bit;
  uint8_t width;
  uint32_t accepted;
};

/// One operation within a command. Cycles before the first result: the vendor's static estimate.
struct KindInfo {
  std::string_view name;
  uint32_t value;
  uint32_t initialCycles;
  Evidence evidence;
};

struct OperandInfo {
  std::string_view name, meaning;
};

/// Two fields that hold the low 32 bits and the rest of one number.
struct PairInfo {
  std::string_view name;
  Field low, high;
};

/// One binary form.
struct CommandInfo {
  std::string_view name;
  CommandId id;
  std::string_view family, title;
  Engine engine;
  uint16_t bytes;
  Runtime runtime;
  Field kindField;
  std::span<const MatchTerm> match;
  std::span<const FieldInfo> fields;
  std::span<const KindInfo> kinds;
  std::span<const OperandInfo> operands;
  const uint8_t *index; ///< position in `fields` by Field, 255 where absent

  bool has(Field f) const { return f < Field::reserved && index[unsigned(f)] != 255; }
  /// The row, or null where the command has no such field.
  const FieldInfo *find(Field f) const { return has(f) ? &fields[index[unsigned(f)]] : nullptr; }
  const FieldInfo *find(std::string_view fieldName) const;
  const KindInfo *kind(uint32_t value) const;
};

/// One generation of the instruction set.
struct Table {
  std::string_view generation;
  std::span<const std::string_view> chips;
  std::span<const CommandInfo> commands;
  std::span<const PairInfo> pairs;
  std::span<const EnumInfo> enums;

  const CommandInfo *find(CommandId id) const;
  const CommandInfo *find(std::string_view commandName) const;
  /// The number of a named value, for instance ("round_mode", "half_up"); UserError when there is none.
  uint32_t valueOf(std::string_view enumName, std::string_view value) const;
};

/// Every table of this build.
std::span<const Table *const> allTables();

/// The table of a chip or of a generation; UserError that names the known ones.
const Table &tableFor(std::string_view chip);

std::string_view name(Evidence e);
std::string_view name(Engine e);
std::string_view name(Field f);

} // namespace tpu_mlir::isa

#endif // TPU_MLIR_ISA_TABLE_H
