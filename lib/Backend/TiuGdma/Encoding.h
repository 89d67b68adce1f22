//===- Encoding.h - Field values of the instruction formats -----*- C++ -*-===//
// Names for the values that instruction fields take. Source: shared ISA notes,
// isa.md §3 and §4.
#ifndef TPU_MLIR_LIB_BACKEND_TIUGDMA_ENCODING_H
#define TPU_MLIR_LIB_BACKEND_TIUGDMA_ENCODING_H

#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Kernel/Format.h"

#include <cassert>
#include <cstring>

namespace tpu_mlir::backend::tiu_gdma {

/// The TIU's number format code.
inline uint32_t precisionOf(kernel::DType t) {
  switch (t) {
  case kernel::DType::I8:
  case kernel::DType::U8:
    return 0;
  case kernel::DType::F16:
    return 1;
  case kernel::DType::F32:
    return 2;
  case kernel::DType::I16:
  case kernel::DType::U16:
    return 3;
  case kernel::DType::I32:
  case kernel::DType::U32:
    return 4;
  case kernel::DType::BF16:
    return 5;
  case kernel::DType::I4:
  case kernel::DType::U4:
    return 6;
  }
  return 0;
}

/// Layout selectors of TIU operands.
enum LayoutCode : uint32_t { kAligned = 0, kCompact = 1, kExplicit = 3, kShared = 4 };

/// The operation code of a mnemonic.
inline uint32_t kindOf(const isa::Table &table, isa::CommandId id, std::string_view name) {
  for (const isa::KindInfo &kind : isa::require(table, id).kinds)
    if (kind.name == name)
      return kind.value;
  assert(false && "the table has no such operation");
  return 0;
}

/// The largest stride that a command holds in its explicit layout.
constexpr int64_t kMostStride = 65535;
/// A stride as a field: of an axis of length 1 it is never used, and may be more than the field holds.
inline uint32_t strideField(int64_t stride, bool isUsed) {
  assert((!isUsed || stride <= kMostStride) && "canEmit has said so");
  return isUsed || stride <= kMostStride ? uint32_t(stride) : 0;
}

/// Rows of single elements that one transposition before costs about as much as.
constexpr int64_t kFewRows = 16;

inline uint32_t bitsOf(float v) {
  uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}

} // namespace tpu_mlir::backend::tiu_gdma

#endif // TPU_MLIR_LIB_BACKEND_TIUGDMA_ENCODING_H
