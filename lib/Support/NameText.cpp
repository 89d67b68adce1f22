//===- NameText.cpp - Names of tensors inside text ------------------------===//
// JSON strings are nlohmann's; what counts as plain is decided here.

#include "tpu_mlir/Support/NameText.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tpu_mlir {

namespace {

/// Blanks and control characters of ASCII end a word or a line.
bool endsWords(unsigned char c) { return c <= 0x20 || c == 0x7f; }

/// U+0085, U+2028 and U+2029, at which some editors and programs end a line.
bool hasOtherLineEnd(std::string_view text) {
  for (std::string_view end : {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"})
    if (text.find(end) != text.npos)
      return true;
  return false;
}

std::string jsonText(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', hasOtherLineEnd(text), nlohmann::json::error_handler_t::replace);
}

} // namespace

std::string nameWord(std::string_view name) {
  bool isPlain = !name.empty() && name[0] != '"' && name[0] != '#' &&
                 std::none_of(name.begin(), name.end(), endsWords) && !hasOtherLineEnd(name);
  if (isPlain)
    return std::string(name);
  return jsonText(name);
}

std::string quotedName(std::string_view name) {
  bool isPlain = std::none_of(name.begin(), name.end(), [](char c) { return c != ' ' && endsWords(c); });
  return isPlain && !hasOtherLineEnd(name) ? "'" + std::string(name) + "'" : jsonText(name);
}

std::optional<NameAndRest> readQuotedName(std::string_view line) {
  if (line.empty() || line[0] != '"')
    return std::nullopt;
  size_t end = 1;
  while (end < line.size() && line[end] != '"')
    end += line[end] == '\\' ? 2 : 1;
  if (end >= line.size())
    return std::nullopt;
  ++end;
  if (end < line.size() && !endsWords(static_cast<unsigned char>(line[end])))
    return std::nullopt;
  nlohmann::json text = nlohmann::json::parse(line.substr(0, end), nullptr, false);
  if (!text.is_string())
    return std::nullopt;
  return NameAndRest{text.get<std::string>(), line.substr(end)};
}

std::string csvCell(std::string_view text) {
  // Blanks at an end are kept by every reader only in quotes.
  bool isPlain =
      text.find_first_of(",\"\r\n") == text.npos && (text.empty() || (text.front() != ' ' && text.back() != ' '));
  if (isPlain)
    return std::string(text);
  std::string cell = "\"";
  for (char c : text) {
    cell += c;
    if (c == '"')
      cell += c;
  }
  return cell + '"';
}

} // namespace tpu_mlir
