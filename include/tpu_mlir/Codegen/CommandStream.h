//===- CommandStream.h - Commands with computed dependencies ----*- C++ -*-===//
// Numbers the commands of every engine, and derives from the memory that each
// reads and writes which commands of the other engines it must come after. A
// family of chips derives its own stream, which decides what a command looks
// like and how it waits. Decides nothing about what commands do.
#ifndef TPU_MLIR_CODEGEN_COMMANDSTREAM_H
#define TPU_MLIR_CODEGEN_COMMANDSTREAM_H

#include <array>
#include <cstdint>
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

/// What one engine is given, as the family encodes it.
struct Queue {
  uint32_t count = 0; ///< commands with what ends the queue
  std::vector<uint8_t> bytes;
};
/// A queue for each engine, in the family's order. Numbers of commands start at 1 in each group.
struct CommandGroup {
  std::vector<Queue> queues;
};

class CommandStream {
public:
  /// Engines of a family; room for that many is kept with every range of bytes.
  static constexpr int kMostEngines = 4;

  /// `idLimit`: the first number that a command cannot have.
  CommandStream(int engines, uint32_t idLimit);
  virtual ~CommandStream() = default;

  /// True when fewer than `margin` numbers are left to some engine in the current group.
  bool isNearlyFull(uint32_t margin) const;
  /// Ends the current group; groups run one after the other. Does nothing on an empty group.
  void closeGroup();

  int engineCount() const { return int(engines.size()); }
  /// Groups closed so far, and the last number that an engine has in the current one.
  uint32_t groupIndex() const { return uint32_t(groups.size()); }
  uint32_t lastId(int engine) const { return engines[size_t(engine)].last; }
  /// The last number in a closed group without what ends the queue, or in the current one.
  uint32_t lastIdOf(uint32_t group, int engine) const {
    return group == groups.size() ? lastId(engine) : closed[group][size_t(engine)];
  }
  /// Which command an engine was given last, in whatever group; number 0 before the first.
  struct Position {
    uint32_t group = 0, id = 0;
  };
  Position lastIssued(int engine) const { return engines[size_t(engine)].position; }
  uint64_t total(int engine) const { return engines[size_t(engine)].total; }

  std::vector<CommandGroup> finish();

protected:
  /// A command's number, and by engine the last command that must be complete before it starts (0: none). An engine
  /// takes its own commands in order; and what an earlier command of the same engine waited for is still said.
  struct Turn {
    uint32_t id;
    std::span<const uint32_t> after;
  };
  /// Numbers the next command of an engine, which touches so much. The family appends it to the queue.
  Turn take(int engine, std::span<const Access> accesses);
  /// The queues of the current group, ended and ready to be stored; afterwards they are empty.
  virtual CommandGroup endQueues() = 0;

private:
  /// The last accesses of a range of bytes: a write replaces all before it, reads stand beside it.
  struct Cell {
    uint64_t end = 0;
    int writer = 0; ///< engine
    uint32_t write = 0;
    std::array<uint32_t, kMostEngines> read{};
  };
  using Cells = std::map<uint64_t, Cell>;
  struct Engine {
    uint32_t last = 0;
    std::array<uint32_t, kMostEngines> after{};
    uint64_t total = 0;
    Position position;
  };
  void record(Cells &cells, const Access &access, int engine, uint32_t id);
  static void splitAt(Cells &cells, uint64_t at);

  uint32_t idLimit;
  Cells spaces[2]; ///< by Access::Space
  std::vector<Engine> engines;
  std::vector<CommandGroup> groups;
  std::vector<std::vector<uint32_t>> closed; ///< by group and engine: the last number
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_COMMANDSTREAM_H
