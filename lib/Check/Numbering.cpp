//===- Numbering.cpp - Which element lies where ---------------------------===//
// Divides addresses by strides to find the element that lies there, and
// strides by sizes to tell boxes from other grids.

#include "Numbering.h"

#include <algorithm>
#include <vector>

namespace tpu_mlir::safety {

Spot spotOf(const Grid &grid, bool linear, uint32_t lanes, uint32_t lane, uint64_t address) {
  Spot spot;
  if (address < grid.place)
    return spot;
  uint64_t rest = address - grid.place;
  const auto take = [&](uint64_t count, uint64_t step) {
    const uint64_t i = count > 1 && step ? rest / step : 0;
    rest -= i * step;
    return int64_t(i);
  };
  spot.n = take(grid.n, grid.stepN);
  const int64_t group = take(linear ? grid.c : (grid.lane + grid.c + lanes - 1) / lanes, grid.stepC);
  spot.c = linear ? group : group * lanes + lane - grid.lane;
  spot.at = int64_t(rest / grid.item);
  const uint64_t plane = (grid.h - 1) * grid.stepH + (grid.w - 1) * grid.stepW + grid.item;
  spot.inside = rest < plane && uint64_t(spot.n) < grid.n && spot.c >= 0 && uint64_t(spot.c) < grid.c;
  return spot;
}

bool isPlain(const Grid &grid) {
  return (grid.w == 1 || grid.stepW == grid.item) && (grid.h == 1 || grid.stepH >= grid.w * grid.item) &&
         (grid.n == 1 || grid.stepN);
}

namespace {

/// As isBoxOf, for a grid that is no run.
bool picksBox(const Grid &grid, uint64_t place, std::span<const uint64_t> shape) {
  // Coordinates of the last element: those of the first, and of every step as often as it is taken.
  std::vector<uint64_t> last(shape.size(), 0);
  const auto add = [&](uint64_t bytes, uint64_t times) {
    if (!times || !bytes)
      return;
    uint64_t rest = bytes / grid.item;
    for (size_t a = shape.size(); a-- > 0; rest /= shape[a])
      last[a] += rest % shape[a] * times;
  };
  add(grid.place - place, 1);
  for (auto [count, step] : {std::pair(grid.w, grid.stepW), std::pair(grid.h, grid.stepH),
                             std::pair(grid.c, grid.stepC), std::pair(grid.n, grid.stepN)}) {
    // Neighbours along whole axes may be counted as one, and so may steps that divide an axis.
    uint64_t whole = grid.item;
    for (size_t a = shape.size(); a-- > 0; whole *= shape[a]) {
      const uint64_t stride = step / whole;
      if (step % whole || !stride || shape[a] % stride)
        continue;
      const uint64_t taken = shape[a] / stride;
      if (count > taken && count % taken == 0 && taken > 1) {
        add(step, taken - 1);
        step = whole * shape[a], count /= taken;
      }
    }
    // A step along two axes at once is skewed.
    unsigned along = 0;
    uint64_t rest = count > 1 ? step / grid.item : 0;
    for (size_t a = shape.size(); a-- > 0; rest /= shape[a])
      along += rest % shape[a] != 0;
    if (along > 1)
      return false;
    add(step, count - 1);
  }
  for (size_t a = 0; a < shape.size(); ++a)
    if (last[a] >= shape[a])
      return false;
  return !shape.empty();
}

/// The shape in which a tensor of `count` elements is seen by steps that divide it; empty where they do not.
std::vector<uint64_t> viewBySteps(const Grid &grid, uint64_t count) {
  std::vector<uint64_t> steps = {1}, shape;
  for (auto [times, step] : {std::pair(grid.w, grid.stepW), std::pair(grid.h, grid.stepH),
                             std::pair(grid.c, grid.stepC), std::pair(grid.n, grid.stepN)})
    if (times > 1)
      steps.push_back(step / grid.item);
  steps.push_back(count);
  std::sort(steps.begin(), steps.end());
  for (size_t i = steps.size() - 1; i > 0; --i) {
    if (!steps[i - 1] || steps[i] % steps[i - 1])
      return {};
    shape.push_back(steps[i] / steps[i - 1]);
  }
  return shape;
}

/// Whether the grid sees another shape: a step is none between neighbours along an axis, or goes on behind the axis'
/// end for as long again.
bool seesAnotherShape(const Grid &grid, std::span<const uint64_t> shape) {
  for (auto [count, step] : {std::pair(grid.w, grid.stepW), std::pair(grid.h, grid.stepH),
                             std::pair(grid.c, grid.stepC), std::pair(grid.n, grid.stepN)}) {
    uint64_t whole = grid.item;
    size_t a = shape.size();
    while (a > 0 && (shape[a - 1] == 1 || whole != step))
      whole *= shape[--a];
    if (count > 1 && (a == 0 || count >= 2 * shape[a - 1]))
      return true;
  }
  return false;
}

} // namespace

bool isBoxOf(const Grid &grid, uint64_t place, std::span<const uint64_t> shape) {
  Box box;
  box.run = grid.item;
  box.add(grid.w, grid.stepW), box.add(grid.h, grid.stepH), box.add(grid.c, grid.stepC), box.add(grid.n, grid.stepN);
  box.settle();
  if (box.rank == 0 || grid.place < place || (grid.place - place) % grid.item)
    return box.rank == 0;
  uint64_t count = 1;
  for (uint64_t size : shape)
    count *= size;
  // A size of zero is refused by the container's rules.
  return !count || picksBox(grid, place, shape) ||
         (seesAnotherShape(grid, shape) && picksBox(grid, place, viewBySteps(grid, count)));
}

} // namespace tpu_mlir::safety
