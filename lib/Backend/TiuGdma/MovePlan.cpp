//===- MovePlan.cpp - How a move between global tensors is made -----------===//
// Prices come from the functions that time the commands. A plan through local
// memory must be clearly cheaper: it takes the lanes from everything else.
#include "MovePlan.h"
#include "Encoding.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>
#include <numeric>

namespace tpu_mlir::backend::tiu_gdma {

namespace {

constexpr double kWorthwhile = 0.8; ///< of the direct move's cycles
constexpr double kSmall = 1000;     ///< cycles: a load and a store take half of them
constexpr size_t kMostAxes = 8;     ///< of a move that is planned

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t alignUp(int64_t v, int64_t a) { return ceilDiv(v, a) * a; }

std::vector<int64_t> stridesOf(const MovePlan &p, bool asTarget) {
  std::vector<int64_t> strides;
  for (const MoveAxis &a : p.axes)
    strides.push_back(asTarget ? a.target : a.source);
  return strides;
}

class Planner {
public:
  Planner(DType type, const Machine &machine)
      : machine(machine), chip(*machine.chip), item(kernel::byteSize(type)), quarter(machine.memory.bytes / 4) {}

  MovePlan plan(const Move &move) {
    MovePlan best;
    best.axes = axesOf(move);
    best.cycles = direct(best.axes, move.source == -1);
    if (move.source == -1 || best.cycles < kSmall || best.axes.size() < 2 || best.axes.size() > kMostAxes)
      return best;
    for (const MoveAxis &a : best.axes)
      if (a.source < 1 || a.target < 1)
        return best;
    limit = best.cycles * kWorthwhile;
    const std::vector<MoveAxis> axes = best.axes;
    turned(axes, best);
    for (size_t i = 0; i < axes.size(); ++i)
      for (int64_t lanes : lanesOf(axes[i].size))
        overLanes(axes, i, lanes, best);
    return best;
  }

  double direct(const std::vector<MoveAxis> &axes, bool fills) const {
    std::vector<Extent> extents;
    for (const MoveAxis &a : axes)
      extents.push_back({a.size, std::max(a.source, -a.source), std::max(a.target, -a.target)});
    std::vector<Extent> outer;
    if (extents.empty() || std::max(extents.back().from, extents.back().to) * item > denseBytes(machine))
      extents.push_back({1, 1, 1});
    double rows = 1, commands = 1;
    for (size_t i = 0; i + 1 < extents.size(); ++i)
      (i + 4 < extents.size() ? commands : rows) *= double(extents[i].size);
    return commands * copy(fills ? timing::Copy::Store : timing::Copy::Move, rows, double(extents.back().size * item));
  }

private:
  double copy(timing::Copy direction, double rows, double bytes) const {
    return (timing::copyCycles(chip, direction, rows, bytes) + double(chip.time.gdmaIssueCycles)) *
           timing::gdmaToTiu(chip);
  }

  /// How many of an axis may lie over the lanes: all, and its divisors around the number of lanes.
  std::vector<int64_t> lanesOf(int64_t size) const {
    constexpr int64_t kLeast = 8, kMostGroups = 8;
    std::vector<int64_t> counts = {size};
    for (int64_t d = kLeast; d < size && d <= kMostGroups * machine.memory.lanes; ++d)
      if (size % d == 0)
        counts.push_back(d);
    return counts;
  }

  static int64_t boxes(const MovePlan &p) {
    int64_t count = 1;
    for (size_t i = 0; i < p.axes.size(); ++i)
      count *= ceilDiv(p.axes[i].size, p.box[i]);
    return count;
  }

  /// Both engines at work, but for the first load and the last store.
  static double together(double transfer, double compute, int64_t count) {
    return std::max(transfer, compute) + std::min(transfer, compute) / double(count);
  }

  bool fits(const MovePlan &p) const {
    int64_t plane = 1;
    if (p.way == MovePlan::Way::Turn) {
      const size_t y = p.axes.size() - 1, x = y - 1;
      for (size_t i = 0; i < x; ++i)
        plane *= p.box[i];
      return std::max(p.box[x], p.box[y]) <= machine.memory.maxDim && bytes(p.box[y], p.box[x]) * plane <= quarter &&
             bytes(p.box[x], p.box[y]) * plane <= quarter && plane <= machine.memory.maxDim;
    }
    for (size_t i = 0; i < p.axes.size(); ++i)
      plane *= int(i) == p.lane ? 1 : p.box[i];
    const int64_t groups = ceilDiv(p.box[p.lane], machine.memory.lanes);
    return plane <= std::min(kMostStride, machine.memory.maxDim) && p.box[p.lane] <= machine.memory.maxDim &&
           (groups == 1 || alignUp(plane * item, machine.memory.alignBytes) / item <= kMostStride) &&
           bytes(p.box[p.lane], plane) <= quarter;
  }
  /// Of a lane, for `channels` with so many elements each.
  int64_t bytes(int64_t channels, int64_t plane) const {
    return ceilDiv(channels, machine.memory.lanes) * alignUp(plane * item, machine.memory.alignBytes);
  }

