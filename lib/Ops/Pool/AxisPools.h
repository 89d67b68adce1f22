//===- AxisPools.h - Pools that no command or memory holds ------*- C++ -*-===//
// The lowering of pools that Pool.cpp cannot lower as one, and what it shares
// with that.
#ifndef TPU_MLIR_LIB_OPS_POOL_AXISPOOLS_H
#define TPU_MLIR_LIB_OPS_POOL_AXISPOOLS_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

/// `do_relu` and `relu_limit` of a Top op.
mlir::NamedAttrList reluOf(mlir::Operation *op);

/// A tpu.Pool2D with the window and `attrs`.
mlir::Value createPool(Lowering &lowering, mlir::Location loc, mlir::Type type, mlir::Value in, mlir::Value divisors,
                       llvm::StringRef mode, const kernel::Window &window, mlir::NamedAttrList attrs);

/// Whether one window of `in` lies in local memory beside its result, and its sizes in a command.
bool fitsLocalMemory(const Lowering &lowering, const kernel::Window &window, mlir::Value in);

/// The pool `op` as pools along columns, then along rows: the maximum of maxima, or, in f32, the sum of sums times
/// `factors` (one for each pixel of the result).
mlir::Value createAxisPools(Lowering &lowering, mlir::Operation *op, mlir::Value in, const kernel::Window &window,
                            llvm::StringRef mode, const std::vector<float> &factors);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_POOL_AXISPOOLS_H
