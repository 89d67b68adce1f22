//===- Target.h - Chips by name ---------------------------------*- C++ -*-===//
// Finds the data of a chip by the name that a user types, or says in one
// sentence why there is none. The numbers are in lib/Target/chips; code asks
// for them and names no chip.
#ifndef TPU_MLIR_TARGET_TARGET_H
#define TPU_MLIR_TARGET_TARGET_H

#include "tpu_mlir/Target/Chip.h"

#include <string>
#include <string_view>

namespace tpu_mlir::target {

/// `name` is another name of `target`.
struct Alias {
  std::string_view name, target;
};

/// The chip called `name` (any letter case). UserError for names that are unknown or whose rules are not built.
const Chip &lookup(std::string_view name);

/// The chip that a file was made for; the UserError names both.
const Chip &lookupOf(const std::string &path, std::string_view name);

/// The same for chips that can only be timed, too: numbers that timing does not need may be zero there.
const Chip &lookupForTiming(std::string_view name);

/// Chips that can be timed: those with rules, and those whose other numbers are not known.
std::span<const Chip *const> timedChips();

/// Chips with rules, names that users may type, and second names.
std::span<const Chip *const> builtChips();
std::span<const std::string_view> knownNames();
std::span<const Alias> aliases();

} // namespace tpu_mlir::target

#endif // TPU_MLIR_TARGET_TARGET_H
