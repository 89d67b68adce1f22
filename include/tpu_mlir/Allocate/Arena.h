//===- Arena.h - Places for tensors that live for a while -------*- C++ -*-===//
// Places intervals of time and bytes in one arena so that none that live at the
// same time overlap. Knows no tensors.
#ifndef TPU_MLIR_ALLOCATE_ARENA_H
#define TPU_MLIR_ALLOCATE_ARENA_H

#include <cstdint>
#include <vector>

namespace tpu_mlir::allocate {

/// Lives from step `first` to step `last`, both included.
struct Lifetime {
  int64_t first, last, bytes;
};

struct Arena {
  std::vector<int64_t> offsets; ///< one per lifetime
  int64_t bytes = 0;            ///< size of the arena
  int64_t lowerBound = 0;       ///< most bytes that live at once; no plan can be smaller
};

/// The smallest arena found: several orders of placement, the best of them improved until it meets the lower bound or a
/// fixed amount of work is done. Offsets are multiples of `align`. A pure function of its arguments.
Arena planArena(const std::vector<Lifetime> &lifetimes, int64_t align);

} // namespace tpu_mlir::allocate

#endif // TPU_MLIR_ALLOCATE_ARENA_H
