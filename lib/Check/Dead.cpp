//===- Dead.cpp - Bytes that are written for nobody -----------------------===//
// Which dead bytes a sound stream may leave too: zeros that fill weights up,
// and lanes that a command could not leave out. All others are findings.

#include "Dead.h"

#include <algorithm>

namespace tpu_mlir::safety {

namespace {

/// Where a copied byte comes from, for copies that keep shape and order; 0 for others.
uint64_t sourceOf(const Grid &to, const Grid &from, uint32_t lanes, uint32_t lane, uint64_t offset) {
  if (offset < to.place && lane >= to.lane)
    return 0;
  uint64_t rest = offset - to.place;
  const auto take = [&](uint64_t count, uint64_t step) {
    const uint64_t i = count > 1 && step ? rest / step : 0;
    rest -= i * step;
    return i;
  };
  const uint64_t n = take(to.n, to.stepN), group = take((to.lane + to.c + lanes - 1) / lanes, to.stepC);
  const uint64_t h = take(to.h, to.stepH), w = take(to.w, to.stepW), c = group * lanes + lane - to.lane;
  if (n >= to.n || c >= to.c || h >= to.h || w >= to.w || rest >= to.item)
    return 0;
  return from.place + n * from.stepN + c * from.stepC + h * from.stepH + w * from.stepW + rest;
}

class WeightZeros {
public:
  WeightZeros(const isa::Command &command, std::span<const Access> accesses, const bmodel::NetParameter &parameter,
              uint32_t lanes)
      : lanes(lanes) {
    const bool isPlain = command.engine() == isa::Engine::GDMA && command.info->family == "DMATensor" &&
                         command.get(isa::Field::nchw_copy) && command.get(command.info->kindField) == isa::kDmaTensor;
    if (!isPlain || !parameter.coeffMem || !parameter.coeffMem->coeff)
      return;
    for (const Access &access : accesses)
      (access.writes ? to : from) = &access.grid;
    base = parameter.coeffMem->address;
    bytes = parameter.coeffMem->coeff->bytes();
  }
  bool has(uint32_t lane, uint64_t offset) const {
    const uint64_t at = to && from ? sourceOf(*to, *from, lanes, lane, offset) : 0;
    return at >= base && at - base < bytes.size() && bytes[at - base] == 0;
  }
  bool any() const { return to && from && from->place >= base && from->place - base < bytes.size(); }

private:
  uint32_t lanes;
  const Grid *to = nullptr, *from = nullptr;
  uint64_t base = 0;
  std::span<const uint8_t> bytes;
};

/// Drops the parts of cells that the command's other lanes did not leave unread.
std::vector<Dead::Cell> deadInAllLanes(const std::vector<Dead::Cell> &cells, std::span<const Access> accesses) {
  // Lanes that were written less lanes that are dead, as steps over the offsets.
  std::map<uint64_t, int64_t> steps;
  for (const Access &access : accesses)
    if (access.writes && access.space == Space::Lanes)
      access.box.forRuns([&](uint64_t begin, uint64_t end) {
        steps[begin] += access.laneEnd - access.laneBegin;
        steps[end] -= access.laneEnd - access.laneBegin;
      });
  for (const Dead::Cell &cell : cells) {
    steps[cell.begin] -= int64_t(cell.lanes.count());
    steps[cell.end] += int64_t(cell.lanes.count());
  }
  std::vector<Dead::Cell> kept;
  std::vector<std::pair<uint64_t, int64_t>> alive; // from an offset on
  int64_t sum = 0;
  for (const auto &[at, change] : steps)
    alive.emplace_back(at, sum += change);
  for (const Dead::Cell &cell : cells) {
    auto it = std::lower_bound(alive.begin(), alive.end(), std::pair(cell.begin, INT64_MIN));
    for (; it != alive.end() && it->first < cell.end; ++it)
      if (it->second <= 0)
        kept.push_back({cell.lanes, it->first, it + 1 == alive.end() ? cell.end : std::min(cell.end, (it + 1)->first),
                        cell.value});
  }
  return kept;
}

} // namespace

std::vector<Dead::Cell> unexcused(const std::vector<Dead::Cell> &cells, const isa::Command &command,
                                  std::span<const Access> accesses, const bmodel::NetParameter &parameter,
                                  const target::Chip &chip, bool isNamed) {
  const bool isLocal = !cells.empty() && cells[0].lanes.end > 0;
  const bool inEveryLane =
      command.engine() == isa::Engine::TIU || command.get(command.info->kindField) == isa::kDmaTensorBroadcast;
  if (!isLocal && isNamed) {
    uint64_t dead = 0, written = 0;
    for (const Dead::Cell &cell : cells)
      dead += cell.end - cell.begin;
    for (const Access &access : accesses)
      written += access.writes ? access.box.run * access.box.pieces() : 0;
    // A border is filled piece by piece, whatever of it windows reach.
    const bool fills = command.has(isa::Field::fill_constant_en) && command.get(isa::Field::fill_constant_en);
    return fills || dead < written ? std::vector<Dead::Cell>() : cells;
  }
  if (isLocal && inEveryLane)
    return deadInAllLanes(cells, accesses);
  const WeightZeros zeros(command, accesses, parameter, uint32_t(chip.local.lanes));
  if (!isLocal || !zeros.any())
    return cells;
  std::vector<Dead::Cell> kept;
  for (const Dead::Cell &cell : cells)
    for (uint32_t lane = cell.lanes.begin; lane < cell.lanes.end; ++lane)
      for (uint64_t at = cell.begin; at < cell.end; ++at)
        if (!zeros.has(lane, at)) {
          if (!kept.empty() && kept.back().lanes.begin == lane && kept.back().end == at)
            ++kept.back().end;
          else
            kept.push_back({{lane, lane + 1}, at, at + 1, cell.value});
        }
  return kept;
}

} // namespace tpu_mlir::safety
