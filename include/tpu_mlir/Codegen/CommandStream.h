//===- CommandStream.h - Commands with computed dependencies ----*- C++ -*-===//
// Collects the commands of both engines, numbers them, and derives each one's
// dependency on the other engine from the memory it reads and writes. Decides
// nothing about what commands do.
#ifndef TPU_MLIR_CODEGEN_COMMANDSTREAM_H
#define TPU_MLIR_CODEGEN_COMMANDSTREAM_H

#include "tpu_mlir/Isa/Command.h"

#include <map>
#include <span>
#include <vector>

namespace tpu_mlir::codegen {

/// One range of bytes that a command touches. Local ranges are offsets within a lane, in every lane.
struct Access {
  enum class Space { Local, Global };
  Space space;
  uint64_t begin, end;
  bool isWrite;
};

/// One TIU and one GDMA stream whose ids start at 1; both end with their end command and are padded.
struct CommandGroup {
  uint32_t tiuCount = 0, gdmaCount = 0; ///< commands with the end command
  std::vector<uint8_t> tiu, gdma;
};

class CommandStream {
public:
  /// `idLimit`: the first id that a command's id field cannot hold; `padBytes`: stream lengths are multiples of it.
  CommandStream(const isa::Table &table, uint32_t idLimit, uint32_t padBytes);

  /// Numbers the command, computes its dependency and appends it. Returns its id.
  uint32_t issue(isa::Command command, std::span<const Access> accesses);

  /// True when fewer than `margin` ids are left in the current group.
  bool isNearlyFull(uint32_t margin) const;
  /// Ends the current group; groups run one after the other. Does nothing on an empty group.
  void closeGroup();
  /// Groups closed so far, and the last id of the current one.
  uint32_t groupIndex() const { return groups.size(); }
  uint32_t lastId(isa::Engine engine) const { return last[int(engine)]; }
  /// The last id of a closed group without its end command, or of the current one.
  uint32_t lastIdOf(uint32_t group, isa::Engine engine) const {
    if (group == groups.size())
      return lastId(engine);
    return (engine == isa::Engine::TIU ? groups[group].tiuCount : groups[group].gdmaCount) - 1;
  }
  /// Which command an engine was given last, in whatever group; id 0 before the first.
  struct Position {
    uint32_t group = 0, id = 0;
  };
  Position lastIssued(isa::Engine engine) const { return positions[int(engine)]; }
  uint64_t total(isa::Engine engine) const { return totals[int(engine)]; }

  std::vector<CommandGroup> finish();

private:
  /// The last accesses of a range of bytes, by engine.
  struct Cell {
    uint64_t end = 0;
    uint32_t write[2] = {0, 0}, read[2] = {0, 0};
  };
  using Cells = std::map<uint64_t, Cell>;
  uint32_t record(Cells &cells, const Access &access, int engine, uint32_t id);
  static void splitAt(Cells &cells, uint64_t at);

  const isa::Table &table;
  uint32_t idLimit, padBytes;
  Cells spaces[2];
  uint32_t last[2] = {0, 0}, waited[2] = {0, 0};
  uint64_t totals[2] = {0, 0};
  Position positions[2];
  std::vector<uint8_t> bytes[2];
  std::vector<CommandGroup> groups;
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_COMMANDSTREAM_H
