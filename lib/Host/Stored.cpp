//===- Stored.cpp - Elements as a chip's memory holds them ----------------===//
// Narrowing and widening of 64-bit integers.
#include "tpu_mlir/Host/Stored.h"

#include <cstring>
#include <limits>

namespace tpu_mlir::host {

int64_t storedSizeOf(Element element) { return kernel::byteSize(formatOf(element)); }

int64_t store(Element element, const void *own, int64_t count, void *stored) {
  if (element != Element::I64) {
    std::memcpy(stored, own, size_t(count * sizeOf(element)));
    return -1;
  }
  auto *from = static_cast<const int64_t *>(own);
  auto *to = static_cast<int32_t *>(stored);
  for (int64_t i = 0; i < count; ++i) {
    if (from[i] < std::numeric_limits<int32_t>::min() || from[i] > std::numeric_limits<int32_t>::max())
      return i;
    to[i] = static_cast<int32_t>(from[i]);
  }
  return -1;
}

void load(Element element, const void *stored, int64_t count, void *own) {
  if (element != Element::I64) {
    std::memcpy(own, stored, size_t(count * sizeOf(element)));
    return;
  }
  auto *from = static_cast<const int32_t *>(stored);
  auto *to = static_cast<int64_t *>(own);
  for (int64_t i = 0; i < count; ++i)
    to[i] = from[i];
}

} // namespace tpu_mlir::host
