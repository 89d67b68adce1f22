//===- Segments.h - Where slicing pays --------------------------*- C++ -*-===//
// Cuts the list of ops into groups by a cost that adds up. Whether a group
// really fits, and what it really takes, is found out later.
#ifndef TPU_MLIR_SCHEDULE_SEGMENTS_H
#define TPU_MLIR_SCHEDULE_SEGMENTS_H

#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Schedule/Timeline.h"

namespace tpu_mlir::schedule {

/// What the search varies.
struct SegmentRules {
  double largestResident = 0.25; ///< share of local memory that a value between groups may take
  double room = 0.9;             ///< share of local memory that a slice may fill, so that loads run ahead
  int longest = 24;              ///< ops of a sliced group
};

/// Groups of least estimated time by dynamic programming over the ops in order. `alone[n]`: node n runs by itself.
/// A pure function of its arguments.
std::vector<Group> chooseSegments(const Network &network, const std::vector<char> &alone, const SegmentRules &rules,
                                  const LocalMemory &memory, const backend::Prices &prices);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_SEGMENTS_H
