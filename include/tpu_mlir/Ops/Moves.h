//===- Moves.h - Moving data inside a lowering ------------------*- C++ -*-===//
// Makes the Tpu ops that only move data, where the lowering of another op needs
// its tensors in another shape. Each result is called `<op>_<role>`.
#ifndef TPU_MLIR_OPS_MOVES_H
#define TPU_MLIR_OPS_MOVES_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

class Moves {
public:
  Moves(Lowering &lowering, mlir::Operation *op) : l(lowering), op(op) {}

  /// The same elements under another shape; the value itself where it has that shape.
  mlir::Value reshape(mlir::Value v, llvm::ArrayRef<int64_t> shape, llvm::StringRef role);
  /// The same under the name of the op whose lowering this is.
  mlir::Value reshapeAsResult(mlir::Value v);
  /// Axis i of the result is axis order[i] of `v`; a reshape where no element moves.
  mlir::Value permute(mlir::Value v, llvm::ArrayRef<int64_t> order, llvm::StringRef role);
  mlir::Value permuteAsResult(mlir::Value v, llvm::ArrayRef<int64_t> order);
  /// Every `steps[i]`-th element from `begin[i]` to before `end[i]`; the value itself where that is all of it.
  mlir::Value slice(mlir::Value v, llvm::ArrayRef<int64_t> begin, llvm::ArrayRef<int64_t> end,
                    llvm::ArrayRef<int64_t> steps, llvm::StringRef role);
  /// `value` (real) around it; the value itself where all counts are 0.
  mlir::Value pad(mlir::Value v, llvm::ArrayRef<int64_t> before, llvm::ArrayRef<int64_t> after, double value);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> values, int64_t axis, llvm::StringRef role);

private:
  mlir::Type typeLike(mlir::Value v, llvm::ArrayRef<int64_t> shape) const;
  mlir::Value permuteAt(mlir::Value v, llvm::ArrayRef<int64_t> order, mlir::Location loc);

  Lowering &l;
  mlir::Operation *op;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_MOVES_H
