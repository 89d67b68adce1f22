//===- Footprint.h - The bytes that an operand touches ----------*- C++ -*-===//
// Sets of bytes as strided boxes: a base, up to five axes of equal steps, and a
// run of bytes at each place; in local memory with the lanes where the box
// repeats. Exact: no byte that the operand does not touch. Decides nothing about
// instructions.
#ifndef TPU_MLIR_CHECK_FOOTPRINT_H
#define TPU_MLIR_CHECK_FOOTPRINT_H

#include <array>
#include <cstdint>
#include <string_view>

namespace tpu_mlir::safety {

/// More runs than any sensible operand has; enumerating them would take seconds.
inline constexpr uint64_t kMostPieces = uint64_t(1) << 22;

/// Bytes base + Σ i_k · step_k + [0, run). Axes ascend in step after settle().
struct Box {
  struct Axis {
    uint64_t count, step;
  };
  uint64_t base = 0, run = 0;
  std::array<Axis, 5> axes = {};
  unsigned rank = 0;

  void add(uint64_t count, uint64_t step) { axes[rank++] = {count, step}; }
  /// True when two places of the box share bytes. Boxes of more than `kMostPieces` pieces whose axes interleave count
  /// as sharing. To be asked before settle(), which joins such places.
  bool collides() const;
  /// Drops axes that add nothing and joins those that touch, so that a contiguous set is one run.
  void settle();
  /// One past the last byte; stops at 2^62.
  uint64_t end() const;
  /// Runs to enumerate; stops at 2^62.
  uint64_t pieces() const;
  /// Calls visit(begin, end) for every run, from low to high addresses unless axes overlap.
  template <typename Visit> void forRuns(Visit visit) const { runs(rank, base, visit); }

private:
  template <typename Visit> void runs(unsigned axis, uint64_t at, Visit &visit) const {
    if (axis == 0)
      return visit(at, at + run);
    for (uint64_t i = 0; i < axes[axis - 1].count; ++i, at += axes[axis - 1].step)
      runs(axis - 1, at, visit);
  }
};

enum class Space : uint8_t { Lanes, Linear };

/// How the elements of an operand lie: element (n, c, h, w) at `place` + the steps, in bytes. In lanes, channel c is in
/// lane (lane + c) mod lanes and `stepC` counts between groups of lanes.
struct Grid {
  uint64_t place = 0; ///< offset in a lane, or address
  uint32_t lane = 0;
  uint64_t item = 0;
  uint64_t n = 1, c = 1, h = 1, w = 1;
  uint64_t stepN = 0, stepC = 0, stepH = 0, stepW = 0;
};

/// One box of an operand. In lanes, every lane of [laneBegin, laneEnd) has the box at the same offsets.
struct Access {
  std::string_view operand;
  bool writes;
  Space space;
  uint32_t laneBegin, laneEnd;
  Box box;
  bool collides = false; ///< a write puts several elements into one place
  Grid grid = {};        ///< of the whole operand
};

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_CHECK_FOOTPRINT_H
