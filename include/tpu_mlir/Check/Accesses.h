//===- Accesses.h - What one command touches --------------------*- C++ -*-===//
// The safety proof's own description of a command's reads and writes, for other
// readers of streams. From the ISA table and the chip alone.
#ifndef TPU_MLIR_CHECK_ACCESSES_H
#define TPU_MLIR_CHECK_ACCESSES_H

#include "tpu_mlir/Check/Footprint.h"
#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Target/Target.h"

#include <vector>

namespace tpu_mlir::safety {

/// Appends the command's accesses, reads before writes. False where public sources do not say what it touches.
bool accessesOf(const isa::Command &command, const target::Chip &chip, std::vector<Access> &out);

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_CHECK_ACCESSES_H
