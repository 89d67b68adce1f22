//===- HostWeights.h - Weights in row-major order ---------------*- C++ -*-===//
// Undoes the order in which weight-reorder has stored a filter, so that
// interpreters of any stage read the same elements. Which weights are stored
// how, their ops say.
#ifndef TPU_MLIR_INTERPRETER_HOSTWEIGHTS_H
#define TPU_MLIR_INTERPRETER_HOSTWEIGHTS_H

#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

namespace tpu_mlir {

/// Reads weights of a context as arithmetic means them, whatever order the file stores. Keeps what it had to unpack.
class HostWeights {
public:
  /// Row-major elements of the weight; null, with a diagnostic on the op, when the weight file lacks it or its size
  /// differs.
  const void *data(top::WeightOp weight);
  /// Whether data() will have them; a diagnostic on the op otherwise.
  mlir::LogicalResult check(top::WeightOp weight);
  /// Lets go of the memory of a large weight, until data() is asked again.
  void release(top::WeightOp weight);

private:
  llvm::DenseMap<mlir::Operation *, std::vector<uint8_t>> unpacked;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_INTERPRETER_HOSTWEIGHTS_H
