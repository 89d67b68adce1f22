//===- Diagnostics.h - From MLIR's diagnostics to one sentence --*- C++ -*-===//
// Collects what MLIR reports while it works; exceptions start after it has
// returned, so that none passes through its frames.
#ifndef TPU_MLIR_LIB_BINDINGS_DIAGNOSTICS_H
#define TPU_MLIR_LIB_BINDINGS_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include <stdexcept>
#include <string>

namespace tpu_mlir {

/// What Python sees as pymlir.MLIRError: a sentence about the user's model.
class MlirError : public std::runtime_error {
public:
  explicit MlirError(const std::string &sentence);
};

/// While alive, keeps the first error of a context with its notes. Warnings and remarks go to standard error.
class ErrorCollector {
public:
  explicit ErrorCollector(mlir::MLIRContext *context);
  /// Throws the collected error as an MlirError; `otherwise` is its sentence when MLIR failed without a word.
  [[noreturn]] void raise(const std::string &otherwise) const;
  /// Throws if `result` is a failure.
  void check(mlir::LogicalResult result, const std::string &otherwise) const {
    if (failed(result))
      raise(otherwise);
  }

private:
  mlir::ScopedDiagnosticHandler handler;
  std::string sentence;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_BINDINGS_DIAGNOSTICS_H
