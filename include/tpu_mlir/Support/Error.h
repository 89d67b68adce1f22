//===- Error.h - What the user must change ----------------------*- C++ -*-===//
// The one exception type of the libraries without MLIR: a sentence for the
// user (lower case, no full stop) that names the file or operation, what was
// found, what was expected and what to do. Tools print it and exit with 1.
// Mistakes of this project are asserts, not UserErrors.
#ifndef TPU_MLIR_SUPPORT_ERROR_H
#define TPU_MLIR_SUPPORT_ERROR_H

#include <stdexcept>
#include <string>

namespace tpu_mlir {

class UserError : public std::runtime_error {
public:
  explicit UserError(const std::string &sentence) : std::runtime_error(sentence) {}
};

/// Exit codes of every tool.
enum ExitCode { kExitDone = 0, kExitUserError = 1, kExitCompareFailed = 2, kExitInternalError = 70 };

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_ERROR_H
