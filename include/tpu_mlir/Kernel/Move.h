//===- Move.h - Elements to other places ------------------------*- C++ -*-===//
// Transpositions, broadcasts and insertions of whole tensors. Elements are moved
// as bits.
#ifndef TPU_MLIR_KERNEL_MOVE_H
#define TPU_MLIR_KERNEL_MOVE_H

#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir::kernel {

/// [n, c, h, w] to [n, w, h, c].
void exchangeChannels(const Tensor &out, const ConstTensor &in);
/// Rows become columns, in the last two dimensions.
void transposeMatrices(const Tensor &out, const ConstTensor &in);
/// One channel to all of out's.
void broadcastChannel(const Tensor &out, const ConstTensor &in);
/// `in` with out's rows and columns of zeros between its own: every (stepH)th and (stepW)th is one of them.
void insertZeros(const Tensor &out, const ConstTensor &in, int64_t stepH, int64_t stepW);
/// Every window of h·w elements from its end to its start: turned by 180 degrees, in place.
void turnWindows(const Tensor &windows);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_MOVE_H
