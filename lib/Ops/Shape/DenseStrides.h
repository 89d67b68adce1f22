//===- DenseStrides.h - Distances in a whole tensor -------------*- C++ -*-===//
// How far apart neighbours lie in a tensor that lies in global memory without
// gaps; what copy programs are written with.
#ifndef TPU_MLIR_LIB_OPS_SHAPE_DENSESTRIDES_H
#define TPU_MLIR_LIB_OPS_SHAPE_DENSESTRIDES_H

#include "mlir/Support/LLVM.h"

#include <cstdint>
#include <vector>

namespace tpu_mlir {

/// Elements between neighbours along each axis.
inline std::vector<int64_t> denseStrides(mlir::ArrayRef<int64_t> shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (int64_t i = int64_t(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_SHAPE_DENSESTRIDES_H
