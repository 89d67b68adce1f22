//===- Mutate.h - Faults planted into command streams -----------*- C++ -*-===//
// Makes the mistakes that a compiler could make, one at a time, from a seed, and
// judges a stream by what the simulator computes whichever engine goes first.
#ifndef TPU_MLIR_TEST_UNIT_CHECK_MUTATE_H
#define TPU_MLIR_TEST_UNIT_CHECK_MUTATE_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Target/Target.h"

#include <map>
#include <optional>
#include <random>

namespace tpu_mlir::test {

enum class FaultKind { LowerDependency, MovedByRow, OverlappedBuffers, WrongStride, MissingLoad };
inline constexpr FaultKind kFaultKinds[] = {FaultKind::LowerDependency, FaultKind::MovedByRow,
                                            FaultKind::OverlappedBuffers, FaultKind::WrongStride,
                                            FaultKind::MissingLoad};
const char *nameOf(FaultKind kind);

struct Mutant {
  bmodel::Model model;
  std::string what; ///< the command and the change
};
/// One fault of this kind, or nothing where the stream offers no place for the one that was drawn.
std::optional<Mutant> mutate(const bmodel::Model &model, FaultKind kind, std::mt19937_64 &random);

/// Tensors by name as raw bytes, or the sentence with which the simulator refused.
struct Outcome {
  std::map<std::string, std::vector<uint8_t>> outputs, tensors;
  std::string refused;
};
inline constexpr uint64_t kInputs = 1684;
/// Runs on inputs drawn from a seed. `tiuFirst`: else the GDMA engine goes first when both could.
Outcome simulate(const bmodel::Model &model, bool tiuFirst, bool allTensors, uint64_t seed = kInputs);

/// How one kind of fault fared.
struct Tally {
  int planted = 0, effective = 0, byChecker = 0, byNote = 0, byExactness = 0, missed = 0;
  ///< byNote: not blamed, but noted where the sound stream is not
  int blamedWithoutEffect = 0; ///< a race that happens to give the same numbers, say
  std::vector<std::string> missedOnes, unseenByChecker, harmlessOnes;
};
/// Plants `count` faults of a kind into a sound model.
Tally plant(const bmodel::Model &model, FaultKind kind, int count, uint64_t seed);

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_CHECK_MUTATE_H
