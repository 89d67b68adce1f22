//===- Footprint.cpp - The bytes that an operand touches ------------------===//
// Sorts and joins the axes of boxes of bytes so that each byte is one run's.
// Products that leave 62 bits stay at their limit, far outside any memory.

#include "tpu_mlir/Check/Footprint.h"

#include <algorithm>
#include <vector>

namespace tpu_mlir::safety {

namespace {
constexpr uint64_t kMost = uint64_t(1) << 62;
__extension__ using Wide = unsigned __int128;
uint64_t limited(Wide value) { return value < kMost ? uint64_t(value) : kMost; }
} // namespace

bool Box::collides() const {
  Box sorted = *this;
  std::sort(sorted.axes.begin(), sorted.axes.begin() + rank,
            [](const Axis &a, const Axis &b) { return a.step < b.step; });
  Wide reach = run;
  bool nested = true;
  for (unsigned i = 0; i < rank; ++i) {
    const Axis &axis = sorted.axes[i];
    if (axis.count < 2)
      continue;
    if (axis.step < run)
      return true;
    nested = nested && axis.step >= reach;
    reach += Wide(axis.count - 1) * axis.step;
  }
  if (nested)
    return false;
  if (pieces() > kMostPieces)
    return true;
  std::vector<uint64_t> places;
  forRuns([&](uint64_t begin, uint64_t) { places.push_back(begin); });
  std::sort(places.begin(), places.end());
  return std::adjacent_find(places.begin(), places.end(), [&](uint64_t a, uint64_t b) { return b - a < run; }) !=
         places.end();
}

void Box::settle() {
  unsigned kept = 0;
  for (unsigned i = 0; i < rank; ++i)
    if (axes[i].count > 1 && axes[i].step)
      axes[kept++] = axes[i];
  rank = kept;
  std::sort(axes.begin(), axes.begin() + rank, [](const Axis &a, const Axis &b) { return a.step < b.step; });
  // Runs that touch or overlap along the shortest step are one run.
  unsigned joined = 0;
  while (joined < rank && axes[joined].step <= run) {
    run = limited(Wide(axes[joined].count - 1) * axes[joined].step + run);
    ++joined;
  }
  std::move(axes.begin() + joined, axes.begin() + rank, axes.begin());
  rank -= joined;
  // An axis that continues the one below lengthens it.
  kept = 0;
  for (unsigned i = 0; i < rank; ++i) {
    if (kept && Wide(axes[kept - 1].count) * axes[kept - 1].step == axes[i].step)
      axes[kept - 1].count = limited(Wide(axes[kept - 1].count) * axes[i].count);
    else
      axes[kept++] = axes[i];
  }
  rank = kept;
}

uint64_t Box::end() const {
  Wide last = Wide(base) + run;
  for (unsigned i = 0; i < rank; ++i)
    last += Wide(axes[i].count - 1) * axes[i].step;
  return limited(last);
}

uint64_t Box::pieces() const {
  uint64_t count = 1;
  for (unsigned i = 0; i < rank; ++i)
    count = limited(Wide(count) * axes[i].count);
  return count;
}

} // namespace tpu_mlir::safety
