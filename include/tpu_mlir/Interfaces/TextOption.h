//===- TextOption.h - Any text as the option of a pass ----------*- C++ -*-===//
// The text form of a pipeline has no escapes: a path with spaces, quotes and
// braces cannot be written in it. An option of this type also takes
// `hex:<two digits a byte>`, which is how programs hand over values. Passes see
// the text itself. A path that begins with `hex:` is written `./hex:...`.
#ifndef TPU_MLIR_INTERFACES_TEXTOPTION_H
#define TPU_MLIR_INTERFACES_TEXTOPTION_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"

#include <string>

namespace tpu_mlir {

/// A text that was given as the option of a pass.
struct TextOption : std::string {
  using std::string::string;
  using std::string::operator=;
};

/// `text` as the option of a pass in a pipeline's text: itself where it is plain.
inline std::string spellOption(llvm::StringRef text) {
  bool isPlain = !text.empty() && !text.starts_with("hex:") && llvm::all_of(text, [](char c) {
    return llvm::isAlnum(c) || c == '/' || c == '.' || c == '_' || c == '-' || c == '+';
  });
  return isPlain ? text.str() : "hex:" + llvm::toHex(text, true);
}

} // namespace tpu_mlir

template <> class llvm::cl::parser<tpu_mlir::TextOption> : public llvm::cl::basic_parser<tpu_mlir::TextOption> {
public:
  using basic_parser::basic_parser;

  bool parse(Option &, StringRef, StringRef given, tpu_mlir::TextOption &value) {
    std::string text;
    StringRef digits = given;
    bool isSpelled = digits.consume_front("hex:") && tryGetFromHex(digits, text);
    value = isSpelled ? text : given.str();
    return false;
  }
  StringRef getValueName() const override { return "text"; }
  void printOptionDiff(const Option &option, const tpu_mlir::TextOption &value, const OptVal &, size_t width) const {
    printOptionName(option, width);
    outs() << "= " << value << "\n";
  }
};

#endif // TPU_MLIR_INTERFACES_TEXTOPTION_H
