//===- AxisPools.h - Pools that no command or memory holds ------*- C++ -*-===//
// The lowering of pools that Pool.cpp cannot lower as one, and what it shares
// with that.
#ifndef TPU_MLIR_LIB_OPS_POOL_AXISPOOLS_H
#define TPU_MLIR_LIB_OPS_POOL_AXISPOOLS_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

#include <vector>

namespace tpu_mlir {

/// `do_relu` and `relu_limit` of a Top op.
mlir::NamedAttrList reluOf(mlir::Operation *op);

/// A tpu.Pool2D with the window and `attrs`.
mlir::Value createPool(Lowering &lowering, mlir::Location loc, mlir::Type type, mlir::Value in, mlir::Value divisors,
                       llvm::StringRef mode, const kernel::Window &window, mlir::NamedAttrList attrs);

/// Whether one window of `in` lies in local memory beside its result, and its sizes in a command.
bool fitsLocalMemory(const Lowering &lowering, const kernel::Window &window, mlir::Value in);

/// A window along one axis, h (0) or w (1), and how many there are.
struct Line {
  int axis;
  int64_t kernel, stride, before, after, count;
  kernel::Window window() const {
    return axis ? kernel::Window{1, kernel, 1, stride, 1, 1, 0, before, 0, after}
                : kernel::Window{kernel, 1, stride, 1, 1, 1, before, 0, after, 0};
  }
};

/// The maximum, or the sum times what `last` says, along one axis of `in` ([n, c, h, w]), whatever the window. `last`:
/// attributes of the pool that ends it.
mlir::Value createLinePool(Lowering &lowering, mlir::Operation *op, mlir::Value in, const Line &line,
                           llvm::StringRef mode, const mlir::NamedAttrList &last);

/// How many positions of each window along one axis count for a mean's divisor: those of the input, and `counted` many
/// of the padding on either side.
std::vector<int64_t> countsOf(int64_t out, int64_t kernel, int64_t stride, int64_t before, int64_t size,
                              int64_t countedBefore, int64_t countedAfter);

/// The pool `op` as pools along columns, then along rows: the maximum of maxima, or, in f32, the sum of sums times
/// `factors` (one for each pixel of the result).
mlir::Value createAxisPools(Lowering &lowering, mlir::Operation *op, mlir::Value in, const kernel::Window &window,
                            llvm::StringRef mode, const std::vector<float> &factors);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_POOL_AXISPOOLS_H
