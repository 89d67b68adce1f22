//===- Pool.h - Maxima over windows -----------------------------*- C++ -*-===//
// Sums over windows are depth-wise convolutions (Conv.h).
#ifndef TPU_MLIR_KERNEL_POOL_H
#define TPU_MLIR_KERNEL_POOL_H

#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir::kernel {

/// Maximum over the window; padding positions hold `padValue` (integers) or are skipped (floats, NaN propagates not).
void maxPool(const Tensor &out, const ConstTensor &in, const Window &win, int padValue);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_POOL_H
