//===- Net.h - Networks for the toy family ----------------------*- C++ -*-===//
// Ops as lowering would make them for such chips, with random weights; what the
// interpreter computes for each; and the same network compiled and simulated.
// How it is scheduled is the scheduler's.
#ifndef TPU_MLIR_TEST_UNIT_TOY_NET_H
#define TPU_MLIR_TEST_UNIT_TOY_NET_H

#include "Machine.h"
#include "tpu_mlir/Schedule/EmitTimeline.h"
#include "tpu_mlir/Schedule/Search.h"

namespace tpu_mlir::toy {

class Net {
public:
  explicit Net(uint64_t seed) : random(seed) {}

  int input(const Dims &dims);
  /// With bias and requantisation. 8 bits in and out.
  int conv(int in, int64_t channels, int64_t kernel, int64_t stride);
  int clamp(int in);
  int larger(int a, int b);
  int maxPool(int in, int64_t kernel, int64_t stride);
  /// Of every window and channel: what the family has no instruction for.
  int sums(int in, int64_t kernel);
  /// Rows and columns change places: a copy program.
  int turn(int in);
  /// Both along the channels: a copy program.
  int join(int a, int b);
  void output(int value) { network.values[size_t(value)].isOutput = true; }

  const Dims &dims(int value) const { return network.values[size_t(value)].dims; }
  /// What the interpreter makes of every value.
  std::vector<std::vector<uint8_t>> interpret();

  struct Run {
    schedule::Schedule schedule;
    std::vector<std::vector<uint8_t>> outputs; ///< by value; of those that are no outputs: none
    size_t groups = 0;                         ///< of commands
    std::vector<Machine::Count> counts;        ///< by engine
    double cycles = 0, busy = 0;               ///< busy: of all engines
  };
  /// Compiles for lanes of so many bytes and runs the queues.
  Run run(int64_t laneBytes, uint64_t seed);

  schedule::Network network;

private:
  int add(std::string name, const Dims &dims);
  int weight(std::vector<uint8_t> host, std::vector<uint8_t> device);
  int finish(const std::string &kind, Form form, const Dims &dims, std::vector<int> operands);

  std::mt19937_64 random;
  /// By value: weights as the interpreter has them, and as the chip loads them; inputs as both do.
  std::vector<std::vector<uint8_t>> host, device;
};

} // namespace tpu_mlir::toy

#endif // TPU_MLIR_TEST_UNIT_TOY_NET_H
