//===- RunSignature.h - Telling equal runs of ops ---------------*- C++ -*-===//
// Lets the search solve repeated blocks of a network once. Says that runs are
// alike, not what they cost.
#ifndef TPU_MLIR_LIB_SCHEDULE_RUNSIGNATURE_H
#define TPU_MLIR_LIB_SCHEDULE_RUNSIGNATURE_H

#include "tpu_mlir/Schedule/Timeline.h"

#include <cstdint>
#include <map>
#include <vector>

namespace tpu_mlir::schedule {

/// A structural hash of everything that the cost of a run of ops depends on: the ops' arithmetic and shapes, which of
/// them reads what, what goes through global memory, and when each value was read last. Names and places are left out,
/// so the blocks of a network that are built alike have equal signatures.
class RunSignature {
public:
  /// `isStored`: by value; refers to both.
  RunSignature(const Network &network, const std::vector<char> &isStored);

  /// An empty run before node `first`; `passing` bytes of other values lie in local memory.
  void start(int first, int64_t passing);
  /// The signature of the run with `node`, the next one.
  uint64_t extend(int node);

private:
  void mix(uint64_t value);

  const Network &network;
  const std::vector<char> &isStored;
  std::vector<uint64_t> ops; ///< by node: its arithmetic
  int first = 0;
  uint64_t hash = 0;
  std::map<int, int> outside; ///< values that the run reads, numbered by first use
};

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_LIB_SCHEDULE_RUNSIGNATURE_H
