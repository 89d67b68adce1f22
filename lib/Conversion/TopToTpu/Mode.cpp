//===- Mode.cpp - The modes -----------------------------------------------===//
// Rows, and finding them by what a user has typed.
#include "tpu_mlir/Conversion/TopToTpu/Mode.h"

#include "llvm/ADT/StringRef.h"

namespace tpu_mlir {
using kernel::DType;

static constexpr Mode kModes[] = {
    {"F32", DType::F32, DType::F32, DType::F32},
    {"F16", DType::F16, DType::F16, DType::F32},
    {"BF16", DType::BF16, DType::BF16, DType::F32},
    {"INT8", DType::I8, DType::I8, DType::I32},
};

std::span<const Mode> modes() { return kModes; }

const Mode *findMode(std::string_view name) {
  for (const Mode &mode : kModes)
    if (llvm::StringRef(mode.name).equals_insensitive(name))
      return &mode;
  return nullptr;
}

std::string modeNames() {
  std::string list;
  for (const Mode &mode : kModes)
    list += (list.empty() ? "" : &mode == std::end(kModes) - 1 ? " and " : ", ") + std::string(mode.name);
  return list;
}

} // namespace tpu_mlir
