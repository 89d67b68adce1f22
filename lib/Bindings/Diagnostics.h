//===- Diagnostics.h - From MLIR's diagnostics to one sentence --*- C++ -*-===//
// Collects what MLIR reports while it works; exceptions start after it has
// returned, so that none passes through its frames.
#ifndef TPU_MLIR_LIB_BINDINGS_DIAGNOSTICS_H
#define TPU_MLIR_LIB_BINDINGS_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace tpu_mlir {

/// What Python sees as pymlir.MLIRError: a sentence about the user's model.
class MlirError : public std::runtime_error {
public:
  explicit MlirError(const std::string &sentence);
};

/// While alive, keeps the errors of a context with their notes, a line each. Warnings and remarks go to standard error.
class ErrorCollector {
public:
  explicit ErrorCollector(mlir::MLIRContext *context);
  /// Throws the collected errors as one MlirError; `otherwise` is its sentence when MLIR failed without a word.
  [[noreturn]] void raise(const std::string &otherwise) const;
  /// Throws if `result` is a failure.
  void check(mlir::LogicalResult result, const std::string &otherwise) const {
    if (failed(result))
      raise(otherwise);
  }

  /// Where ops were said to have no lowering.
  llvm::ArrayRef<mlir::Location> refusedOps() const { return refused; }
  /// One line more for what is thrown.
  void add(const std::string &sentence) { sentences.push_back(sentence); }

private:
  mlir::ScopedDiagnosticHandler handler;
  std::vector<std::string> sentences;
  std::vector<mlir::Location> refused;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_BINDINGS_DIAGNOSTICS_H
