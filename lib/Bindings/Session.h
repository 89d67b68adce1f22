//===- Session.h - One module in its own context ----------------*- C++ -*-===//
// Reading and writing .mlir files with their weights, and running passes over
// them. Every failure is an MlirError; nothing here knows Python.
#ifndef TPU_MLIR_LIB_BINDINGS_SESSION_H
#define TPU_MLIR_LIB_BINDINGS_SESSION_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "tpu_mlir/Dialect/Top/IR/WeightStore.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tpu_mlir {

/// A context with all dialects, and the module in it. Contexts share nothing.
struct Session {
  Session();
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  top::WeightStore &weights();
  /// The string attribute `module.<name>`, or an empty string.
  std::string text(const std::string &name);
};

/// Reads a module and its weight file.
std::unique_ptr<Session> loadSession(const std::string &path);
/// Writes the module as `path`, and its weights beside it if `weightFile` (a bare name) is given. Each file appears
/// whole or not at all.
void saveSession(Session &session, const std::string &path, const std::optional<std::string> &weightFile);

/// A pass by its name, and its options as values.
struct PassCall {
  std::string name;
  std::vector<std::pair<std::string, std::string>> options;
};

/// The passes as a pipeline over a module, in MLIR's text form. Values may be any text where the pass takes a
/// TextOption.
std::string pipelineOf(const std::vector<PassCall> &passes);

/// Runs a pipeline in MLIR's text form over `input`. An empty `output` writes nothing. Without `weightFile`, weights
/// that passes made are written under the name that belongs to the module's state.
void runPasses(const std::string &input, const std::string &output, const std::string &pipeline,
               const std::optional<std::string> &weightFile);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_BINDINGS_SESSION_H
