//===- FilterPacking.h - The convolution array's filter order ---*- C++ -*-===//
// Between a filter [oc, ic, taps] in row-major order and the order in which
// local memory holds it: [oc, ceil(ic / pack), taps, pack], missing channels
// zero. Source: shared ISA notes, isa.md §3, "conv weight nIC".
#ifndef TPU_MLIR_OPS_FILTERPACKING_H
#define TPU_MLIR_OPS_FILTERPACKING_H

#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Target/Target.h"

#include <cstdint>
#include <vector>

namespace tpu_mlir {

struct FilterShape {
  int64_t oc, ic, taps, itemBytes;
};
/// Input channels that lie side by side in the stored filter.
int64_t channelPack(const target::Chip &chip, kernel::DType type);
std::vector<uint8_t> packFilter(const void *rowMajor, const FilterShape &shape, int64_t pack);
std::vector<uint8_t> unpackFilter(const void *packed, const FilterShape &shape, int64_t pack);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_FILTERPACKING_H
