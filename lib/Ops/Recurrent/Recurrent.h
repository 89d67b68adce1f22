//===- Recurrent.h - Directions of layers with a state ----------*- C++ -*-===//
// What the meaning of LSTM and GRU and their lowering share.
#ifndef TPU_MLIR_LIB_OPS_RECURRENT_RECURRENT_H
#define TPU_MLIR_LIB_OPS_RECURRENT_RECURRENT_H

#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

namespace tpu_mlir {

/// For each direction of `direction`, whether it goes from the last step to the first; empty for an unknown word.
inline llvm::SmallVector<bool, 2> directionsOf(llvm::StringRef direction) {
  if (direction == "bidirectional")
    return {false, true};
  if (direction == "forward" || direction == "reverse")
    return {direction == "reverse"};
  return {};
}

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_RECURRENT_RECURRENT_H
