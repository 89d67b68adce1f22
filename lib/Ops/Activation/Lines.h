//===- Lines.h - Tables that a few integer instructions replace -*- C++ -*-===//
// Whether a function of bytes is one or two lines between bounds, and which.
// One wrong result, and it is none.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_LINES_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_LINES_H

#include "tpu_mlir/Kernel/Round.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace tpu_mlir {

/// sat(((x * factor + offset) * multiplier >> shift, rounded) + zeroPoint); the factor and the offset, where there are
/// any, in 16 bits.
struct Line {
  int64_t multiplier = 0, shift = 0, zeroPoint = 0, factor = 1, offset = 0;
};
/// The larger or smaller of one or two lines, between bounds.
struct Lines {
  std::vector<Line> lines;
  bool takesMax = true;
  std::optional<int64_t> low, high;
};

/// Lines with exactly the results of a table: `results[i]` is that of the input `firstInput + i`, `least` and `most`
/// bound the output's format, `round` is the target's. The search looks among lines that are right when rounded half
/// up, and takes those that are by `round`. Nothing where no lines are found.
std::optional<Lines> findLines(const std::vector<int64_t> &results, int64_t firstInput, int64_t least, int64_t most,
                               kernel::Round round);

/// The result of lines for one input.
int64_t evaluate(const Lines &lines, int64_t x, int64_t least, int64_t most, kernel::Round round);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_LINES_H
