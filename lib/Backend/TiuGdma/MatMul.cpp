//===- MatMul.cpp - Products of matrices ----------------------------------===//
// A command for each image. Source: shared ISA notes, isa.md §5.
#include "tpu_mlir/Primitive/MatMul.h"
#include "Row.h"

#include <cassert>

namespace tpu_mlir::backend::tiu_gdma {

namespace {

struct MatMulRow final : FamilyRow {
  MatMulRow() : FamilyRow(primitive::matMul(), {.hasNoBatch = true}, false, {"mm2.nn"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return isPlain(step, views, memory, 2);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const LocalView &left = views[step.sources[0]], &right = views[step.sources[1]], &out = views[step.dst];
    // The unit knows no batch: one command for each.
    auto at = [&](const LocalView &v, int64_t n) {
      int64_t stride = v.dims.n == 1 ? 0 : stridesOf(v, to.machine.memory).n;
      return uint64_t(v.offset + n * stride * kernel::byteSize(v.dtype));
    };
    for (int64_t n = 0; n < out.dims.n; ++n) {
      isa::SMM2 c;
      c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SMM2, "mm2.nn");
      c.res0_c = out.dims.c, c.res0_w = out.dims.w, c.res0_addr = at(out, n), c.res0_prec = precisionOf(out.dtype);
      c.opd0_addr = at(left, n), c.opd0_prec = precisionOf(left.dtype), c.opd0_sign = isSigned(left.dtype);
      c.opd1_addr = at(right, n), c.opd1_sign = isSigned(right.dtype);
      c.opd1_c = right.dims.c, c.opd1_w = right.dims.w;
      c.opd2_const = 1; // right zero point 0
      to.issue(c, {to.read(left), to.read(right), to.write(out)});
    }
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    const Dims &a = shape.source(0).dims, &d = shape.dims;
    return double(d.n) * timing::matrix2Cycles(chip, double(d.c), double(a.h * a.w), double(d.w),
                                               double(kernel::byteSize(shape.source(0).dtype))) +
           double(d.n - 1) * double(chip.time.issueCycles);
  }
};

} // namespace

const Row &matMulRow() { return only<MatMulRow>(); }

} // namespace tpu_mlir::backend::tiu_gdma
