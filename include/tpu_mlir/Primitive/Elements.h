//===- Elements.h - Casts and tables, element by element --------*- C++ -*-===//
// What depends on one element alone and is no arithmetic of two. Which
// functions become tables is a lowering's to decide.
#ifndef TPU_MLIR_PRIMITIVE_ELEMENTS_H
#define TPU_MLIR_PRIMITIVE_ELEMENTS_H

#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::primitive {

/// From one number format to another. Source 0.
const Primitive &cast();
struct CastAttributes {
  std::optional<Round> round; ///< of floats to integers; without one the target's
};
Step cast(int dst, int a, std::optional<Round> round = {});

/// Source 0 holds against source 1 ? source 2 : source 3; each may be a constant instead. The first two are numbers of
/// one format, the others bits as wide as the result.
const Primitive &select();
struct SelectAttributes {
  kernel::Comparison holds = kernel::Comparison::Greater;
  std::array<uint32_t, 4> constants = {}; ///< bits, by source, of those that are no buffers
};
Step select(int dst, Step::Sources sources, const SelectAttributes &attributes);

/// The entry of a table of 256 that an 8-bit element is the number of. Sources 0 and 1.
const Primitive &lookup();
Step lookup(int dst, int a, int table);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_ELEMENTS_H
