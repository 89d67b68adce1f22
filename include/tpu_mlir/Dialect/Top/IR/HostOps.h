//===- HostOps.h - What the host may run ------------------------*- C++ -*-===//
// A chip runs everything that this short list does not give to the host. An op
// that has no form on the chip and is not on the list is refused.
#ifndef TPU_MLIR_DIALECT_TOP_IR_HOSTOPS_H
#define TPU_MLIR_DIALECT_TOP_IR_HOSTOPS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/ArrayRef.h"

#include <optional>
#include <string>

namespace tpu_mlir::top {

/// A row of the list: ops by name, or all ops on elements of a type.
struct HostRule {
  llvm::StringLiteral what;   ///< "top.Nms", or "int64"
  llvm::StringLiteral reason; ///< a part of a sentence: why the chip does not run it
};
llvm::ArrayRef<HostRule> hostRules();

/// Why the host runs a Top op; nothing for what the chip is to run.
std::optional<llvm::StringRef> hostReason(mlir::Operation *op);
inline bool isHostOp(mlir::Operation *op) { return hostReason(op).has_value(); }

} // namespace tpu_mlir::top

#endif // TPU_MLIR_DIALECT_TOP_IR_HOSTOPS_H
