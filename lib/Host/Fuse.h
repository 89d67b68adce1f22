//===- Fuse.h - Joining work that belongs together --------------*- C++ -*-===//
// Saves passes over memory by computing items together. What may be joined
// follows from the plan alone; what a joined item then calls is Compile's.
#ifndef TPU_MLIR_LIB_HOST_FUSE_H
#define TPU_MLIR_LIB_HOST_FUSE_H

#include "tpu_mlir/Host/Graph.h"

namespace tpu_mlir::host {

/// Joins activations with the work before them, and sums with the convolution that computes their last operand. Tensors
/// between joined items are no longer computed, except those that `isKept` says must be. `hasFunction`: what a
/// convolution or matrix product can apply to its result; `withResiduals`: whether it can add to it.
std::vector<Item> fuse(const std::vector<Item> &items, const std::vector<Tensor> &tensors,
                       const std::vector<bool> &isKept, bool (*hasFunction)(const UnaryFunction &), bool withResiduals);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_FUSE_H
