//===- EventModel.h - When commands start and end ---------------*- C++ -*-===//
// Two in-order engines that wait for each other by command number. Takes what
// each command costs and says when it runs; prices nothing and knows no
// command. A schedule that has not been emitted can be timed with it.
// Source: shared ISA notes, isa.md §7 (verified).
#ifndef TPU_MLIR_TIMING_EVENTMODEL_H
#define TPU_MLIR_TIMING_EVENTMODEL_H

#include "tpu_mlir/Target/Target.h"

#include <vector>

namespace tpu_mlir::timing {

enum class Engine : uint8_t { Tiu, Gdma };

/// TIU cycles from the start of the run.
struct Interval {
  double start, end;
};

class EventModel {
public:
  explicit EventModel(const target::Chip &chip);

  /// Issues the engine's next command, which costs `cycles` of its own clock and waits for command `dep` of the other
  /// engine (its number in the group, from 1; 0 waits for none). That command must have been issued.
  Interval issue(Engine engine, double cycles, size_t dep);
  /// Starts a group: numbers count from 1 again, and both engines wait for all that was issued.
  void startGroup();

  /// When everything so far is complete.
  double now() const { return clock; }
  /// Cycles that the engine was busy.
  double busy(Engine engine) const { return sum[size_t(engine)]; }

private:
  double perCycle[2], gap[2]; ///< TIU cycles
  std::vector<double> ends[2];
  double clock = 0, groupStart = 0, sum[2] = {0, 0};
};

} // namespace tpu_mlir::timing

#endif // TPU_MLIR_TIMING_EVENTMODEL_H
