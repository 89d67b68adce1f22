//===- GroupText.h - What a file of layer groups says -----------*- C++ -*-===//
// The JSON that layer-group dumps and takes, as it is written: every key has the
// type it should have, and nothing is known of the network yet.
#ifndef TPU_MLIR_DIALECT_TPU_TRANSFORMS_GROUPTEXT_H
#define TPU_MLIR_DIALECT_TPU_TRANSFORMS_GROUPTEXT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tpu_mlir::tpu {

/// Most slices along one axis.
constexpr int64_t kMostSlices = 4096;

struct WrittenGroup {
  std::vector<std::string> ops, joined, stored;
  std::optional<std::string> alone; ///< why its only op runs by itself
  bool hasSlices = false;
  int64_t n = 1, h = 1, w = 1;
  bool keepsWeights = true;
};

struct WrittenGroups {
  int64_t scratchBanks = 1;
  std::vector<WrittenGroup> groups;
};

/// Throws UserError, naming `path`, the group and the key, for anything else than such a text.
WrittenGroups readGroupText(std::string_view text, const std::string &path);

} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_DIALECT_TPU_TRANSFORMS_GROUPTEXT_H
