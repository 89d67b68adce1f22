//===- Uncertain.h - How far the timing model can be off --------*- C++ -*-===//
// Which of a chip's constants are only known to lie in a range, and chips with
// them at its ends. What follows for a stream is for the caller to time.
#ifndef TPU_MLIR_TIMING_UNCERTAIN_H
#define TPU_MLIR_TIMING_UNCERTAIN_H

#include "tpu_mlir/Target/Target.h"

#include <string_view>
#include <vector>

namespace tpu_mlir::timing {

/// Constants that move together when asked how much an uncertain one matters.
struct UncertainGroup {
  std::string_view name;
  std::vector<double target::Time::*> members;
};
const std::vector<UncertainGroup> &uncertainGroups();
/// The chip with a group's constants at the low or high end of their ranges.
target::Chip withConstants(const target::Chip &chip, const UncertainGroup &group, bool high);

/// The chip with the slowest transfers that its data allow.
target::Chip withSlowTransfers(const target::Chip &chip);

} // namespace tpu_mlir::timing

#endif // TPU_MLIR_TIMING_UNCERTAIN_H
