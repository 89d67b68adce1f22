//===- Place.h - Offsets in local memory and times of loads -----*- C++ -*-===//
// Gives a timeline's buffers their addresses and its loads their moments, or
// says where memory runs out. Order and sizes are given.
#ifndef TPU_MLIR_SCHEDULE_PLACE_H
#define TPU_MLIR_SCHEDULE_PLACE_H

#include "tpu_mlir/Schedule/Timeline.h"

namespace tpu_mlir::schedule {

/// How long each work and a transferred byte take, in cycles; what lets loads run ahead and stores finish.
struct Pace {
  std::vector<double> work;
  double transferLatency = 0, bytesPerCycle = 1;
};

/// Gives every buffer its offset, and every load the work before which it is issued: as early as memory allows, in the
/// order of need. Returns the work at which memory runs out, or -1. With `failures` it goes on without what found no
/// place, and lists all such works.
int placeBuffers(Timeline &timeline, const Pace &pace, std::vector<int> *failures = nullptr);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_PLACE_H
