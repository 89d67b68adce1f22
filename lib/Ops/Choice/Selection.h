//===- Selection.h - Steps that select --------------------------*- C++ -*-===//
// What forms of comparisons and choices share: operands at the result's full size,
// since a selection repeats nothing, and selections between buffers and numbers.
#ifndef TPU_MLIR_LIB_OPS_CHOICE_SELECTION_H
#define TPU_MLIR_LIB_OPS_CHOICE_SELECTION_H

#include "../Eltwise/Broadcast.h"
#include "tpu_mlir/Kernel/Cast.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"

namespace tpu_mlir {

/// The bits of a real number in a format.
inline uint32_t realBits(double real, const NumberFormat &format) {
  return kernel::bitsIn(format.dtype, format.isQuantized() ? double(quantizeOne(real, format)) : real);
}

/// One operand of a selection.
struct Choice {
  int buffer = -1;
  uint32_t bits = 0;
  static Choice of(int buffer) { return {buffer, 0}; }
  static Choice number(uint32_t bits) { return {-1, bits}; }
};

/// dst = a holds against b ? yes : no. dst may be one of the sources.
inline void addSelection(Recipe &r, int dst, kernel::Comparison holds, Choice a, Choice b, Choice yes, Choice no) {
  r.steps.push_back(primitive::select(dst, {a.buffer, b.buffer, yes.buffer, no.buffer},
                                      {holds, {a.bits, b.bits, yes.bits, no.bits}}));
}

/// Operand `index` at the size of the result: repeated in a buffer of its own where it broadcasts.
inline int addWhole(Recipe &r, int index, mlir::Value operand, const Dims &dims, const Dims &out) {
  const int id = addBroadcast(r, index, operand, dims, out);
  if (dims == out)
    return id;
  const DType type = r.buffers[id].dtype;
  const int whole = r.addScratch(type, out);
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, whole, id, primitive::Constant{1, type}));
  return whole;
}

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_CHOICE_SELECTION_H
