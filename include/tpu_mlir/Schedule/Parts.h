//===- Parts.h - A work in parts that scratch memory holds ------*- C++ -*-===//
// The last cut of a work, below slices and channel tiles. Where scratch places
// lie is decided before (mapScratch).
#ifndef TPU_MLIR_SCHEDULE_PARTS_H
#define TPU_MLIR_SCHEDULE_PARTS_H

#include "tpu_mlir/Schedule/Timeline.h"

namespace tpu_mlir::schedule {

/// Cuts a region of a recipe's result so that every intermediate fits its scratch place and every instruction can take
/// its views; nothing when no cut does.
std::vector<Region> chooseParts(const Recipe &recipe, const Region &region, const std::vector<Binding> &bindings,
                                const ScratchMap &scratch, const LocalMemory &memory);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_PARTS_H
