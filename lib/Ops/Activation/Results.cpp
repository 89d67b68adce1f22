//===- Results.cpp - When a curve takes less than a table -----------------===//
// Compares the instructions of a curve with a lookup, by the timing model. Whether
// there is a curve is Curve.cpp's to find.
#include "Results.h"
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>

namespace tpu_mlir {

std::optional<Curve> Results::curve(const kernel::Dims &dims, const target::Chip &chip) const {
  // In pieces of a bank, as the sums of a convolution before it leave room for.
  const int64_t room = chip.local.laneBytes / chip.local.banks / 4;
  const int64_t plane = std::min(dims.h * dims.w, room);
  const Dims piece{1, std::min(dims.c, chip.local.lanes * std::max<int64_t>(1, room / plane)), 1, plane};
  const double lookup = schedule::lookupCycles(piece, {backend::familyFor(chip.identity.family), chip}),
               instruction = timing::elementCycles(chip, {1, double(piece.c), 1, double(plane)}, 1) +
                             double(chip.time.issueCycles);
  const size_t mostLines = size_t(lookup / instruction / 2);
  if (mostLines < 2)
    return std::nullopt;
  std::optional<Curve> found =
      findCurve(values, firstInput, least, most, mostLines, kernel::roundNamed(chip.quant.requantRound));
  // The timing model knows neither to a few percent.
  return found && double(instructionsOf(*found)) * instruction < 0.9 * lookup ? found : std::nullopt;
}

} // namespace tpu_mlir
