//===- Names.h - Tensor names -----------------------------------*- C++ -*-===//
// The name of a tensor is the NameLoc of the op that defines it. Reads names,
// makes locations from names, and finds names that are still free in a module.
// The rule that names are unique is the verifier's (ModuleDialect).
#ifndef TPU_MLIR_DIALECT_TOP_IR_NAMES_H
#define TPU_MLIR_DIALECT_TOP_IR_NAMES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringSet.h"

#include <string>

namespace tpu_mlir::top {

/// The name in a location: of a NameLoc, or of the last NameLoc in a FusedLoc; empty when there is none.
llvm::StringRef nameOf(mlir::Location loc);
/// The name of the op's result; empty when it has none.
llvm::StringRef nameOf(mlir::Operation *op);
inline llvm::StringRef nameOf(mlir::OpState op) { return nameOf(op.getOperation()); }
/// The name of a tensor. Block arguments have the name of their own location. Several results of one op take the names
/// of the parts of its FusedLoc.
llvm::StringRef nameOf(mlir::Value value);

/// The location that stands for `name`.
mlir::Location nameLoc(mlir::MLIRContext *context, llvm::StringRef name);

/// The names used in a module, for passes that make new tensors. Not updated by other changes of the module.
class NameScope {
public:
  explicit NameScope(mlir::ModuleOp module);
  /// `wanted`, or `wanted_1`, `wanted_2`, … where that is taken. The name returned is taken from then on.
  std::string fresh(const llvm::Twine &wanted);

private:
  llvm::StringSet<> taken;
};

/// File name of a module's weights: `<module.name>_<state>_<chip>[_<mode>]_weight.npz`, lower case; chip is `all`
/// before there is one. Source: facts that users of the vendor's tool know.
std::string defaultWeightFile(mlir::ModuleOp module);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_DIALECT_TOP_IR_NAMES_H
