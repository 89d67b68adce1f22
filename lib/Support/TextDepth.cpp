//===- TextDepth.cpp - How deep a text nests ------------------------------===//
// A scanner of brackets outside strings and comments. For MLIR it also follows
// `#a = [#b]`: aliases nest without a bracket too many in any line.
#include "tpu_mlir/Support/TextDepth.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

namespace tpu_mlir {
namespace {

constexpr int kLongestAffine = 1000; // operators; MLIR's reader calls itself at each

std::string tooDeep(int line) {
  return "nests deeper than the " + std::to_string(kDeepestText) + " levels that are read (line " +
         std::to_string(line) + ")";
}

bool isNameCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '.'; }

/// Past the string that begins at `at`.
size_t endOfString(std::string_view text, size_t at, int &line) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    line += text[at] == '\n';
    at += text[at] == '\\';
  }
  return at;
}

class MlirScanner {
public:
  explicit MlirScanner(std::string_view text) : text(text) {}

  std::string run() {
    for (size_t at = 0; at < text.size(); ++at) {
      if (std::string why = step(at); !why.empty())
        return why;
    }
    return aliasesTooDeep();
  }

private:
  struct Alias {
    int line = 0, own = 0, total = -1;
    std::vector<std::string_view> names;
  };

  char peek(size_t at) const { return at < text.size() ? text[at] : '\0'; }

  std::string step(size_t &at) {
    const char c = text[at];
    if (c == '\n') {
      ++line;
      if (depth == 0 && !isFresh)
        current = nullptr;
      return {};
    }
    if (std::isspace(static_cast<unsigned char>(c)))
      return {};
    if (c == '/' && peek(at + 1) == '/') {
      at = std::min(text.find('\n', at), text.size()) - 1;
      return {};
    }
    isFresh = false;
    if (c == '"')
      at = endOfString(text, at, line);
    else if (c == '(' || c == '[' || c == '{' || (c == '<' && peek(at + 1) != '='))
      return open();
    else if (c == ')' || c == ']' || c == '}' || (c == '>' && (at == 0 || text[at - 1] != '-') && peek(at + 1) != '='))
      close();
    else if (c == '#' || c == '!')
      at = alias(at);
    else if (std::isalpha(static_cast<unsigned char>(c)))
      return word(at);
    else if (affineDepth >= 0 && (c == '+' || c == '*' || (c == '-' && peek(at + 1) != '>')))
      return affineOperator();
    return {};
  }

  std::string open() {
    if (++depth > kDeepestText)
      return tooDeep(line);
    if (current)
      current->own = std::max(current->own, depth);
    return {};
  }

  void close() {
    depth = std::max(0, depth - 1);
    if (depth <= affineDepth)
      affineDepth = -1;
  }

  std::string affineOperator() {
    if (++operators <= kLongestAffine)
      return {};
    return "has an affine expression of more than the " + std::to_string(kLongestAffine) +
           " operators that are read (line " + std::to_string(line) + ")";
  }

  std::string word(size_t &at) {
    size_t end = at;
    while (end < text.size() && isNameCharacter(text[end]))
      ++end;
    std::string_view name = text.substr(at, end - at);
    at = end - 1;
    if (name == "affine_map" || name == "affine_set")
      affineDepth = depth, operators = 0;
    else if (affineDepth >= 0 && (name == "mod" || name == "floordiv" || name == "ceildiv"))
      return affineOperator();
    return {};
  }

  /// `#name` or `!name`: a definition where "=" follows, else a use.
  size_t alias(size_t at) {
    size_t end = at + 1;
    while (end < text.size() && isNameCharacter(text[end]))
      ++end;
    std::string_view name = text.substr(at, end - at);
    size_t next = end;
    while (next < text.size() && std::isspace(static_cast<unsigned char>(text[next])))
      ++next;
    if (depth == 0 && peek(next) == '=' && peek(next + 1) != '=') {
      current = &aliases[name];
      current->line = line;
      isFresh = true;
      line += int(std::count(text.begin() + long(end), text.begin() + long(next), '\n'));
      return next;
    }
    if (current)
      current->names.push_back(name);
    return end - 1;
  }

  /// Levels of every alias, those that it names first; a circle of names is the parser's to refuse.
  std::string aliasesTooDeep() {
    for (auto &entry : aliases) {
      std::vector<std::pair<Alias *, size_t>> waiting;
      if (entry.second.total < 0)
        waiting.emplace_back(enter(entry.second), 0);
      while (!waiting.empty()) {
        auto &[alias, next] = waiting.back();
        if (next == alias->names.size()) {
          Alias *done = alias;
          waiting.pop_back();
          done->total += done->own;
          if (done->total > kDeepestText)
            return tooDeep(done->line);
          if (!waiting.empty())
            waiting.back().first->total = std::max(waiting.back().first->total, done->total);
          continue;
        }
        auto found = aliases.find(alias->names[next++]);
        if (found == aliases.end())
          continue;
        if (found->second.total < 0)
          waiting.emplace_back(enter(found->second), 0);
        else
          alias->total = std::max(alias->total, found->second.total);
      }
    }
    return {};
  }

  /// An alias is a level even where it brings no bracket.
  static Alias *enter(Alias &alias) {
    alias.total = 0;
    alias.own = std::max(alias.own, 1);
    return &alias;
  }

  std::string_view text;
  int line = 1, depth = 0, affineDepth = -1, operators = 0;
  bool isFresh = false; ///< nothing stands behind the "=" of the current alias yet
  std::map<std::string_view, Alias> aliases;
  Alias *current = nullptr;
};

} // namespace

std::string whyNoJson(std::string_view text) {
  int line = 1, depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"')
      at = endOfString(text, at, line);
    else if (c == '\n')
      ++line;
    else if ((c == '[' || c == '{') && ++depth > kDeepestText)
      return tooDeep(line);
    else if (c == ']' || c == '}')
      depth = std::max(0, depth - 1);
  }
  return {};
}

std::string whyNoMlir(std::string_view text) {
  if (text.starts_with("ML\xefR"))
    return "is MLIR bytecode; only its text form is read";
  return MlirScanner(text).run();
}

} // namespace tpu_mlir
