//===- RandomCommands.h - Random legal commands for tests -------*- C++ -*-===//
// Fills every field of a form with legal random values from a seed; extremes
// are as likely as all other values together.
#ifndef TPU_MLIR_TEST_UNIT_ISA_RANDOMCOMMANDS_H
#define TPU_MLIR_TEST_UNIT_ISA_RANDOMCOMMANDS_H

#include "tpu_mlir/Isa/Command.h"

#include <random>

namespace tpu_mlir::isa {

inline uint64_t randomLegal(const FieldInfo &row, std::mt19937_64 &random) {
  switch (random() % 4) {
  case 0:
    return row.minimum;
  case 1:
    return row.maximum;
  }
  const uint64_t span = row.maximum - row.minimum;
  return span == ~uint64_t(0) ? random() : row.minimum + random() % (span + 1);
}

inline bool isSelector(const CommandInfo &info, const FieldInfo &row) {
  for (const MatchTerm &term : info.match)
    if (term.bit == row.bit)
      return true;
  return false;
}

inline Command randomCommand(const CommandInfo &info, std::mt19937_64 &random) {
  Command command = Command::make(info);
  command.set(info.kindField, info.kinds[random() % info.kinds.size()].value);
  for (const FieldInfo &row : info.fields)
    if (!isSelector(info, row))
      command.set(row, randomLegal(row, random));
  return command;
}

} // namespace tpu_mlir::isa

#endif // TPU_MLIR_TEST_UNIT_ISA_RANDOMCOMMANDS_H
