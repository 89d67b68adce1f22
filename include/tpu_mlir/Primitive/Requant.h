//===- Requant.h - From sums to 8 bits --------------------------*- C++ -*-===//
// Scales integers and rounds them to a narrower format. Where multipliers and
// shifts come from is a lowering's.
#ifndef TPU_MLIR_PRIMITIVE_REQUANT_H
#define TPU_MLIR_PRIMITIVE_REQUANT_H

#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::primitive {

/// (a * multiplier) >> shift, half up, plus a zero point, saturated. Source 0: integers; 1: an entry for each channel,
/// or none where all have one.
const Primitive &requant();

struct RequantAttributes {
  kernel::QuantEntry entry = {1, 0, 0}; ///< without source 1
};

Step requant(int dst, int a, int entries);
Step requant(int dst, int a, const kernel::QuantEntry &entry);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_REQUANT_H
