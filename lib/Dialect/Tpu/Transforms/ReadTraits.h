//===- ReadTraits.h - How a form reads its operands -------------*- C++ -*-===//
// What the tensor table says of a layer's operands, from its form alone: each
// primitive's row says what one step reaches, and a copy program shows it.
#ifndef TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_READTRAITS_H
#define TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_READTRAITS_H

#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Recipe/Recipe.h"

namespace tpu_mlir::tpu {

struct ReadTraits {
  std::vector<std::optional<bmodel::Reads>> reads; ///< by operand number; nothing: the form does not read it
  bool filters = false;
  bool moves = false; ///< a program of copies, whose result may stand in its operands
};
ReadTraits readTraitsOf(const Form &form, int operands);
/// Of a layer that is lowered to `a`, and runs as `b` where it shares local memory.
ReadTraits either(const ReadTraits &a, const ReadTraits &b);

} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_READTRAITS_H
