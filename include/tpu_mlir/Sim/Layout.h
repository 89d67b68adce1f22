//===- Layout.h - Tensors in local memory -----------------------*- C++ -*-===//
// Where each element of a tensor lies in the lanes, and moving whole tensors
// between lanes and dense NCHW buffers. Element (n, c, h, w) of a tensor that
// starts in lane L lies in lane (L + c) mod lanes, channel group g = (L + c)
// div lanes, at offset + size · (n·ns + g·cs + h·hs + w·ws).
// Source: shared ISA notes, isa.md §3 (stated; addresses verified on vendor streams).
#ifndef TPU_MLIR_SIM_LAYOUT_H
#define TPU_MLIR_SIM_LAYOUT_H

#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Sim/Memory.h"

namespace tpu_mlir::sim {

using kernel::Dims;
using kernel::DType;

/// Strides in elements.
struct Strides {
  int64_t n = 0, c = 0, h = 0, w = 0;
  bool operator==(const Strides &) const = default;
};

struct LocalTensor {
  DType dtype;
  Dims dims;
  LanePlace start; ///< lane of channel 0, byte offset of the tensor in a lane
  Strides strides;
};

/// Rows of a channel follow each other, channels start at multiples of the align unit (selector 0).
Strides alignedStrides(const Dims &dims, DType dtype, int64_t lane, const Memory &memory);
/// Channels follow each other too (selector 1).
Strides compactStrides(const Dims &dims, int64_t lane, const Memory &memory);
/// One element per channel (selector 2).
constexpr Strides kChannelScalar = {0, 1, 0, 0};
/// The same rows for every channel group and batch (selector 4).
Strides sharedStrides(const Dims &dims);

/// Channel groups that a tensor occupies.
int64_t groupsOf(const Dims &dims, int64_t lane, const Memory &memory);

/// UserError "'<operand>' … leaves local memory" unless every element is inside its lane.
void checkInside(const LocalTensor &tensor, const char *operand, const Memory &memory);

/// Lanes to dense, dense to lanes. The tensor has been checked. Lanes outside `laneMask` are not written.
void gather(const Memory &memory, const LocalTensor &tensor, void *dense);
void scatter(Memory &memory, const LocalTensor &tensor, const void *dense, uint64_t laneMask = ~uint64_t(0));

/// Planes (n, c) of rows in lanes or in linear memory: distances of planes in bytes, those within a plane in elements.
template <typename Byte> struct BytePlanes {
  Byte *base;
  kernel::Planes at;
  int64_t h, w;
};
BytePlanes<uint8_t> planesOf(Memory &memory, const LocalTensor &tensor);
BytePlanes<const uint8_t> planesOf(const Memory &memory, const LocalTensor &tensor);

/// Whether every element has a place of its own, so that threads may write planes in any order.
bool hasPlacesApart(const LocalTensor &tensor, const Memory &memory);

/// Copies elements of `size` bytes between planes that do not overlap. Lanes outside `laneMask` are not written.
void copyPlanes(const Dims &dims, int64_t size, const BytePlanes<uint8_t> &to, const BytePlanes<const uint8_t> &from,
                uint64_t laneMask = ~uint64_t(0));

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_SIM_LAYOUT_H
