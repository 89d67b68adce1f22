//===- LocalLife.cpp - What lies in local memory, and when ----------------===//
// Plays the accesses of all commands in an order that their dependencies allow.
// A write makes a box, or continues one of its own layer that it rewrites in
// part; what it covers of older boxes ends at their last use. Boxes whose
// writes lie side by side are joined, so that a tensor loaded lane by lane is
// one.

#include "tpu_mlir/Report/LocalLife.h"
#include "LifeNames.h"
#include "tpu_mlir/Check/Accesses.h"

#include <set>

namespace tpu_mlir::report {

using namespace sim;

namespace {

/// Rows closer than this are drawn as one box, and so are operands of more rows than that.
constexpr uint64_t kMostRows = 16;

struct Extent {
  uint64_t begin, end;
};

class LifePlayer {
public:
  LifePlayer(const TimedStream &stream, const bmodel::NetParameter &parameter, LocalLife &life)
      : stream(stream), table(stream.tensorTable()), names(table, parameter, stream.chip()), life(life),
        gap(uint64_t(stream.chip().local.alignBytes)) {
    names.complete({0, true, 0}), names.complete({0, false, 0});
  }

  void play(size_t index, const TimedCommand &timed, size_t layer);
  void finish() {
    for (LocalBlock &b : live)
      life.blocks.push_back(std::move(b));
  }

private:
  struct Source {
    Content content = Content::Scratch;
    std::string name;
  };
  std::vector<Extent> extentsOf(const safety::Box &box) const;
  Source sourceOf(const std::vector<safety::Access> &accesses) const;
  void read(const safety::Access &access);
  void write(const safety::Access &access, const Source &source);
  bool continues(const LocalBlock &old, const safety::Access &access, Extent e) const;
  void cut(size_t at, uint32_t laneBegin, uint32_t laneEnd, Extent e);
  void append(LocalBlock block);

