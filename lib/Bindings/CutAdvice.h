//===- CutAdvice.h - Where to cut a network before refused ops --*- C++ -*-===//
// Advice for a user whose network has ops that nothing can lower. Which these
// are, lowering has found out.
#ifndef TPU_MLIR_LIB_BINDINGS_CUTADVICE_H
#define TPU_MLIR_LIB_BINDINGS_CUTADVICE_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace tpu_mlir {

/// A sentence on how to import the network without the ops of these `places` and all that needs them: the tensors that
/// model_transform.py takes as --output_names, which keep every other output. Empty where no op is at any place.
std::string cutAdvice(mlir::ModuleOp module, llvm::ArrayRef<mlir::Location> places);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_BINDINGS_CUTADVICE_H
