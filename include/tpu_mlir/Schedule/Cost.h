//===- Cost.h - Cycles of works and transfers -------------------*- C++ -*-===//
// The timing model's formulas on what is not emitted yet. Pure functions.
#ifndef TPU_MLIR_SCHEDULE_COST_H
#define TPU_MLIR_SCHEDULE_COST_H

#include "tpu_mlir/Schedule/Network.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::schedule {

/// TIU cycles of a recipe's steps on a part of its result.
double stepCycles(const Recipe &recipe, const Region &part, const target::Chip &chip);
/// TIU cycles of a region of a recipe's result when every instruction takes at most `slotBytes` of intermediates.
double regionCycles(const Recipe &recipe, const Region &region, const target::Chip &chip, int64_t slotBytes);
/// TIU cycles of a lookup of so many elements, with the copies that spread few channels over more lanes.
double lookupCycles(const Dims &dims, const target::Chip &chip);
/// TIU cycles in which a load or store of so many bytes passes, without its latency.
double transferCycles(double bytes, bool isStore, const target::Chip &chip);

/// Takes from every op that has two recipes the one that costs less where its operands come from and its result goes
/// to: `local` stays only where it is the cheaper. The network is linked.
void chooseForms(Network &network, const LocalMemory &memory, const target::Chip &chip);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_COST_H