  const TimedStream &stream;
  const TensorTable table;
  LifeNames names;
  LocalLife &life;
  uint64_t gap;
  std::vector<LocalBlock> live;
  std::set<std::tuple<size_t, size_t>> handed; ///< (writer command, reading layer)
  // The command that is played.
  size_t index = 0, layer = 0;
  const TimedCommand *timed = nullptr;
};

bool overlaps(const LocalBlock &b, uint32_t laneBegin, uint32_t laneEnd, Extent e) {
  return b.begin < e.end && e.begin < b.end && b.laneBegin < laneEnd && laneBegin < b.laneEnd;
}

std::vector<Extent> LifePlayer::extentsOf(const safety::Box &box) const {
  std::vector<Extent> out;
  if (box.pieces() <= 4096)
    box.forRuns([&](uint64_t begin, uint64_t end) {
      if (!out.empty() && begin >= out.back().begin && begin <= out.back().end + gap)
        out.back().end = std::max(out.back().end, end);
      else
        out.push_back({begin, end});
    });
  if (out.empty() || out.size() > kMostRows)
    return {{box.base, box.end()}};
  return out;
}

/// What a copy brings into local memory; computed values are scratch until the tensor table says otherwise.
LifePlayer::Source LifePlayer::sourceOf(const std::vector<safety::Access> &accesses) const {
  if (timed->engine != isa::Engine::GDMA)
    return {};
  for (const safety::Access &a : accesses) {
    if (a.writes || a.operand == "index")
      continue;
    if (a.space == safety::Space::Linear)
      return names.isWeight(a.box.base) ? Source{Content::Weights, names.weightAt(a.box.base)}
                                        : Source{Content::Loaded, names.tensorAt(a.box.base)};
    for (const LocalBlock &b : live)
      if (overlaps(b, a.laneBegin, a.laneEnd, {a.box.base, a.box.base + 1}))
        return {b.content, b.name};
  }
  return {};
}

void LifePlayer::read(const safety::Access &access) {
  for (Extent e : extentsOf(access.box))
    for (LocalBlock &b : live) {
      if (!overlaps(b, access.laneBegin, access.laneEnd, e))
        continue;
      b.reads += b.lastUser != index || b.writer == index;
      b.lastUser = index, b.to = std::max(b.to, timed->end);
      bool computed = b.content == Content::Result || b.content == Content::Scratch;
      if (computed && b.layer != layer && handed.emplace(b.writer, layer).second)
        life.handovers[{b.layer, layer}] += (b.end - b.begin) * (b.laneEnd - b.laneBegin);
    }
}

/// A layer that writes a part of what it wrote before, or all of what it has just read, goes on with the same box.
bool LifePlayer::continues(const LocalBlock &old, const safety::Access &access, Extent e) const {
  if (old.layer != layer || old.begin > e.begin || old.end < e.end || old.laneBegin > access.laneBegin ||
      old.laneEnd < access.laneEnd)
    return false;
  bool isPart =
      e.end - e.begin < old.end - old.begin || access.laneEnd - access.laneBegin < old.laneEnd - old.laneBegin;
  return (isPart && !old.reads) || old.lastUser == index;
}

/// Ends the part of a box that is overwritten; what is left of it lives on.
void LifePlayer::cut(size_t at, uint32_t laneBegin, uint32_t laneEnd, Extent e) {
  LocalBlock old = std::move(live[at]);
  live[at] = std::move(live.back());
  live.pop_back();
  auto keep = [&](uint32_t lane0, uint32_t lane1, uint64_t begin, uint64_t end) {
    if (lane0 >= lane1 || begin >= end)
      return;
    LocalBlock rest = old;
    rest.laneBegin = lane0, rest.laneEnd = lane1, rest.begin = begin, rest.end = end;
    live.push_back(std::move(rest));
  };
  uint64_t begin = std::max(old.begin, e.begin), end = std::min(old.end, e.end);
  keep(old.laneBegin, old.laneEnd, old.begin, begin);
  keep(old.laneBegin, old.laneEnd, end, old.end);
  keep(old.laneBegin, std::max(old.laneBegin, laneBegin), begin, end);
  keep(std::min(old.laneEnd, laneEnd), old.laneEnd, begin, end);
  old.laneBegin = std::max(old.laneBegin, laneBegin), old.laneEnd = std::min(old.laneEnd, laneEnd);
  old.begin = begin, old.end = end;
  life.blocks.push_back(std::move(old));
}

void LifePlayer::append(LocalBlock block) {
  for (LocalBlock &b : live) {
    if (b.reads || b.layer != block.layer || b.content != block.content || b.name != block.name ||
        stream.command(*timed).engine() != isa::Engine::GDMA)
      continue;
    bool sameLanes = b.laneBegin == block.laneBegin && b.laneEnd == block.laneEnd;
    bool sameBytes = b.begin == block.begin && b.end == block.end;
    if (sameLanes && block.begin >= b.end && block.begin - b.end < gap)
      b.end = block.end;
    else if (sameBytes && block.laneBegin == b.laneEnd)
      b.laneEnd = block.laneEnd;
    else
      continue;
    b.lastWriter = b.lastUser = index, b.to = std::max(b.to, block.to);
    return;
  }
  live.push_back(std::move(block));
}

void LifePlayer::write(const safety::Access &access, const Source &source) {
  for (Extent e : extentsOf(access.box)) {
    bool continued = false;
    for (size_t i = live.size(); i-- > 0 && !continued;)
      if (overlaps(live[i], access.laneBegin, access.laneEnd, e) && continues(live[i], access, e)) {
        live[i].lastWriter = live[i].lastUser = index, live[i].to = std::max(live[i].to, timed->end);
        continued = true;
      }
    if (continued)
      continue;
    for (size_t i = live.size(); i-- > 0;)
      if (overlaps(live[i], access.laneBegin, access.laneEnd, e))
        cut(i, access.laneBegin, access.laneEnd, e);
    append({access.laneBegin, access.laneEnd, e.begin, e.end, timed->start, timed->end, source.content, source.name,
            layer, index, index, index, 0});
  }
}

void LifePlayer::play(size_t at, const TimedCommand &command, size_t layerNow) {
  index = at, layer = layerNow, timed = &command;
  std::vector<safety::Access> accesses;
  if (!safety::accessesOf(stream.command(command), stream.chip(), accesses)) {
    ++life.undescribed;
    return;
  }
  const Source source = sourceOf(accesses);
  for (const safety::Access &a : accesses)
    if (a.space == safety::Space::Lanes && !a.writes)
      read(a);
  for (const safety::Access &a : accesses)
    if (a.space == safety::Space::Lanes && a.writes)
      write(a, source);
  for (const LocalPiece &piece : names.complete({command.group, command.engine == isa::Engine::GDMA, command.id}))
    for (LocalBlock &b : live) {
      bool inside = (b.begin >= piece.begin && b.end <= piece.end) || (b.begin <= piece.begin && b.end >= piece.end);
      if (inside && b.layer == layer && b.content != Content::Weights)
        b.name = *piece.name, b.content = b.content == Content::Loaded ? Content::Loaded : Content::Result;
    }
}

} // namespace

LocalLife localLifeOf(const TimedStream &stream, const bmodel::NetParameter &parameter,
                      const std::vector<TimedCommand> &list, const std::vector<size_t> &layerOf) {
  LocalLife life;
  LifePlayer player(stream, parameter, life);
  for (size_t i = 0; i < list.size(); ++i)
    player.play(i, list[i], layerOf.empty() ? 0 : layerOf[i]);
  player.finish();
  return life;
}

} // namespace tpu_mlir::report