  /// Halves the box's axes, that which costs least first, until it fits; false where it cannot.
  template <typename Price> bool shrink(MovePlan &p, Price price) const {
    while (!fits(p)) {
      int best = -1;
      double least = 0;
      for (size_t i = 0; i < p.axes.size(); ++i) {
        const int64_t own = p.box[i];
        if (own == 1 || (int(i) == p.lane && own <= machine.memory.lanes))
          continue;
        p.box[i] = halved(p, i);
        const double cycles = price(p);
        p.box[i] = own;
        if (best < 0 || cycles < least)
          best = int(i), least = cycles;
      }
      if (best < 0 || least >= limit)
        return false;
      p.box[best] = halved(p, best);
    }
    return true;
  }
  int64_t halved(const MovePlan &p, size_t i) const {
    const int64_t half = ceilDiv(p.box[i], 2);
    return int(i) == p.lane ? alignUp(half, machine.memory.lanes) : half;
  }

  template <typename Price> void offer(MovePlan p, MovePlan &best, Price price) {
    p.box.clear();
    for (const MoveAxis &a : p.axes)
      p.box.push_back(a.size);
    if (price(p) >= limit || !shrink(p, price) || 2 * commandsOfBox(p, machine) + 4 > machine.idLimit)
      return;
    p.cycles = price(p);
    if (p.cycles < limit)
      limit = p.cycles, best = std::move(p);
  }

  void turned(const std::vector<MoveAxis> &axes, MovePlan &best) {
    const MoveAxis &x = axes[axes.size() - 2], &y = axes.back();
    if (x.source != 1 || y.target != 1)
      return;
    MovePlan p;
    p.way = MovePlan::Way::Turn, p.axes = axes;
    offer(p, best, [&](const MovePlan &plan) { return turnCycles(plan); });
  }

  double turnCycles(const MovePlan &p) const {
    const size_t last = p.axes.size() - 1;
    const double x = double(p.box[last - 1]), y = double(p.box[last]);
    double n = last >= 2 ? double(p.box[last - 2]) : 1, loops = 1;
    for (size_t i = 0; i + 2 < last; ++i)
      loops *= double(p.box[i]);
    const double transfer = loops * (copy(timing::Copy::Load, n * y, x * double(item)) +
                                     copy(timing::Copy::Store, n * x, y * double(item)));
    const double compute =
        timing::transposeCycles(chip, {n * loops, x, 1, y}, double(item)) + double(chip.time.issueCycles);
    const int64_t count = boxes(p);
    return together(double(count) * transfer, double(count) * compute, count);
  }

  void overLanes(const std::vector<MoveAxis> &axes, size_t axis, int64_t lanes, MovePlan &best) {
    MovePlan p;
    p.way = MovePlan::Way::Lanes, p.axes = axes, p.lane = int(axis);
    if (lanes < axes[axis].size) { // the outer part over the lanes, the inner one within them
      const int64_t inner = axes[axis].size / lanes;
      p.axes[axis] = {lanes, axes[axis].source * inner, axes[axis].target * inner};
      p.axes.insert(p.axes.begin() + int(axis) + 1, {inner, axes[axis].source, axes[axis].target});
    }
    offer(p, best, [&](const MovePlan &plan) { return lanesCycles(plan); });
  }

  double lanesCycles(const MovePlan &p) const {
    const std::vector<int64_t> source = stridesOf(p, false), target = stridesOf(p, true);
    const LaneOrder in = laneOrder(p, p.box, false), out = laneOrder(p, p.box, true);
    const double channels = double(p.box[p.lane]), width = double(item);
    auto side = [&](timing::Copy direction, const std::vector<int64_t> &global, const LaneOrder &lane) {
      const CommandShape s = shapeOf(extentsOf(p, p.box, global, lane.strides), denseBytes(machine) / item);
      return double(s.commands()) *
             copy(direction, channels * double(s.axes[0].size * s.axes[1].size), double(s.axes[2].size) * width);
    };
    const double transfer = side(timing::Copy::Load, source, in) + side(timing::Copy::Store, target, out);
    double compute = 0;
    if (in.strides != out.strides) {
      const CommandShape s = shapeOf(extentsOf(p, p.box, in.strides, out.strides), kMostStride);
      const timing::Spread result{double(s.axes[0].size), channels, double(s.axes[1].size), double(s.axes[2].size)};
      compute = double(s.commands()) * (timing::elementCycles(chip, result, width) + double(chip.time.issueCycles));
    }
    const int64_t count = boxes(p);
    return together(double(count) * transfer, double(count) * compute, count);
  }

