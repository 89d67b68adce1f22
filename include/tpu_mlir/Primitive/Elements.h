//===- Elements.h - Casts and tables, element by element --------*- C++ -*-===//
// What depends on one element alone and is no arithmetic of two. Which
// functions become tables is a lowering's to decide.
#ifndef TPU_MLIR_PRIMITIVE_ELEMENTS_H
#define TPU_MLIR_PRIMITIVE_ELEMENTS_H

#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::primitive {

/// From one number format to another. Source 0.
const Primitive &cast();
Step cast(int dst, int a);

/// The entry of a table of 256 that an 8-bit element is the number of. Sources 0 and 1.
const Primitive &lookup();
Step lookup(int dst, int a, int table);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_ELEMENTS_H
