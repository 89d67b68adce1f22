//===- Memory.h - Whether this machine can hold something -------*- C++ -*-===//
// A size that comes from a user's model is compared with the machine's memory
// before it is asked for: the system promises more than it has, and ends whoever
// then uses it. Decides nothing about what is held.
#ifndef TPU_MLIR_SUPPORT_MEMORY_H
#define TPU_MLIR_SUPPORT_MEMORY_H

#include <cstdint>
#include <string>

namespace tpu_mlir {

/// UserError "`what` needs 34.4 GB of memory; this machine gives 24.6 GB" where it gives less than `bytes`.
void requireMemory(uint64_t bytes, const std::string &what);

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_MEMORY_H
