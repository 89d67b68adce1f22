//===- SubnetRules.h - Whether a graph that was read can be computed -*- C++ -*-===//
// The rules that hold by construction for graphs that ops make, for those that
// come from a file.
#ifndef TPU_MLIR_LIB_HOST_SUBNETRULES_H
#define TPU_MLIR_LIB_HOST_SUBNETRULES_H

#include "tpu_mlir/Host/Graph.h"

namespace tpu_mlir::host {

/// UserError unless a tensor of that shape can be.
void requirePossible(const Tensor &tensor);
/// UserError unless all numbers of tensors exist, every tensor is made once before it is read, and shapes and types fit
/// the work.
void requireComputable(const Graph &graph);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_SUBNETRULES_H
