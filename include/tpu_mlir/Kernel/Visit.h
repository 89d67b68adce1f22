//===- Visit.h - From a number format to the type of its elements -*- C++ -*-===//
// The one switch over formats: code that depends on the format of its data is
// written once, for an element type, and called through here. Arithmetic in
// 64-bit integers or in fp32 reads single elements with `integerAt` and
// `realAt`.
#ifndef TPU_MLIR_KERNEL_VISIT_H
#define TPU_MLIR_KERNEL_VISIT_H

#include "tpu_mlir/Kernel/Float.h"
#include "tpu_mlir/Kernel/Format.h"

#include <type_traits>

namespace tpu_mlir::kernel {

/// Calls f.template operator()<T>() for the element type of an integer format.
template <typename F> decltype(auto) visitInteger(DType t, F &&f) {
  switch (t) {
  case DType::I8:
  case DType::I4:
    return f.template operator()<int8_t>();
  case DType::U8:
  case DType::U4:
    return f.template operator()<uint8_t>();
  case DType::I16:
    return f.template operator()<int16_t>();
  case DType::U16:
    return f.template operator()<uint16_t>();
  case DType::I32:
    return f.template operator()<int32_t>();
  case DType::U32:
    return f.template operator()<uint32_t>();
  default:
    __builtin_unreachable();
  }
}

/// The same for any format: float, F16 and BF16 beside the integers.
template <typename F> decltype(auto) visit(DType t, F &&f) {
  if (t == DType::F32)
    return f.template operator()<float>();
  if (t == DType::F16)
    return f.template operator()<F16>();
  if (t == DType::BF16)
    return f.template operator()<BF16>();
  return visitInteger(t, f);
}

/// The unsigned integers as wide as the format's elements: for moves, which do not ask what bits mean.
constexpr DType bitsOf(DType t) { return byteSize(t) == 1 ? DType::U8 : byteSize(t) == 2 ? DType::U16 : DType::U32; }
template <typename F> decltype(auto) visitBits(DType t, F &&f) { return visitInteger(bitsOf(t), f); }

/// Element i as an integer: of floats, the bits.
inline int64_t integerAt(DType t, const void *data, int64_t i) {
  return visitInteger(isFloat(t) ? bitsOf(t) : t,
                      [&]<typename T>() -> int64_t { return static_cast<const T *>(data)[i]; });
}

/// Element i as a number in fp32; exact for floats and for integers of up to 24 bits.
inline float realAt(DType t, const void *data, int64_t i) {
  return visit(t, [&]<typename T>() -> float { return static_cast<const T *>(data)[i]; });
}

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_VISIT_H
