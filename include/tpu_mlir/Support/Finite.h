//===- Finite.h - NaN and infinity in arrays --------------------*- C++ -*-===//
// Says which element of an array is no finite number.
#ifndef TPU_MLIR_SUPPORT_FINITE_H
#define TPU_MLIR_SUPPORT_FINITE_H

#include "tpu_mlir/Support/Npz.h"

namespace tpu_mlir {

/// "2 of 12 elements that are not finite; the first is nan at [0, 3]", as floats of 32 bits; empty where all are
/// finite.
std::string nonfiniteText(const NpzArray &array);

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_FINITE_H
