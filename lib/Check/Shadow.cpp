//===- Shadow.cpp - The history of every memory ---------------------------===//
// Per byte one writer and one reader of each engine are enough. Commands come
// in an order that respects the dependencies. A write that races with nobody
// comes after all that touched the byte, so whoever comes after the write comes
// after them too; and of an engine's readers the last one is the hardest to
// come after.

#include "Shadow.h"

#include <algorithm>

namespace tpu_mlir::safety {

namespace {
/// Joins with what was said of the same operand just before; lane groups and runs of one operand follow each other.
void add(std::vector<Conflict> &conflicts, const Conflict &one) {
  for (size_t i = conflicts.size(); i-- > 0;) {
    Conflict &c = conflicts[i];
    if (c.operand != one.operand || c.writes != one.writes)
      break;
    if (c.fault == one.fault && c.other == one.other && c.space == one.space && c.region == one.region) {
      c.laneBegin = std::min(c.laneBegin, one.laneBegin), c.laneEnd = std::max(c.laneEnd, one.laneEnd);
      c.begin = std::min(c.begin, one.begin), c.end = std::max(c.end, one.end);
      return;
    }
  }
  conflicts.push_back(one);
}
} // namespace

Shadow::Shadow(std::span<const bmodel::Region> regions, const target::Chip &chip, Values &values, Dead &dead)
    : values(values), dead(dead), laneBytes(uint64_t(chip.local.laneBytes)), laneCount(uint32_t(chip.local.lanes)) {
  lanes.push_back({0, laneCount, CellMap(laneBytes)});
  for (const bmodel::Region &region : regions) {
    if (region.begin >= region.end)
      continue;
    (region.writable ? linear : readOnly).push_back({region, CellMap(region.end - region.begin)});
  }
}

void Shadow::splitLanes(uint32_t at) {
  for (size_t i = 0; i < lanes.size(); ++i)
    if (lanes[i].begin < at && at < lanes[i].end) {
      Lanes upper = lanes[i];
      upper.begin = lanes[i].end = at;
      lanes.insert(lanes.begin() + long(i) + 1, std::move(upper));
      return;
    }
}

void Shadow::record(CellMap &map, uint64_t base, uint64_t begin, uint64_t end, const Actor &actor, const Access &access,
                    const Conflict &about, std::vector<Conflict> &conflicts) {
  const ValueId made = about.writes ? values.written(access) : 0;
  const int other = 1 - actor.engine;
  map.update(begin, end, [&](History &history, uint64_t from, uint64_t to) {
    const auto say = [&](Fault fault, Mark who) {
      Conflict conflict = about;
      conflict.fault = fault, conflict.other = who, conflict.begin = base + from, conflict.end = base + to;
      add(conflicts, conflict);
    };
    const bool racesWriter = history.writer != kNobody && history.writer != kHost &&
                             engineOf(history.writer) == other && numberOf(history.writer) > actor.seen;
    if (racesWriter)
      say(Fault::RaceWithWriter, history.writer);
    if (about.writes) {
      if (history.reader[other] > actor.seen)
        say(Fault::RaceWithReader, markOf(other, history.reader[other]));
      dead.forget(history, {about.laneBegin, about.laneEnd}, base + from, base + to);
      history = {markOf(actor.engine, actor.number), {0, 0}, made};
      return;
    }
    values.read(access, about.laneBegin, base + from, base + to, history);
    if (history.writer == kNobody)
      say(Fault::NeverWritten, kNobody);
    history.reader[actor.engine] = actor.number;
  });
}

void Shadow::touch(const Actor &actor, const Access &access, std::vector<Conflict> &conflicts) {
  if (access.collides)
    add(conflicts, {access.operand, "", access.writes, Fault::Collides, kNobody, access.space, access.laneBegin,
                    access.laneEnd, access.box.base, access.box.end()});
  if (access.box.pieces() > kMostPieces)
    return add(conflicts, {access.operand, "", access.writes, Fault::Scattered, kNobody, access.space, access.laneBegin,
                           access.laneEnd, access.box.base, access.box.end()});
  if (access.space == Space::Lanes)
    touchLanes(actor, access, conflicts);
  else
    touchLinear(actor, access, conflicts);
}

void Shadow::touchLanes(const Actor &actor, const Access &access, std::vector<Conflict> &conflicts) {
  const Conflict about = {access.operand,   "",
                          access.writes,    Fault::Outside,
                          kNobody,          Space::Lanes,
                          access.laneBegin, access.laneEnd,
                          access.box.base,  access.box.end()};
  if (access.laneEnd > laneCount || access.box.end() > laneBytes)
    return add(conflicts, about);
  splitLanes(access.laneBegin);
  splitLanes(access.laneEnd);
  for (Lanes &group : lanes) {
    if (group.begin < access.laneBegin || group.end > access.laneEnd)
      continue;
    Conflict here = about;
    here.laneBegin = group.begin, here.laneEnd = group.end;
    access.box.forRuns(
        [&](uint64_t begin, uint64_t end) { record(group.map, 0, begin, end, actor, access, here, conflicts); });
  }
}

void Shadow::touchLinear(const Actor &actor, const Access &access, std::vector<Conflict> &conflicts) {
  const uint64_t first = access.box.base, last = access.box.end();
  Conflict about = {access.operand, "", access.writes, Fault::Outside, kNobody, Space::Linear, 0, 0, first, last};
  const auto holds = [&](const bmodel::Region &region) { return region.begin <= first && last <= region.end; };
  for (Linear &space : linear)
    if (holds(space.region)) {
      about.region = space.region.name;
      const uint64_t base = space.region.begin;
      return access.box.forRuns([&](uint64_t begin, uint64_t end) {
        record(space.map, base, begin - base, end - base, actor, access, about, conflicts);
      });
    }
  for (Linear &space : readOnly)
    if (holds(space.region)) {
      about.region = space.region.name, about.fault = Fault::ReadOnly;
      if (access.writes)
        return add(conflicts, about);
      const uint64_t base = space.region.begin;
      return access.box.forRuns([&](uint64_t begin, uint64_t end) {
        space.map.update(begin - base, end - base, [](History &history, uint64_t, uint64_t) { history.reader[0] = 1; });
      });
    }
  add(conflicts, about);
}

void Shadow::present(uint64_t begin, uint64_t end) {
  for (Linear &space : linear) {
    const uint64_t from = std::max(begin, space.region.begin), to = std::min(end, space.region.end);
    if (from < to)
      space.map.update(from - space.region.begin, to - space.region.begin,
                       [&](History &history, uint64_t b, uint64_t e) {
                         dead.forget(history, {}, space.region.begin + b, space.region.begin + e);
                         history = {kHost, {0, 0}, 0};
                       });
  }
}

void Shadow::requireWritten(uint64_t begin, uint64_t end, std::array<uint32_t, 2> before,
                            std::vector<Conflict> &conflicts) {
  for (Linear &space : linear) {
    const uint64_t base = space.region.begin, from = std::max(begin, base), to = std::min(end, space.region.end);
    if (from < to)
      space.map.update(from - base, to - base, [&](History &history, uint64_t b, uint64_t e) {
        for (int engine : {0, 1}) // the host reads it
          history.reader[engine] = std::max(history.reader[engine], before[engine]);
        if (history.writer == kNobody)
          add(conflicts,
              {"", space.region.name, false, Fault::NeverWritten, kNobody, Space::Linear, 0, 0, base + b, base + e});
      });
  }
}

void Shadow::sweep() {
  for (Lanes &group : lanes)
    group.map.update(0, laneBytes, [&](History &history, uint64_t from, uint64_t to) {
      dead.forget(history, {group.begin, group.end}, from, to);
    });
  for (Linear &space : linear)
    space.map.update(0, space.map.size(), [&](History &history, uint64_t from, uint64_t to) {
      dead.forget(history, {}, space.region.begin + from, space.region.begin + to);
    });
}

void Shadow::requireRead(uint64_t begin, uint64_t end, std::vector<Conflict> &conflicts) {
  for (Linear &space : readOnly) {
    const uint64_t base = space.region.begin, from = std::max(begin, base), to = std::min(end, space.region.end);
    if (from < to)
      space.map.update(from - base, to - base, [&](History &history, uint64_t b, uint64_t e) {
        if (!history.reader[0])
          add(conflicts,
              {"", space.region.name, false, Fault::NeverRead, kNobody, Space::Linear, 0, 0, base + b, base + e});
      });
  }
}

} // namespace tpu_mlir::safety
