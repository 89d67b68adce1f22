//===- NameText.h - Names of tensors inside text ----------------*- C++ -*-===//
// A tensor's name may hold anything: spaces, commas, quotes, line ends. These are
// the ways in which one stands in a text of ours and is found there again. The
// same rules as python/tpu_mlir/names.py.
#ifndef TPU_MLIR_SUPPORT_NAMETEXT_H
#define TPU_MLIR_SUPPORT_NAMETEXT_H

#include <optional>
#include <string>
#include <string_view>

namespace tpu_mlir {

/// `name` itself where it is one word and begins with neither '"' nor '#', else as a JSON string. For lines of words.
std::string nameWord(std::string_view name);

/// `name` in quotes for a sentence: single ones, or a JSON string where it holds a line end or a control character.
std::string quotedName(std::string_view name);

/// The name at the begin of a line that nameWord() wrote, and what follows it. Nothing where a quote does not end, or
/// where no blank follows it.
struct NameAndRest {
  std::string name;
  std::string_view rest;
};
std::optional<NameAndRest> readQuotedName(std::string_view line);

/// `text` as a cell of a CSV file, in quotes where it needs them. Source: RFC 4180.
std::string csvCell(std::string_view text);

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_NAMETEXT_H
