//===- Cost.h - Cycles of works ---------------------------------*- C++ -*-===//
// The family's prices of what is not emitted yet. Pure functions.
#ifndef TPU_MLIR_SCHEDULE_COST_H
#define TPU_MLIR_SCHEDULE_COST_H

#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Schedule/Network.h"

namespace tpu_mlir::schedule {

using backend::Prices;

/// Cycles of a recipe's steps on a part of its result.
double stepCycles(const Recipe &recipe, const Region &part, const Prices &prices);
/// Cycles of a region of a recipe's result when every instruction takes at most `slotBytes` of intermediates.
double regionCycles(const Recipe &recipe, const Region &region, const Prices &prices, int64_t slotBytes);
/// Cycles of a lookup of so many elements, with the copies that spread few channels over more lanes.
double lookupCycles(const Dims &dims, const Prices &prices);
/// Takes from every op that has two recipes the one that costs less where its operands come from and its result goes
/// to: `local` stays only where it is the cheaper. The network is linked.
void chooseForms(Network &network, const LocalMemory &memory, const target::Chip &chip);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_COST_H
