//===- Machine.h - Runs the toy family's queues -----------------*- C++ -*-===//
// From words alone: decodes each command, executes it on the kernels, counts
// tokens, and keeps time. Knows no compiler.
#ifndef TPU_MLIR_TEST_UNIT_TOY_MACHINE_H
#define TPU_MLIR_TEST_UNIT_TOY_MACHINE_H

#include "Family.h"

#include <random>

namespace tpu_mlir::toy {

class Machine {
public:
  /// Memory starts with `seed`'s rubbish; global memory lies at `base`.
  Machine(int64_t laneBytes, uint64_t base, size_t globalBytes, uint64_t seed);

  uint8_t *global(uint64_t address, size_t bytes);
  /// Runs a group; which engine goes first where several could is left to chance. False where they wait for ever.
  bool run(const codegen::CommandGroup &group);

  struct Count {
    size_t commands = 0, taken = 0, given = 0; ///< and tokens
  };
  const Count &count(Engine engine) const { return counts[engine]; }
  /// Cycles of the run, and those that an engine was busy.
  double cycles() const { return events.now(); }
  double busy(Engine engine) const { return events.busy(engine); }

private:
  struct Command {
    Head head;
    const uint32_t *operands;
  };
  /// Executes a command; its cycles.
  double execute(const Command &command);
  double transfer(Reader in, bool isOut);
  double convolve(Reader in);

  uint8_t *at(const Local &l, int64_t n, int64_t c, int64_t h, int64_t w);
  std::vector<uint8_t> gather(const Local &l);
  void scatter(const Local &l, const std::vector<uint8_t> &values);
  template <typename F> void forEach(const kernel::Dims &d, F &&visit);

  int64_t laneBytes;
  uint64_t base;
  std::vector<uint8_t> lanes, memory;
  std::mt19937_64 random;
  timing::EventModel events;
  Count counts[std::size(kEngines)];
};

} // namespace tpu_mlir::toy

#endif // TPU_MLIR_TEST_UNIT_TOY_MACHINE_H
