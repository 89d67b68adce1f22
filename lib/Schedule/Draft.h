//===- Draft.h - Where a search begins, and what it has so far --*- C++ -*-===//
// What the parts of a search hand to each other, so that they try variants
// without copying the network each time.
#ifndef TPU_MLIR_LIB_SCHEDULE_DRAFT_H
#define TPU_MLIR_LIB_SCHEDULE_DRAFT_H

#include "tpu_mlir/Schedule/Timeline.h"

#include <limits>
#include <map>
#include <memory>
#include <set>

namespace tpu_mlir::schedule {

/// A schedule on its way; drafts that fuse the same ops share the network.
struct Draft {
  std::shared_ptr<const Network> network;
  Plan plan;
  std::vector<std::string> reasons;
  double cycles = std::numeric_limits<double>::infinity(), slowCycles = 0;
  int64_t scratchBanks = 1;
};

using Reasons = std::map<int, std::string>; ///< by op id

/// The ops as they run together. `alone`: those that run by themselves; `apart`: those that do not join their producer.
std::shared_ptr<const Network> fused(const Network &ops, const LocalMemory &memory, const Reasons &alone,
                                     const std::set<int> &apart);

/// Where all searches with one local memory begin.
struct Start {
  Start(const Network &ops, const LocalMemory &memory);
  LocalMemory memory;
  Reasons alone; ///< ops that no plan can take into a group
  std::shared_ptr<const Network> network;
};

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_LIB_SCHEDULE_DRAFT_H
