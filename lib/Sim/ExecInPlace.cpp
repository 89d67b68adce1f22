//===- ExecInPlace.cpp - Operands used where they lie ---------------------===//
// Copying every operand to a dense buffer and back takes longer than adding or
// requantising it. Tensors whose planes are dense need no copies. Runs that
// report operands have them copied: who is told wants dense values.

#include "Exec.h"

#include <new>

namespace tpu_mlir::sim {
namespace {

bool hasDensePlanes(const LocalTensor &t) {
  return (t.strides.w == 1 || t.dims.w == 1) && (t.strides.h == t.dims.w || t.dims.h == 1);
}

/// Whether every element has a place of its own, so that threads may write planes in any order.
bool hasPlacesApart(const LocalTensor &t, const Memory &memory) {
  int64_t groups = groupsOf(t.dims, t.start.lane, memory), plane = t.dims.h * t.dims.w;
  return (groups == 1 || t.strides.c >= plane) && (t.dims.n == 1 || t.strides.n >= (groups - 1) * t.strides.c + plane);
}

/// The bytes of a lane that a tensor may touch.
std::pair<int64_t, int64_t> rangeOf(const LocalTensor &t, const Memory &memory) {
  int64_t last = (t.dims.n - 1) * t.strides.n + (groupsOf(t.dims, t.start.lane, memory) - 1) * t.strides.c +
                 (t.dims.h - 1) * t.strides.h + (t.dims.w - 1) * t.strides.w;
  return {t.start.offset, t.start.offset + (last + 1) * kernel::byteSize(t.dtype)};
}

} // namespace

Tensor Exec::inPlace(const LocalTensor &t) {
  int64_t size = kernel::byteSize(t.dtype);
  if ((probe && probe->onOperand) || isDry() || !hasDensePlanes(t) || t.start.offset % size ||
      memory.lanePitch() % size)
    return {t.dtype, t.dims, nullptr};
  auto *planes = new (arena.take(sizeof(kernel::Planes)))
      kernel::Planes{memory.lanes(), t.start.lane, memory.lanePitch() / size, t.strides.c, t.strides.n};
  return {t.dtype, t.dims, memory.lane(0) + t.start.offset, planes};
}

Tensor Exec::view(const char *operand, const LocalTensor &t, const LocalTensor &result) {
  checkInside(t, operand, memory);
  requirePossible(t.dtype, t.dims);
  bool same = t.start.lane == result.start.lane && t.start.offset == result.start.offset && t.dims == result.dims &&
              t.strides == result.strides && kernel::byteSize(t.dtype) == kernel::byteSize(result.dtype);
  auto mine = rangeOf(t, memory), other = rangeOf(result, memory);
  if (!same && mine.first < other.second && other.first < mine.second)
    return load(operand, t);
  Tensor place = inPlace(t);
  return place.data ? place : load(operand, t);
}

Tensor Exec::target(const char *operand, const LocalTensor &t) {
  Tensor dense = blank(t.dtype, t.dims); // refuses impossible shapes
  checkInside(t, operand, memory);
  Tensor place = hasPlacesApart(t, memory) ? inPlace(t) : Tensor{t.dtype, t.dims, nullptr};
  return place.data ? place : dense;
}

void Exec::finish(const char *operand, const LocalTensor &t, const Tensor &value) {
  if (!value.planes)
    store(operand, t, value);
}

} // namespace tpu_mlir::sim
