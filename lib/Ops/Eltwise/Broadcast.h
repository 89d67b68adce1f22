//===- Broadcast.h - Broadcast operands in four axes ------------*- C++ -*-===//
// Neighbouring axes along which every operand either repeats or does not are
// one axis. Up to rank 4 tensors are seen as they are; beyond, as the four axes
// that keep most lanes busy.
#ifndef TPU_MLIR_LIB_OPS_ELTWISE_BROADCAST_H
#define TPU_MLIR_LIB_OPS_ELTWISE_BROADCAST_H

#include "mlir/IR/ValueRange.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <optional>

namespace tpu_mlir {

/// The dims of operands that broadcast to one shape, and of the result.
struct BroadcastDims {
  llvm::SmallVector<Dims> operands;
  Dims result;
};
/// How operands of these shapes are seen; nothing where they need more than four axes.
std::optional<BroadcastDims> broadcastDims(llvm::ArrayRef<llvm::ArrayRef<int64_t>> operands,
                                           llvm::ArrayRef<int64_t> result, int64_t lanes);
/// The same of an op that has been verified.
BroadcastDims broadcastDims(mlir::Operation *op, mlir::ValueRange operands, mlir::Value result);
/// Emits an error unless the operands broadcast to the result, in at most four axes.
mlir::LogicalResult verifyBroadcastDims(mlir::Operation *op, mlir::ValueRange operands, mlir::Value result);

/// Adds operand `index`, which broadcasts against `out`: an axis of length 1 repeats; one channel goes to every lane.
int addBroadcast(Recipe &recipe, int index, mlir::Value operand, const Dims &dims, const Dims &out);

/// A lowered value or weight with the one element of `axis`, of `rank` axes, `times` times.
mlir::Value repeatAlong(Lowering &lowering, mlir::Operation *op, mlir::Value value, size_t rank, size_t axis,
                        int64_t times);
/// Repeats lowered operands where their broadcast would need more than four axes.
void repeatToFourAxes(Lowering &lowering, mlir::Operation *op, llvm::MutableArrayRef<mlir::Value> operands,
                      llvm::ArrayRef<int64_t> result);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_ELTWISE_BROADCAST_H
