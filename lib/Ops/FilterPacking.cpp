//===- FilterPacking.cpp - The convolution array's filter order -----------===//
// Both directions are one walk over the elements. Which weights are stored in this
// order is the recipes' to say.
#include "tpu_mlir/Ops/FilterPacking.h"

#include <cstring>

namespace tpu_mlir {

int64_t channelPack(const target::Chip &chip, kernel::DType type) {
  switch (kernel::bitWidth(type)) {
  case 8:
    return chip.compute.icParallel8;
  case 16:
    return chip.compute.icParallel16;
  default:
    return chip.compute.icParallel32;
  }
}

/// Calls fn(row-major element, packed element) for every element.
template <typename Fn> static void forEachElement(const FilterShape &s, int64_t pack, Fn &&fn) {
  int64_t groups = (s.ic + pack - 1) / pack;
  for (int64_t o = 0; o < s.oc; ++o)
    for (int64_t i = 0; i < s.ic; ++i)
      for (int64_t k = 0; k < s.taps; ++k)
        fn((o * s.ic + i) * s.taps + k, ((o * groups + i / pack) * s.taps + k) * pack + i % pack);
}

std::vector<uint8_t> packFilter(const void *rowMajor, const FilterShape &s, int64_t pack) {
  std::vector<uint8_t> packed(s.oc * ((s.ic + pack - 1) / pack) * s.taps * pack * s.itemBytes);
  auto *source = static_cast<const uint8_t *>(rowMajor);
  forEachElement(s, pack, [&](int64_t row, int64_t at) {
    std::memcpy(&packed[at * s.itemBytes], source + row * s.itemBytes, s.itemBytes);
  });
  return packed;
}

std::vector<uint8_t> unpackFilter(const void *packed, const FilterShape &s, int64_t pack) {
  std::vector<uint8_t> rowMajor(s.oc * s.ic * s.taps * s.itemBytes);
  auto *source = static_cast<const uint8_t *>(packed);
  forEachElement(s, pack, [&](int64_t row, int64_t at) {
    std::memcpy(&rowMajor[row * s.itemBytes], source + at * s.itemBytes, s.itemBytes);
  });
  return rowMajor;
}

} // namespace tpu_mlir