  const Machine &machine;
  const target::Chip &chip;
  const int64_t item, quarter;
  double limit = 0; ///< what a plan must be below
};

} // namespace

std::vector<MoveAxis> axesOf(const Move &m) {
  std::vector<MoveAxis> axes;
  for (size_t i = 0; i < m.dims.size(); ++i) {
    if (m.dims[i] == 1)
      continue;
    MoveAxis axis{m.dims[i], m.source == -1 ? 0 : m.sourceStrides[i], m.targetStrides[i]};
    bool joins = !axes.empty() && axes.back().target == axis.target * axis.size &&
                 (m.source == -1 || axes.back().source == axis.source * axis.size);
    if (joins) {
      axis.size *= axes.back().size;
      axes.back() = axis;
    } else {
      axes.push_back(axis);
    }
  }
  return axes;
}

LaneOrder laneOrder(const MovePlan &plan, const std::vector<int64_t> &box, bool asTarget) {
  std::vector<size_t> order;
  for (size_t i = 0; i < plan.axes.size(); ++i)
    if (int(i) != plan.lane)
      order.push_back(i);
  auto stride = [&](size_t i) { return asTarget ? plan.axes[i].target : plan.axes[i].source; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return stride(a) > stride(b); });
  LaneOrder lane{std::vector<int64_t>(plan.axes.size(), 0)};
  for (size_t k = order.size(); k-- > 0;) {
    lane.strides[order[k]] = lane.plane;
    lane.plane *= box[order[k]];
  }
  return lane;
}

std::vector<Extent> extentsOf(const MovePlan &plan, const std::vector<int64_t> &box, const std::vector<int64_t> &from,
                              const std::vector<int64_t> &to) {
  std::vector<Extent> all, joined;
  for (size_t i = 0; i < box.size(); ++i)
    if (int(i) != plan.lane && box[i] > 1)
      all.push_back({box[i], from[i], to[i]});
  std::stable_sort(all.begin(), all.end(), [](const Extent &a, const Extent &b) { return a.to > b.to; });
  for (const Extent &e : all)
    if (!joined.empty() && joined.back().from == e.from * e.size && joined.back().to == e.to * e.size)
      joined.back() = {joined.back().size * e.size, e.from, e.to};
    else
      joined.push_back(e);
  return joined;
}

CommandShape shapeOf(std::vector<Extent> extents, int64_t mostStride) {
  if (extents.empty() || std::max(extents.back().from, extents.back().to) > mostStride)
    extents.push_back({1, 1, 1});
  CommandShape s;
  s.axes[2] = extents.back();
  extents.pop_back();
  s.axes[1] = {1, 1, 1};
  if (!extents.empty()) {
    s.axes[1] = extents.back();
    extents.pop_back();
  }
  // The longest of the others; each of the rest takes a command for every position.
  s.axes[0] = {1, 1, 1};
  auto longest = std::max_element(extents.begin(), extents.end(),
                                  [](const Extent &a, const Extent &b) { return a.size < b.size; });
  if (longest != extents.end()) {
    s.axes[0] = *longest;
    extents.erase(longest);
  }
  s.outer = std::move(extents);
  return s;
}

int64_t commandsOfBox(const MovePlan &p, const Machine &machine) {
  const int64_t item = 4; // the shortest stride that any format may have: no command fewer
  if (p.way == MovePlan::Way::Turn) {
    int64_t loops = 1;
    for (size_t i = 0; i + 3 < p.box.size(); ++i)
      loops *= p.box[i];
    return 2 * loops + 1;
  }
  const LaneOrder in = laneOrder(p, p.box, false), out = laneOrder(p, p.box, true);
  auto commands = [&](const std::vector<int64_t> &from, const std::vector<int64_t> &to, int64_t mostStride) {
    return shapeOf(extentsOf(p, p.box, from, to), mostStride).commands();
  };
  return commands(stridesOf(p, false), in.strides, denseBytes(machine) / item) +
         commands(stridesOf(p, true), out.strides, denseBytes(machine) / item) +
         commands(in.strides, out.strides, kMostStride);
}

MovePlan planMove(const Move &move, DType type, const Machine &machine) { return Planner(type, machine).plan(move); }

codegen::ProgramPrice priceOf(const CopyProgram &program, const Machine &machine) {
  codegen::ProgramPrice price;
  for (const Move &m : program.moves) {
    const MovePlan plan = planMove(m, program.dtype, machine);
    price.cycles += plan.cycles;
    price.usesLocalMemory |= plan.way != MovePlan::Way::Direct;
  }
  return price;
}

} // namespace tpu_mlir::backend::tiu_gdma
