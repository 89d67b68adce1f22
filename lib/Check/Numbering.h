//===- Numbering.h - Which element lies where -------------------*- C++ -*-===//
// The elements of a tensor as consecutive numbers, the places of an operand's
// elements, and the way between them. Decides nothing about commands.
#ifndef TPU_MLIR_LIB_CHECK_NUMBERING_H
#define TPU_MLIR_LIB_CHECK_NUMBERING_H

#include "tpu_mlir/Check/Footprint.h"

#include <span>

namespace tpu_mlir::safety {

/// Elements as numbers: neighbours in w are `column` apart, rows `width`, channels `plane`, batches `image`. In memory
/// rows begin every `row` elements, which is `width` unless parts of rows have been brought together.
struct Numbering {
  bool known = false;
  int64_t first = 0, image = 0, plane = 0, width = 0;
  int64_t column = 1; ///< another than 1 where channels and columns have changed places; then there is one row
  int64_t row = 0;    ///< 0: one row
  bool isLinear() const { return !row || row == width; }
  bool sameSteps(const Numbering &other) const {
    return image == other.image && plane == other.plane && width == other.width && column == other.column;
  }
  /// How far the number of the element `at` places behind a plane's first is from that one's; `at` may be negative.
  int64_t inPlane(int64_t at) const {
    if (isLinear())
      return at * column;
    const int64_t rows = (at >= 0 ? at : at - row + 1) / row;
    return rows * width + at - rows * row;
  }
};

/// An element of a grid.
struct Spot {
  int64_t n = 0, c = 0;
  int64_t at = 0; ///< in its plane: elements between its address and the plane's first
  bool inside = false;
  int64_t number(const Numbering &numbers) const {
    return numbers.first + n * numbers.image + c * numbers.plane + numbers.inPlane(at);
  }
};

/// The element that lies at an address of a lane (of linear memory where `linear`).
Spot spotOf(const Grid &grid, bool linear, uint32_t lanes, uint32_t lane, uint64_t address);

/// Whether the elements of a plane lie in the order of their addresses, neighbours in w side by side.
bool isPlain(const Grid &grid);

/// Whether the grid picks a box with steps out of a dense tensor of this shape at `place`, and not elements beyond the
/// end of one of its axes. One contiguous run of it will do too, and so will a box of another shape that the tensor has
/// where all steps divide it.
bool isBoxOf(const Grid &grid, uint64_t place, std::span<const uint64_t> shape);

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_NUMBERING_H
