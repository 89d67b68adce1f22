//===- Shadow.h - The history of every memory -------------------*- C++ -*-===//
// Remembers for each byte of local and global memory who touched it last, and
// says what is wrong with the next access: a race, a read of what nobody wrote,
// a place that the stage may not touch. Lanes that were always touched together
// share one map. Decides nothing about order: the caller gives each command with
// what it surely comes after.
#ifndef TPU_MLIR_LIB_CHECK_SHADOW_H
#define TPU_MLIR_LIB_CHECK_SHADOW_H

#include "CellMap.h"
#include "Dead.h"
#include "Values.h"
#include "tpu_mlir/Bmodel/Check.h"
#include "tpu_mlir/Check/Footprint.h"

#include <array>
#include <map>

namespace tpu_mlir::safety {

/// A command in the order of execution.
struct Actor {
  int engine;      ///< 0 TIU, 1 GDMA
  uint32_t number; ///< position in its engine's queue over all groups, from 1
  uint32_t seen;   ///< commands of the other engine that surely are complete before it starts
};

enum class Fault : uint8_t {
  RaceWithWriter,
  RaceWithReader,
  NeverWritten,
  Outside,
  ReadOnly,
  NeverRead,
  Collides,
  Scattered
};

/// One fault of one operand, over all its bytes with the same other command.
struct Conflict {
  std::string_view operand, region;
  bool writes;
  Fault fault;
  Mark other; ///< races: the other command
  Space space;
  uint32_t laneBegin, laneEnd;
  uint64_t begin, end; ///< hull of the bytes: offsets in a lane, or addresses
};

class Shadow {
public:
  Shadow(std::span<const bmodel::Region> regions, const target::Chip &chip, Values &values, Dead &dead);

  /// Marks what the host put into global memory before the first command, or between two groups of commands.
  void present(uint64_t begin, uint64_t end);
  /// Appends what is wrong with the access and records it.
  void touch(const Actor &actor, const Access &access, std::vector<Conflict> &conflicts);
  /// The parts of [begin, end) of global memory that nothing has written.
  void requireWritten(uint64_t begin, uint64_t end, std::vector<Conflict> &conflicts) {
    constexpr uint32_t kAll = ~uint32_t(0);
    requireWritten(begin, end, {kAll, 0}, conflicts);
  }
  /// The same between two groups: `before` are the commands of each engine so far, and all that follow come after.
  void requireWritten(uint64_t begin, uint64_t end, std::array<uint32_t, 2> before, std::vector<Conflict> &conflicts);
  /// The parts of [begin, end) of read-only memory that nothing has read.
  void requireRead(uint64_t begin, uint64_t end, std::vector<Conflict> &conflicts);

  /// Calls visit(history, lanes, begin, end) for all bytes of the access; the history may be changed.
  template <typename Visit> void visit(const Access &access, Visit visit);
  /// Gives what nobody has read up to the end to `dead`.
  void sweep();

private:
  struct Lanes {
    uint32_t begin, end;
    CellMap map;
  };
  struct Linear {
    bmodel::Region region;
    CellMap map;
  };
  void splitLanes(uint32_t at);
  void touchLanes(const Actor &actor, const Access &access, std::vector<Conflict> &conflicts);
  void touchLinear(const Actor &actor, const Access &access, std::vector<Conflict> &conflicts);
  void record(CellMap &map, uint64_t base, uint64_t begin, uint64_t end, const Actor &actor, const Access &access,
              const Conflict &about, std::vector<Conflict> &conflicts);

  Values &values;
  Dead &dead;
  uint64_t laneBytes;
  uint32_t laneCount;
  std::vector<Lanes> lanes;
  std::vector<Linear> linear; ///< writable regions, from low to high addresses
  std::vector<Linear> readOnly;
};

template <typename Visit> void Shadow::visit(const Access &access, Visit visit) {
  const uint64_t first = access.box.base, last = access.box.end();
  if (access.box.pieces() > kMostPieces)
    return;
  if (access.space == Space::Linear) {
    for (Linear &space : linear)
      if (const uint64_t base = space.region.begin; base <= first && last <= space.region.end)
        access.box.forRuns([&](uint64_t begin, uint64_t end) {
          space.map.update(begin - base, end - base, [&](History &history, uint64_t from, uint64_t to) {
            visit(history, LaneRange{0, 0}, base + from, base + to);
          });
        });
    return;
  }
  if (access.laneEnd > laneCount || last > laneBytes)
    return;
  splitLanes(access.laneBegin);
  splitLanes(access.laneEnd);
  for (Lanes &group : lanes)
    if (group.begin >= access.laneBegin && group.end <= access.laneEnd)
      access.box.forRuns([&](uint64_t begin, uint64_t end) {
        group.map.update(begin, end, [&](History &history, uint64_t from, uint64_t to) {
          visit(history, LaneRange{group.begin, group.end}, from, to);
        });
      });
}

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_SHADOW_H
