//===- CountedNames.h - Tensors whose size hangs on data --------*- C++ -*-===//
// `module.counted` says of tensors, by name, which axis ends where the number in
// which other tensor says: names stay through all passes. Which tensors those
// are follows from what the network computes (Host/Counted.h).
#ifndef TPU_MLIR_DIALECT_TOP_IR_COUNTEDNAMES_H
#define TPU_MLIR_DIALECT_TOP_IR_COUNTEDNAMES_H

#include "mlir/IR/BuiltinOps.h"
#include "tpu_mlir/Host/Subnet.h"

namespace tpu_mlir::top {

/// Notes the counted tensors of a Top module whose weights are loaded; fails, with a diagnostic, where an op mixes what
/// counts with what does not. A module without any gets no attribute.
mlir::LogicalResult noteCounted(mlir::ModuleOp module);
/// Adds values that a lowering put beside a counted one, in another number format: casts of the same shape.
void inheritCounted(mlir::ModuleOp module);
/// What the attribute says.
std::vector<host::CountedName> countedNames(mlir::ModuleOp module);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_DIALECT_TOP_IR_COUNTEDNAMES_H
