//===- Row.cpp - What the family's rows share -----------------------------===//
// Which views a command's strides reach, the fields that say so, and the
// cycles of a step that streams its elements once.
#include "Row.h"

namespace tpu_mlir::backend::tiu_gdma {

bool reaches(const LocalView &v, const LocalMemory &memory) {
  LocalStrides outer = stridesOf(v, memory);
  return isNatural(v, memory) ||
         ((v.dims.n == 1 || outer.n <= kMostStride) && (v.dims.c <= memory.lanes || outer.c <= kMostStride) &&
          (v.dims.h == 1 || rowStrideOf(v) <= kMostStride));
}

bool reachesAll(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) {
  return reaches(views[step.dst], memory) && std::all_of(step.sources.begin(), step.sources.end(),
                                                         [&](int id) { return id < 0 || reaches(views[id], memory); });
}

bool isPlain(const Step &step, std::span<const LocalView> views, const LocalMemory &memory, int sources) {
  for (int i = 0; i < sources; ++i)
    if (step.has(i) && !isNatural(views[step.sources[i]], memory))
      return false;
  return isNatural(views[step.dst], memory);
}

double streamOnce(const StepShape &shape, const target::Chip &chip) {
  return timing::elementCycles(chip, shape.result, double(shape.widest()));
}

void setResultStrides(isa::SAR &c, const LocalView &out, const LocalMemory &memory) {
  if (isNatural(out, memory))
    return;
  LocalStrides outer = stridesOf(out, memory);
  c.res0_str = kExplicit;
  c.res0_n_str = strideField(outer.n, out.dims.n > 1), c.res0_c_str = strideField(outer.c, out.dims.c > memory.lanes);
  c.res0_h_str = strideField(rowStrideOf(out), out.dims.h > 1), c.res0_w_str = 1;
}

} // namespace tpu_mlir::backend::tiu_gdma
