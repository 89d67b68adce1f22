//===- PermutedOps.h - Ops under another order of axes ----------*- C++ -*-===//
// What a permutation of all axes does to an op: whether the op computes the
// same elements when its operands are permuted, and how its attributes change.
// Which ops should be permuted is the pass's affair.
#ifndef TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_PERMUTEDOPS_H
#define TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_PERMUTEDOPS_H

#include "ChannelMap.h"

namespace tpu_mlir::top {

/// Axis i of what is permuted is axis order[i] of what was there, as in top.Permute.
using Order = llvm::SmallVector<int64_t, 6>;
Order inverse(llvm::ArrayRef<int64_t> order);
Shape permuted(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> order);
/// Whether any element changes its place; axes of one element may move for nothing.
bool movesElements(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> order);

/// Whether `op`, with all its tensors permuted in the same way, gives its result permuted. Constants may have fewer
/// axes than the result.
bool isPermutable(mlir::Operation *op, const Constants &constants);
/// Changes the attributes and the result's type of a permutable op for operands permuted by `order`.
void permuteInPlace(mlir::Operation *op, llvm::ArrayRef<int64_t> order);
/// A new constant: `weight` with axes of one element in front until it has as many as `order`, then permuted.
mlir::Value permuteConstant(WeightOp weight, llvm::ArrayRef<int64_t> order, Constants &constants,
                            mlir::OpBuilder &builder);

/// A pool over all of two neighbouring axes of a tensor [n, h, w, c]: as front ends write a reduction, they are seen as
/// [.., h * w, c]. Null where `reshape` is not the begin of one.
mlir::Operation *poolOverMiddle(ReshapeOp reshape);
/// Computes that pool on the tensor as [n, c, h, w] instead.
void poolInstead(ReshapeOp reshape, mlir::Operation *pool, mlir::Value permuted, Constants &constants,
                 mlir::OpBuilder &builder);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_DIALECT_TOP_TRANSFORMS_PERMUTEDOPS_H
