//===- Target.cpp - Chips by name -----------------------------------------===//
// Look-up with aliases, and the sentences for names that lead nowhere.

#include "tpu_mlir/Target/Target.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tpu_mlir::target {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return out;
}

/// Edit distance where swapping two neighbours counts as one edit.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j)
    d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::string join(std::string out, std::string_view next) {
  return out.empty() ? std::string(next) : out + ", " + std::string(next);
}

} // namespace

namespace {

const Chip &find(std::string_view name, std::span<const Chip *const> chips) {
  const std::string wanted = lower(name);
  std::string resolved = wanted, built, known;
  for (const Alias &alias : aliases())
    if (alias.name == wanted)
      resolved = alias.target;
  for (const Chip *chip : chips) {
    if (chip->identity.name == resolved)
      return *chip;
    built = join(built, chip->identity.name);
  }
  // A long argument is no typing mistake, and the distance is quadratic.
  constexpr size_t kLongestName = 32;
  std::string_view nearest;
  size_t best = 3;
  for (std::string_view candidate : knownNames()) {
    if (candidate == wanted)
      throw UserError("known chip '" + std::string(name) + "' has no rules yet; built: " + built);
    known = join(known, candidate);
    if (const size_t edits = wanted.size() > kLongestName ? best : distance(wanted, candidate); edits < best)
      best = edits, nearest = candidate;
  }
  std::string shown(name.substr(0, kLongestName));
  throw UserError("unknown chip '" + shown + "';" +
                  (nearest.empty() ? "" : " did you mean '" + std::string(nearest) + "'?") + " known: " + known);
}

} // namespace

const Chip &lookup(std::string_view name) { return find(name, builtChips()); }

const Chip &lookupOf(const std::string &path, std::string_view name) {
  try {
    return lookup(name);
  } catch (const UserError &error) {
    throw UserError("'" + path + "' is made for another chip: " + error.what());
  }
}
const Chip &lookupForTiming(std::string_view name) { return find(name, timedChips()); }

} // namespace tpu_mlir::target
