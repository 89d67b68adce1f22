//===- Matmul.h - Products of matrices --------------------------*- C++ -*-===//
// Dims hold {1, batch, rows, columns}. Which matrix lies transposed in memory is
// not decided here (Move.h turns them).
#ifndef TPU_MLIR_KERNEL_MATMUL_H
#define TPU_MLIR_KERNEL_MATMUL_H

#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir::kernel {

/// out[b, m, n] = Σ_k left[b, m, k] · (right[b, k, n] − rightZeroPoint). Integers: I8/U8 → I32, exact modulo 2^32. F32:
/// in order of k, fma from +0; 16-bit floats as in convF32.
void matmul(const Tensor &out, const ConstTensor &left, const ConstTensor &right, int rightZeroPoint = 0);

/// sums[m, n] −= zeroPoints[n] · Σ_k left[m, k], modulo 2^32: a zero point for each column, I8 or U8.
void subtractColumnZeroPoints(const Tensor &sums, const ConstTensor &left, const ConstTensor &zeroPoints);

/// sums += more, both I32 and dense, modulo 2^32: how an array adds to what it has summed before.
void accumulate(const Tensor &sums, const ConstTensor &more);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_MATMUL_H
