//===- Uncertain.cpp - How far the timing model can be off ----------------===//
// Each constant's range stands beside it in the chip's data; here is only which
// constants are uncertain for the same reason.
#include "tpu_mlir/Timing/Uncertain.h"

namespace tpu_mlir::timing {

namespace {
using T = target::Time;

UncertainGroup bandwidth() {
  return {"gdma bandwidth", {&T::gdmaLoadBytes, &T::gdmaStoreBytes, &T::gdmaMoveBytes, &T::gdmaSharedBytes}};
}
} // namespace

const std::vector<UncertainGroup> &uncertainGroups() {
  static const std::vector<UncertainGroup> groups = {
      {"gather", {&T::gatherCyclesPerElement}},
      {"depth-wise", {&T::depthwiseFactor}},
      {"pooling", {&T::poolFactor}},
      {"gdma latency", {&T::gdmaLatencyCycles}},
      bandwidth(),
      {"gdma rows", {&T::gdmaRowCycles}},
      {"bank penalty", {&T::bankConflict, &T::bankConflict32, &T::gatherConflict}},
      {"matrix product", {&T::matmulFactor}},
      {"issue gap", {&T::issueCycles, &T::gdmaIssueCycles}},
  };
  return groups;
}

target::Chip withConstants(const target::Chip &chip, const UncertainGroup &group, bool high) {
  target::Chip changed = chip;
  for (auto member : group.members)
    for (const target::Constant &constant : chip.constants)
      if (constant.member == member)
        changed.time.*member = high ? constant.high : constant.low;
  return changed;
}

target::Chip withSlowTransfers(const target::Chip &chip) { return withConstants(chip, bandwidth(), false); }

} // namespace tpu_mlir::timing
