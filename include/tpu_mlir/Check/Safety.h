//===- Safety.h - Is a bmodel safe to run -----------------------*- C++ -*-===//
// The proof that a bmodel may run: the legality of its container and commands
// (Bmodel/Check.h) and, over all commands together, that no two commands race,
// that nothing is read before it was written, that nothing is touched outside
// its region, and that every weight that the file names is read. Knows the
// file's bytes, the instruction table and the chip; neither the compiler nor the
// simulator. Does not ask what the network computes.
#ifndef TPU_MLIR_CHECK_SAFETY_H
#define TPU_MLIR_CHECK_SAFETY_H

#include "tpu_mlir/Bmodel/Check.h"

namespace tpu_mlir::safety {

/// What was checked and what is wrong. A finding is one line: where (engine and command number), then operand,
/// addresses, lanes and the other command.
struct Report {
  std::vector<bmodel::Finding> findings;
  /// Bytes that nobody reads, in a file without a tensor table, and reads of what nobody wrote whose results nobody
  /// reads. Safe, and often right (rows of a table, padding), but the trace of most wrong addresses and strides.
  std::vector<bmodel::Finding> notes;
  uint64_t groups = 0, commands = 0, accesses = 0;
  bool isSafe() const { return findings.empty(); }
};

/// Legality and safety of the whole file.
Report checkModel(const bmodel::Model &model, const isa::Table &table, const target::Chip &chip);

/// Safety alone, of one stage. `illegal` are places whose own legality was refused already: that such a command leaves
/// its memory is not said again.
void checkStage(const bmodel::NetParameter &parameter, const std::string &where,
                std::span<const bmodel::Region> regions, const isa::Table &table, const target::Chip &chip,
                Report &report);

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_CHECK_SAFETY_H
