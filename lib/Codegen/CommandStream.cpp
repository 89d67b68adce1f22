//===- CommandStream.cpp - Commands with computed dependencies ------------===//
// A scoreboard of byte ranges per memory. Commands of one engine complete in
// order, so only accesses of other engines create a dependency, and a write
// that has waited for older accesses stands for them.
#include "tpu_mlir/Codegen/CommandStream.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir::codegen {

CommandStream::CommandStream(int count, uint32_t idLimit) : idLimit(idLimit), engines(size_t(count)) {
  assert(count <= kMostEngines && "a family has few engines");
}

void CommandStream::splitAt(Cells &cells, uint64_t at) {
  auto next = cells.upper_bound(at);
  if (next == cells.begin())
    return;
  auto cell = std::prev(next);
  if (cell->first == at || cell->second.end <= at)
    return;
  Cell tail = cell->second;
  cell->second.end = at;
  cells.emplace_hint(next, at, tail);
}

void CommandStream::record(Cells &cells, const Access &access, int engine, uint32_t id) {
  splitAt(cells, access.begin);
  splitAt(cells, access.end);
  std::array<uint32_t, kMostEngines> &after = engines[size_t(engine)].after;
  auto waitFor = [&](int other, uint32_t command) {
    if (other != engine)
      after[size_t(other)] = std::max(after[size_t(other)], command);
  };
  auto first = cells.lower_bound(access.begin), end = cells.lower_bound(access.end);
  for (auto cell = first; cell != end; ++cell) {
    waitFor(cell->second.writer, cell->second.write);
    for (int e = 0; access.isWrite && e < engineCount(); ++e)
      waitFor(e, cell->second.read[size_t(e)]);
  }
  if (access.isWrite) {
    cells.erase(first, end);
    Cell cell;
    cell.end = access.end;
    cell.writer = engine, cell.write = id;
    cells.emplace(access.begin, cell);
    return;
  }
  uint64_t at = access.begin;
  for (auto cell = first; cell != end; ++cell) {
    if (at < cell->first) {
      // Bytes nobody has touched yet: a later write must still wait for this read.
      Cell gap;
      gap.end = cell->first;
      gap.read[size_t(engine)] = id;
      cells.emplace_hint(cell, at, gap);
    }
    cell->second.read[size_t(engine)] = id;
    at = cell->second.end;
  }
  if (at < access.end) {
    Cell gap;
    gap.end = access.end;
    gap.read[size_t(engine)] = id;
    cells.emplace(at, gap);
  }
}

CommandStream::Turn CommandStream::take(int engine, std::span<const Access> accesses) {
  Engine &own = engines[size_t(engine)];
  const uint32_t id = ++own.last;
  ++own.total;
  own.position = {groupIndex(), id};
  for (bool isWrite : {false, true})
    for (const Access &a : accesses)
      if (a.isWrite == isWrite)
        record(spaces[int(a.space)], a, engine, id);
  return {id, {own.after.data(), engines.size()}};
}

bool CommandStream::isNearlyFull(uint32_t margin) const {
  uint32_t most = 0;
  for (const Engine &e : engines)
    most = std::max(most, e.last);
  return most + margin >= idLimit;
}

void CommandStream::closeGroup() {
  if (std::all_of(engines.begin(), engines.end(), [](const Engine &e) { return e.last == 0; }))
    return;
  groups.push_back(endQueues());
  std::vector<uint32_t> &last = closed.emplace_back();
  for (Engine &e : engines) {
    last.push_back(e.last);
    e.last = 0;
    e.after.fill(0);
  }
  for (Cells &cells : spaces)
    cells.clear();
}

std::vector<CommandGroup> CommandStream::finish() {
  closeGroup();
  return std::move(groups);
}

} // namespace tpu_mlir::codegen
