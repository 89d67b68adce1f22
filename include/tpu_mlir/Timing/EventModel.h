//===- EventModel.h - When commands start and end ---------------*- C++ -*-===//
// In-order engines that wait for each other's commands. Takes what each command
// costs and says when it runs; prices nothing and knows no command and no
// engine. A schedule that has not been emitted can be timed with it.
// Source: shared ISA notes, isa.md §7 (verified).
#ifndef TPU_MLIR_TIMING_EVENTMODEL_H
#define TPU_MLIR_TIMING_EVENTMODEL_H

#include <cstddef>
#include <span>
#include <vector>

namespace tpu_mlir::timing {

/// From the start of the run, in the cycles that all engines are counted in.
struct Interval {
  double start, end;
};

/// How an engine counts: cycles of the model for one of its own, and from the end of a command to the next one's start.
struct EngineClock {
  double perCycle = 1, gap = 0;
};

/// A command of an engine: its number in the group, from 1; 0 is none.
struct Awaited {
  size_t engine, command;
};

class EventModel {
public:
  explicit EventModel(std::span<const EngineClock> clocks);

  /// Issues the engine's next command, which costs `cycles` of its own clock and waits for others. Those must have been
  /// issued.
  Interval issue(size_t engine, double cycles, std::span<const Awaited> after);
  Interval issue(size_t engine, double cycles, Awaited after) { return issue(engine, cycles, {&after, 1}); }
  /// Starts a group: numbers count from 1 again, and all engines wait for all that was issued.
  void startGroup();

  /// When everything so far is complete.
  double now() const { return clock; }
  /// Cycles that the engine was busy.
  double busy(size_t engine) const { return engines[engine].busy; }

private:
  struct Engine {
    EngineClock clock;
    std::vector<double> ends; ///< of the group's commands
    double busy = 0;
  };
  std::vector<Engine> engines;
  double clock = 0, groupStart = 0;
};

} // namespace tpu_mlir::timing

#endif // TPU_MLIR_TIMING_EVENTMODEL_H
