//===- Search.h - Which ops run together, and in what slices ----*- C++ -*-===//
// Tries groups of ops, slices and forms, and keeps what the event model finds
// fastest. How a candidate is built, placed and timed is said elsewhere.
#ifndef TPU_MLIR_SCHEDULE_SEARCH_H
#define TPU_MLIR_SCHEDULE_SEARCH_H

#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Schedule/Place.h"

namespace tpu_mlir::schedule {

struct Schedule {
  Network network; ///< with fused nodes
  Plan plan;
  std::vector<std::string> reasons; ///< by group: why it is one op by itself, or empty
  double cycles = 0;                ///< estimated
  double slowCycles = 0;            ///< the same with the slowest transfers that the chip's data allow
  int64_t scratchBanks = 1;         ///< the local memory's that it is made for
};

/// Bytes per lane of weights above which an op runs in channel tiles.
int64_t rowLimitOf(const LocalMemory &memory);

/// Marks what must go through global memory whatever fits: the network's inputs and outputs, what ops that run by
/// themselves read and make, and what is read in another shape.
void markStored(const Network &network, Plan &plan);

/// The best schedule found. `level`: how much is tried.
Schedule findSchedule(const Network &ops, const LocalMemory &memory, const target::Chip &chip, int level);

/// How long a placed timeline takes with all engines at work, in cycles.
double estimateCycles(const Network &network, const Timeline &timeline, const Plan &plan, const Pace &pace,
                      const backend::Prices &prices);

/// The pace of a timeline by the family's prices.
Pace paceOf(const Network &network, const Timeline &timeline, const backend::Prices &prices);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_SEARCH_H
