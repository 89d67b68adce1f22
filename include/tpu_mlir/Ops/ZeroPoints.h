//===- ZeroPoints.h - Integers whose zero is not 0 --------------*- C++ -*-===//
// Steps that take an operand's zero point off before it is multiplied. Results
// get theirs where they are rounded: a requantisation adds it.
#ifndef TPU_MLIR_OPS_ZEROPOINTS_H
#define TPU_MLIR_OPS_ZEROPOINTS_H

#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Primitive/Binary.h"

namespace tpu_mlir {

/// The buffer without its zero point: itself where that is 0, else a new one of int16 and of shape `dims`, to which it
/// broadcasts.
inline int centred(Recipe &r, int buffer, const NumberFormat &format, const Dims &dims) {
  if (format.zeroPoint == 0)
    return buffer;
  const int difference = r.addScratch(DType::I16, dims);
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Sub, difference, buffer,
                                      primitive::Constant{double(format.zeroPoint), format.dtype}));
  return difference;
}

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_ZEROPOINTS_H
