//===- StageReport.cpp - Findings in words --------------------------------===//
// Names commands, places and reasons in sentences that a user can look up in a
// disassembly. Decides nothing about what is wrong.

#include "StageWalk.h"

namespace tpu_mlir::safety {

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string StageWalk::nameOf(size_t group, int engine, uint32_t position) const {
  const isa::Command &command = groups[group].streams[engine][position];
  return std::string(kEngines[engine]) + " " + std::to_string(position + 1) + " " + std::string(command.info->name) +
         " " + std::string(command.kind()->name);
}

std::string StageWalk::nameOf(Mark mark, size_t from) const {
  const int engine = engineOf(mark);
  const uint32_t number = numberOf(mark);
  size_t group = groups.size() - 1;
  while (groups[group].before[engine] >= number)
    --group;
  const std::string name = nameOf(group, engine, number - groups[group].before[engine] - 1);
  return group == from ? name : "group " + std::to_string(group) + " " + name;
}

std::string StageWalk::sentence(const Conflict &c, size_t group) const {
  std::string text =
      "'" + std::string(c.operand) + "' " + (c.writes ? "writes " : "reads ") + hex(c.begin) + " to " + hex(c.end);
  if (c.space == Space::Lanes)
    text += c.laneEnd - c.laneBegin == 1
                ? " of lane " + std::to_string(c.laneBegin)
                : " of lanes " + std::to_string(c.laneBegin) + " to " + std::to_string(c.laneEnd - 1);
  else if (!c.region.empty())
    text += " of the " + std::string(c.region);
  switch (c.fault) {
  case Fault::RaceWithWriter:
    return text + " while " + nameOf(c.other, group) + " may be writing there; neither waits for the other";
  case Fault::RaceWithReader:
    return text + " while " + nameOf(c.other, group) + " may be reading there; neither waits for the other";
  case Fault::NeverWritten:
    return text + ", which nothing has written";
  case Fault::Outside:
    return text + (c.space == Space::Lanes ? ", outside local memory" : ", which lies in no region of global memory");
  case Fault::NeverRead:
    return text + ", which nothing reads";
  case Fault::ReadOnly:
    return text + ", which must stay as they are";
  case Fault::Collides:
    return text + " with strides that put several elements into one place";
  case Fault::Scattered:
    return text + " in more separate pieces than can be checked";
  }
  return text;
}

void StageWalk::excuseUnusedReads() {
  // From the last to the first, so that indices of those before stay.
  for (auto read = unwrittenReads.rbegin(); read != unwrittenReads.rend(); ++read) {
    uint64_t unused = 0;
    if (auto cells = dead.all().find(read->reader); cells != dead.all().end())
      for (const Dead::Cell &cell : cells->second)
        unused += (cell.end - cell.begin) * cell.lanes.count();
    if (!read->bytesWritten || unused < read->bytesWritten)
      continue;
    Finding &finding = report.findings[read->finding];
    if (report.notes.size() < kMostFindings)
      report.notes.push_back({finding.where, finding.sentence + "; nothing reads what it computes from that"});
    report.findings.erase(report.findings.begin() + long(read->finding));
  }
}

/// Blamed only where the file names its tensors: other streams may have written what their own tables explain.
void StageWalk::unread(Mark mark, const std::vector<Dead::Cell> &cells) {
  size_t group = groups.size() - 1;
  while (groups[group].before[engineOf(mark)] >= numberOf(mark))
    --group;
  const uint32_t position = numberOf(mark) - groups[group].before[engineOf(mark)] - 1;
  const isa::Command &command = groups[group].streams[engineOf(mark)][position];
  accesses.clear();
  Operands(command, chip, accesses).describe();
  uint64_t bytes = 0;
  auto left = unexcused(cells, command, accesses, parameter, chip, !claims.empty());
  const bool isLoad = engineOf(mark) == 1 && !cells.empty() && cells[0].lanes.end > 0;
  uint64_t dead = 0, written = 0;
  for (const Dead::Cell &cell : cells)
    dead += (cell.end - cell.begin) * cell.lanes.count();
  for (const Access &access : accesses)
    if (access.writes)
      written += access.box.pieces() * access.box.run * LaneRange{access.laneBegin, access.laneEnd}.count();
  std::erase_if(left,
                [&](const Dead::Cell &cell) { return values.mayStayUnread(cell.value, isLoad && dead >= written); });
  for (const Dead::Cell &cell : left)
    bytes += (cell.end - cell.begin) * cell.lanes.count();
  if (!bytes)
    return;
  const std::string place = where + " group " + std::to_string(group) + " " + nameOf(group, engineOf(mark), position);
  const std::string text = std::to_string(bytes) + " of the bytes that it writes, the first at " + hex(left[0].begin) +
                           ", are read by nobody";
  addOrNote(place, text);
}

} // namespace tpu_mlir::safety
