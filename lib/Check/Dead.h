//===- Dead.h - Bytes that are written for nobody ---------------*- C++ -*-===//
// Collects what was overwritten, or left at the end, without having been read,
// by the command that wrote it, and says how much of it a sound stream would
// not have written. Decides nothing about when bytes are read.
#ifndef TPU_MLIR_LIB_CHECK_DEAD_H
#define TPU_MLIR_LIB_CHECK_DEAD_H

#include "CellMap.h"
#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Check/Footprint.h"
#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Target/Target.h"

#include <map>
#include <span>

namespace tpu_mlir::safety {

/// Lanes [begin, end); none in linear memory.
struct LaneRange {
  uint32_t begin = 0, end = 0;
  uint64_t count() const { return end > begin ? end - begin : 1; }
};

class Dead {
public:
  struct Cell {
    LaneRange lanes;
    uint64_t begin, end; ///< offsets in a lane, or addresses
    ValueId value;
  };

  /// The history of these bytes is about to end.
  void forget(const History &history, LaneRange lanes, uint64_t begin, uint64_t end) {
    if (history.writer != kNobody && history.writer != kHost && !history.reader[0] && !history.reader[1])
      cells[history.writer].push_back({lanes, begin, end, history.value});
  }
  const std::map<Mark, std::vector<Cell>> &all() const { return cells; }

private:
  std::map<Mark, std::vector<Cell>> cells;
};

/// The cells of a command that nothing excuses. `isNamed`: some of what it wrote is a piece of a tensor; in global
/// memory, a later layer may then leave a part of it (a slice, rows that a window's stride does not reach). Excused are
/// zeros of the weights (they fill rows up), and, where a command cannot do less in one lane than in another, what
/// another lane needs.
std::vector<Dead::Cell> unexcused(const std::vector<Dead::Cell> &cells, const isa::Command &command,
                                  std::span<const Access> accesses, const bmodel::NetParameter &parameter,
                                  const target::Chip &chip, bool isNamed);

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_DEAD_H
