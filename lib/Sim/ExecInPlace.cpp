//===- ExecInPlace.cpp - Operands used where they lie ---------------------===//
// Copying every operand to a dense buffer and back takes longer than adding or
// requantising it. Tensors whose planes are dense need no copies. Runs that
// report operands have them copied: who is told wants dense values.

#include "Exec.h"

#include <cassert>
#include <new>
#include <utility>

namespace tpu_mlir::sim {
namespace {

bool hasDensePlanes(const LocalTensor &t) {
  return (t.strides.w == 1 || t.dims.w == 1) && (t.strides.h == t.dims.w || t.dims.h == 1);
}

/// The bytes of a lane that a tensor may touch.
std::pair<int64_t, int64_t> rangeOf(const LocalTensor &t, const Memory &memory) {
  int64_t last = (t.dims.n - 1) * t.strides.n + (groupsOf(t.dims, t.start.lane, memory) - 1) * t.strides.c +
                 (t.dims.h - 1) * t.strides.h + (t.dims.w - 1) * t.strides.w;
  return {t.start.offset, t.start.offset + (last + 1) * kernel::byteSize(t.dtype)};
}

bool doOverlap(const LocalTensor &a, const LocalTensor &b, const Memory &memory) {
  auto first = rangeOf(a, memory), second = rangeOf(b, memory);
  return first.first < second.second && second.first < first.second;
}

} // namespace

Tensor Exec::inPlace(const LocalTensor &t) {
  int64_t size = kernel::byteSize(t.dtype);
  if (isObserved() || !hasDensePlanes(t) || t.start.offset % size ||
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
  if (!same && doOverlap(t, result, memory))
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

bool Exec::move(const char *fromOperand, const LocalTensor &from, const char *toOperand, const LocalTensor &to) {
  assert(from.dims == to.dims && kernel::byteSize(from.dtype) == kernel::byteSize(to.dtype));
  requirePossible(from.dtype, from.dims);
  checkInside(from, fromOperand, memory);
  checkInside(to, toOperand, memory);
  if (isObserved() || doOverlap(from, to, memory) || !hasPlacesApart(to, memory))
    return false;
  copyPlanes(to.dims, kernel::byteSize(to.dtype), planesOf(memory, to), planesOf(std::as_const(memory), from));
  return true;
}

void Exec::finish(const char *operand, const LocalTensor &t, const Tensor &value) {
  if (!value.planes)
    store(operand, t, value);
}

} // namespace tpu_mlir::sim
