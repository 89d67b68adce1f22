//===- Numbering.h - Which element lies where -------------------*- C++ -*-===//
// The elements of a tensor as consecutive numbers, the places of an operand's
// elements, and the way between them. Decides nothing about commands.
#ifndef TPU_MLIR_LIB_CHECK_NUMBERING_H
#define TPU_MLIR_LIB_CHECK_NUMBERING_H

#include "tpu_mlir/Check/Footprint.h"

#include <span>

namespace tpu_mlir::safety {

/// Elements as numbers: neighbours in w are one apart, rows `width`, channels `plane`, batches `image`.
struct Numbering {
  bool known = false;
  int64_t first = 0, image = 0, plane = 0, width = 0;
  bool sameSteps(const Numbering &other) const {
    return image == other.image && plane == other.plane && width == other.width;
  }
};

/// An element of a grid.
struct Spot {
  int64_t n = 0, c = 0;
  int64_t at = 0; ///< in its plane: elements between its address and the plane's first
  bool inside = false;
  int64_t number(const Numbering &numbers) const { return numbers.first + n * numbers.image + c * numbers.plane + at; }
};

/// The element that lies at an address of a lane (of linear memory where `linear`).
Spot spotOf(const Grid &grid, bool linear, uint32_t lanes, uint32_t lane, uint64_t address);

/// Whether the elements of a plane lie in the order of their addresses, neighbours in w side by side.
bool isPlain(const Grid &grid);

/// Whether the grid picks a box with steps out of a dense tensor of this shape at `place`, and not elements beyond the
/// end of one of its axes. One contiguous run of it will do too.
bool isBoxOf(const Grid &grid, uint64_t place, std::span<const uint64_t> shape);

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_NUMBERING_H
