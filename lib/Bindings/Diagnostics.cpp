//===- Diagnostics.cpp - From MLIR's diagnostics to sentences -------------===//
// One line an error: the place comes first, as file:line:column or as the
// tensor's name; notes follow in brackets.
#include "Diagnostics.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Support/Tool.h"

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringExtras.h"
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

/// Everything on one line, the place once.
static std::string textOf(Diagnostic &diagnostic) {
  const std::string place = placeOf(diagnostic.getLocation());
  std::string text = diagnostic.str();
  if (!llvm::StringRef(text).starts_with(place))
    text = place + text;
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
        std::string sentence = textOf(diagnostic);
        for (Diagnostic &note : diagnostic.getNotes())
          sentence += " (" + textOf(note) + ")";
        if (!llvm::is_contained(sentences, sentence))
          sentences.push_back(std::move(sentence));
        if (diagnostic.str().find("has no tpu lowering") != std::string::npos)
          refused.push_back(diagnostic.getLocation());
        return success();
      }) {}

void ErrorCollector::raise(const std::string &otherwise) const {
  throw MlirError(sentences.empty() ? otherwise : llvm::join(sentences, "\n"));
}

} // namespace tpu_mlir
