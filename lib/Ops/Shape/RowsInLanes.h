//===- RowsInLanes.h - Matrices with their rows in the lanes ----*- C++ -*-===//
// How ops that move data see tensors of at most four axes in local memory: unlike
// nchwOf, matrices have their rows in the lanes and their columns along w.
#ifndef TPU_MLIR_LIB_OPS_SHAPE_ROWSINLANES_H
#define TPU_MLIR_LIB_OPS_SHAPE_ROWSINLANES_H

#include "mlir/Support/LLVM.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <optional>

namespace tpu_mlir {

/// The dims of a tensor of at most four axes, matrices with their rows in the lanes.
inline std::optional<Dims> rowsOf(mlir::ArrayRef<int64_t> s) {
  switch (s.size()) {
  case 2:
    return Dims{1, s[0], 1, s[1]};
  case 3:
    return Dims{s[0], s[1], 1, s[2]};
  case 4:
    return Dims{s[0], s[1], s[2], s[3]};
  default:
    return std::nullopt;
  }
}

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_SHAPE_ROWSINLANES_H
