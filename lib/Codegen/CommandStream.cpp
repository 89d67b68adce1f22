//===- CommandStream.cpp - Commands with computed dependencies ------------===//
// A scoreboard of byte ranges per memory. Commands of one engine complete in
// order, so only accesses of the other engine create a dependency, and a write
// that has waited for older accesses stands for them.
// Source of the id and end rules: shared ISA notes, isa.md §7.
#include "tpu_mlir/Codegen/CommandStream.h"

#include <algorithm>

namespace tpu_mlir::codegen {

CommandStream::CommandStream(const isa::Table &table, uint32_t idLimit, uint32_t padBytes)
    : table(table), idLimit(idLimit), padBytes(padBytes) {}

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

uint32_t CommandStream::record(Cells &cells, const Access &access, int engine, uint32_t id) {
  splitAt(cells, access.begin);
  splitAt(cells, access.end);
  int other = 1 - engine;
  uint32_t dep = 0;
  auto first = cells.lower_bound(access.begin), end = cells.lower_bound(access.end);
  for (auto cell = first; cell != end; ++cell)
    dep = std::max({dep, cell->second.write[other], access.isWrite ? cell->second.read[other] : 0});
  if (access.isWrite) {
    cells.erase(first, end);
    Cell cell;
    cell.end = access.end;
    cell.write[engine] = id;
    cells.emplace(access.begin, cell);
    return dep;
  }
  uint64_t at = access.begin;
  for (auto cell = first; cell != end; ++cell) {
    if (at < cell->first) {
      // Bytes nobody has touched yet: a later write must still wait for this read.
      Cell gap;
      gap.end = cell->first;
      gap.read[engine] = id;
      cells.emplace_hint(cell, at, gap);
    }
    cell->second.read[engine] = id;
    at = cell->second.end;
  }
  if (at < access.end) {
    Cell gap;
    gap.end = access.end;
    gap.read[engine] = id;
    cells.emplace(at, gap);
  }
  return dep;
}

uint32_t CommandStream::issue(isa::Command command, std::span<const Access> accesses) {
  int engine = int(command.engine());
  uint32_t id = ++last[engine], dep = waited[engine];
  ++totals[engine];
  positions[engine] = {uint32_t(groups.size()), id};
  for (const Access &a : accesses)
    if (!a.isWrite)
      dep = std::max(dep, record(spaces[int(a.space)], a, engine, id));
  for (const Access &a : accesses)
    if (a.isWrite)
      dep = std::max(dep, record(spaces[int(a.space)], a, engine, id));
  waited[engine] = dep;
  command.set(isa::Field::cmd_id, id);
  command.set(isa::Field::cmd_id_dep, dep);
  command.appendTo(bytes[engine]);
  return id;
}

bool CommandStream::isNearlyFull(uint32_t margin) const { return std::max(last[0], last[1]) + margin >= idLimit; }

void CommandStream::closeGroup() {
  if (last[0] == 0 && last[1] == 0)
    return;
  isa::SYSID tiuEnd;
  tiuEnd.tsk_eu_typ = 31;
  tiuEnd.cmd_id = ++last[0];
  isa::SDMASys gdmaEnd;
  gdmaEnd.cmd_id = ++last[1];
  isa::encode(table, tiuEnd).appendTo(bytes[0]);
  isa::encode(table, gdmaEnd).appendTo(bytes[1]);
  for (auto &stream : bytes)
    stream.resize((stream.size() + padBytes - 1) / padBytes * padBytes);
  groups.push_back({last[0], last[1], std::move(bytes[0]), std::move(bytes[1])});
  for (int e : {0, 1}) {
    bytes[e].clear();
    last[e] = waited[e] = 0;
    spaces[e].clear();
  }
}

std::vector<CommandGroup> CommandStream::finish() {
  closeGroup();
  return std::move(groups);
}

} // namespace tpu_mlir::codegen
