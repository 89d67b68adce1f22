//===- Diagnostics.cpp - From MLIR's diagnostics to one sentence ----------===//
// The place comes first, as file:line:column or as the tensor's name; notes
// follow in brackets.
#include "Diagnostics.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Support/Tool.h"

#include "mlir/IR/Location.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tpu_mlir {

static std::string placeOf(Location loc) {
  if (llvm::StringRef name = top::nameOf(loc); !name.empty())
    return "'" + name.str() + "': ";
  if (auto file = loc->findInstanceOf<FileLineColLoc>())
    return (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" + Twine(file.getColumn()) + ": ").str();
  return "";
}

/// Everything on one line.
static std::string textOf(Diagnostic &diagnostic) {
  std::string text = placeOf(diagnostic.getLocation()) + diagnostic.str();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// Python's strings are Unicode; a sentence may quote bytes of a foreign file.
MlirError::MlirError(const std::string &sentence) : std::runtime_error(llvm::json::fixUTF8(sentence)) {}

ErrorCollector::ErrorCollector(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error) {
          llvm::errs() << (diagnostic.getSeverity() == DiagnosticSeverity::Warning ? "warning: " : "note: ")
                       << shortened(textOf(diagnostic)) << "\n";
          return success();
        }
        if (!sentence.empty())
          return success();
        sentence = textOf(diagnostic);
        for (Diagnostic &note : diagnostic.getNotes())
          sentence += " (" + textOf(note) + ")";
        return success();
      }) {}

void ErrorCollector::raise(const std::string &otherwise) const {
  throw MlirError(sentence.empty() ? otherwise : sentence);
}

} // namespace tpu_mlir
