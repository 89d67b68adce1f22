//===- Regions.h - What a slice of a group computes and reads ---*- C++ -*-===//
// Follows a slice from a group's results back to what it reads. Where slices
// are cut is the group's to say.
#ifndef TPU_MLIR_SCHEDULE_REGIONS_H
#define TPU_MLIR_SCHEDULE_REGIONS_H

#include "tpu_mlir/Schedule/Timeline.h"

namespace tpu_mlir::schedule {

/// Regions of one slice, channels always whole. A region without rows or columns is not needed.
struct SliceRegions {
  std::vector<Region> made;   ///< by node of the group: what it computes
  std::vector<Region> own;    ///< by node: the part of its result that this slice answers for; no rows: none
  std::map<int, Region> read; ///< by root value made outside the group
};

bool isEmpty(const Region &r);
/// Rows that start at the align unit when a channel's rows follow each other: the number must divide their index.
int64_t rowAlignment(const Value &v, const LocalMemory &memory);
/// Whether something outside nodes [first, last] reads the value, or the network returns it.
bool leavesGroup(const Network &network, int value, int first, int last);
/// Whether parts of the columns of an op's result follow from parts of its operands' columns.
bool mayCutColumns(const Recipe &recipe);
SliceRegions regionsOf(const Network &network, const Plan &plan, const Group &group, int64_t slice,
                       const LocalMemory &memory);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_REGIONS_H
