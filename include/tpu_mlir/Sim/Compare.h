//===- Compare.h - A stream against reference tensors -----------*- C++ -*-===//
// Runs a bmodel and compares every piece of every tensor with a reference at
// the moment the stream completes it; for the first piece that differs, names
// the instruction. What exactly is named, and when that is certain, is in
// docs/guides/find-the-wrong-layer.md.
#ifndef TPU_MLIR_SIM_COMPARE_H
#define TPU_MLIR_SIM_COMPARE_H

#include "tpu_mlir/Sim/Simulator.h"
#include "tpu_mlir/Support/Npz.h"

namespace tpu_mlir::sim {

/// The first piece that differs.
struct Difference {
  const TensorEntry *tensor;
  const TensorPiece *piece;
  Axes first;    ///< its first wrong element, counted from the start of the piece
  int64_t wrong; ///< elements of the piece that differ
  std::string found, expected;
  std::vector<uint8_t> right; ///< the piece's expected values, dense
};

/// The instruction to look at, and why it and no other.
struct Blame {
  CommandRef command;
  isa::Command code;
  std::vector<std::string> reasons;   ///< sentences, from the difference to the instruction
  std::vector<OperandValue> operands; ///< as they were when it ran
  kernel::Dims element{0, 0, 0, 0};   ///< of its result: the wrong one, where `isWriter`
  std::vector<std::string> sources;   ///< who wrote what it read, an operand each
  bool isWriter = true;               ///< false: it should have written the element, and did not
};

struct Comparison {
  size_t tensors = 0;                    ///< of the table that the reference has
  size_t pieces = 0;                     ///< compared
  std::vector<std::string> differing;    ///< names of tensors, in order of their first wrong pieces
  std::vector<std::string> unreferenced; ///< of the table, without an array in the reference
  std::optional<Difference> difference;
  std::optional<Blame> blame;
};

/// The stored values that a reference array means for a tensor: those of the array where it has the tensor's own
/// format, otherwise the array's float values divided by the scale. UserError for other shapes and types, and for
/// floats that are no values of the format.
std::vector<uint8_t> storedValues(const TensorEntry &tensor, const NpzArray &array);

/// `make` builds a simulator with its inputs set; it is called once, and again for each command looked into. The
/// simulator that the result points into is returned in `first`.
Comparison compare(const std::function<Simulator()> &make, const NpzFile &reference, const RunOptions &options,
                   std::optional<Simulator> &first);

/// The comparison for people.
std::string report(const Comparison &comparison, const Simulator &simulator);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_COMPARE_H
