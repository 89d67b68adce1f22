//===- GroupFile.h - Layer groups as JSON -----------------------*- C++ -*-===//
// The way out of layer-group's decisions into a file, and back from a file
// that a user has changed. The search itself is lib/Schedule's.
#ifndef TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_GROUPFILE_H
#define TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_GROUPFILE_H

#include "ScheduleOf.h"

namespace tpu_mlir::tpu {

/// The groups with their ops, slices and reasons; docs/reference/groups.md describes the text.
std::string printGroups(const FunctionNetwork &function, const schedule::Schedule &schedule,
                        const codegen::LocalMemory &memory, const target::Chip &chip);

/// The schedule that a text asks for. Throws UserError: a text that is no group file, ops that are missing, unknown or
/// out of order, groups that cannot be.
schedule::Schedule parseGroups(llvm::StringRef text, const std::string &path, const FunctionNetwork &function,
                               const codegen::LocalMemory &memory);

} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_GROUPFILE_H
