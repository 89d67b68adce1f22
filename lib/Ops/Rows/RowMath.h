//===- RowMath.h - Arithmetic along rows, in a lowering ---------*- C++ -*-===//
// What softmax, reductions and normalisations are made of: element-wise Tpu ops,
// and numbers of whole rows, which may be longer than local memory. How a tensor
// is seen, and so in which order a row is summed, follows from shapes alone.
#ifndef TPU_MLIR_LIB_OPS_ROWS_ROWMATH_H
#define TPU_MLIR_LIB_OPS_ROWS_ROWMATH_H

#include "tpu_mlir/Ops/Moves.h"

namespace tpu_mlir {

/// A tensor as rows in four axes. Of one piece each: [1, rows, 1, length], or [1, rows, length, columns] where rows lie
/// along axis 2; in pieces side by side: [rows, pieces, 1, length of a piece].
struct RowView {
  llvm::SmallVector<int64_t, 4> shape;
  int axis = 3;
  bool isInPieces = false;
  int64_t count() const { return isInPieces ? shape[0] : shape[1]; }
  int64_t pieces() const { return isInPieces ? shape[1] : 1; }
  /// Elements of a row.
  int64_t length() const { return shape[axis] * pieces(); }
};

class RowMath {
public:
  RowMath(Lowering &lowering, mlir::Operation *op) : moves(lowering, op), l(lowering), op(op) {}

  Moves moves;

  /// Rows of neighbouring elements, cut so that they fill lanes; each has a multiple of `partsEach` pieces.
  RowView rowsOf(int64_t count, int64_t length, int64_t partsEach = 1) const;
  /// The middle of three axes as rows: in place where that keeps lanes busy, else nothing.
  std::optional<RowView> rowsInPlace(int64_t outer, int64_t length, int64_t inner) const;

  /// The greatest of each row ("Max"), or the sum of the products with `factor` ("Avg"), as [1, rows, 1, 1 or columns].
  mlir::Value reduce(mlir::Value v, const RowView &rows, llvm::StringRef mode, double factor = 1);
  /// What `reduce` gave, so that it broadcasts to the rows.
  mlir::Value spread(mlir::Value numbers, const RowView &rows);

  mlir::Value add(mlir::Value a, mlir::Value b, llvm::StringRef role);
  mlir::Value sub(mlir::Value a, mlir::Value b, llvm::StringRef role);
  mlir::Value mul(mlir::Value a, mlir::Value b, llvm::StringRef role);
  mlir::Value addConst(mlir::Value v, double constant, llvm::StringRef role);
  mlir::Value mulConst(mlir::Value v, double constant, llvm::StringRef role);
  mlir::Value absolute(mlir::Value v, llvm::StringRef role);
  /// A program of tpu.Active.
  mlir::Value function(llvm::StringRef name, mlir::Value v);

private:
  mlir::Value poolAxis(mlir::Value v, int axis, llvm::StringRef mode, double factor);
  mlir::Type typeLike(mlir::Value v, llvm::ArrayRef<int64_t> shape) const;

  Lowering &l;
  mlir::Operation *op;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ROWS_ROWMATH_H
