//===- Timing.h - Cycles and work of one command ----------------*- C++ -*-===//
// What a command costs by its shape, layout and banks, and what it does in
// multiply-accumulates and global-memory bytes. The constants are the chip
// file's. Decides nothing about order: that is the engines'.
#ifndef TPU_MLIR_SIM_TIMING_H
#define TPU_MLIR_SIM_TIMING_H

#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::sim {

/// Work of commands; sums over a stream are sums of these.
struct Work {
  int64_t convMacs = 0, depthwiseMacs = 0, matmulMacs = 0;
  int64_t ddrReadBytes = 0, ddrWriteBytes = 0;
  double arrayCycles = 0; ///< what the convolution array would take for its share at its peak rate
  int64_t macs() const { return convMacs + depthwiseMacs + matmulMacs; }
  Work &operator+=(const Work &other);
};

/// What an engine did.
struct EngineReport {
  uint64_t commands = 0; ///< with end commands
  double busyCycles = 0; ///< TIU cycles
  void add(double cycles) { ++commands, busyCycles += cycles; }
};

struct Cost {
  /// Cycles of the command's own engine, from issue to completion.
  double cycles = 0;
  Work work;
};

/// The cost of one command. Kinds without a formula cost their initial cycles and one pass over the result.
Cost costOf(const isa::Command &command, const target::Chip &chip);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_TIMING_H
