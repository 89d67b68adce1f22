//===- LocalView.cpp - The shape of views in local memory -----------------===//
// Strides that layouts give, and which views the instructions of a step can
// take. Source of the layouts: shared ISA notes, isa.md §3.
#include "tpu_mlir/Codegen/LocalView.h"
#include "tpu_mlir/Backend/Family.h"

namespace tpu_mlir::codegen {

LocalStrides layoutStrides(Layout layout, const Dims &d, DType type, const LocalMemory &m) {
  int64_t item = kernel::byteSize(type), row = d.h * d.w, groups = (d.c + m.lanes - 1) / m.lanes;
  int64_t unit = m.alignBytes / item, aligned = (row + unit - 1) / unit * unit;
  if (layout == Layout::Compact)
    return {groups * row, row};
  if (layout == Layout::Lanes)
    return {aligned, 0};
  return {groups * aligned, aligned};
}

LocalStrides stridesOf(const LocalView &v, const LocalMemory &memory) {
  return v.outer ? *v.outer : layoutStrides(v.layout, v.dims, v.dtype, memory);
}

bool isNatural(const LocalView &v, const LocalMemory &memory) {
  if (v.layout == Layout::Aligned && v.offset % memory.alignBytes != 0)
    return false;
  if (v.dims.h > 1 && rowStrideOf(v) != v.dims.w)
    return false;
  if (!v.outer)
    return true;
  LocalStrides natural = layoutStrides(v.layout, v.dims, v.dtype, memory);
  // The stride of an axis of length 1 is never used.
  return (v.dims.n == 1 || v.outer->n == natural.n) && (v.dims.c <= memory.lanes || v.outer->c == natural.c);
}

bool canEmit(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) {
  return memory.family->row(step).takes(step, views, memory);
}

} // namespace tpu_mlir::codegen
