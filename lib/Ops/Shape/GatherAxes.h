//===- GatherAxes.h - Ops that move data, in fp32 ---------------*- C++ -*-===//
// Slices, permutations, padding and upsampling say for each index of the result
// where its element comes from.
#ifndef TPU_MLIR_LIB_OPS_SHAPE_GATHERAXES_H
#define TPU_MLIR_LIB_OPS_SHAPE_GATHERAXES_H

#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

namespace tpu_mlir::top {

/// The gathering of axis d of `out` from axis d of the input by `index(d, i)`.
template <typename Function> host::Gather gatherAxes(mlir::Value out, Function index) {
  host::Gather gather;
  for (auto [axis, size] : llvm::enumerate(shapeOf(out))) {
    gather.sourceAxis.push_back(axis);
    auto &list = gather.index.emplace_back();
    for (int64_t i = 0; i < size; ++i)
      list.push_back(index(axis, i));
  }
  return gather;
}

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_SHAPE_GATHERAXES_H
