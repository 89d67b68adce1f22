//===- MatMul.h - Products of matrices --------------------------*- C++ -*-===//
// The matrix unit's product of two computed matrices. Products with a weight
// matrix are convolutions (Window.h).
#ifndef TPU_MLIR_PRIMITIVE_MATMUL_H
#define TPU_MLIR_PRIMITIVE_MATMUL_H

#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::primitive {

/// [batch, rows, 1, depth] by [batch or 1, depth, 1, columns], in int32, or in fp32 and rounded once to the format of
/// floats. Sources 0 and 1.
const Primitive &matMul();
Step matMul(int dst, int left, int right);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_MATMUL_H
