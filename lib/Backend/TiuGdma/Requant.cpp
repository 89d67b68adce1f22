//===- Requant.cpp - From sums to 8 bits ----------------------------------===//
// One command. Source: shared ISA notes, isa.md §5, and the vendor-compiled stream.
#include "tpu_mlir/Primitive/Requant.h"
#include "Row.h"

#include <cassert>

namespace tpu_mlir::backend::tiu_gdma {

namespace {

struct RequantRow final : FamilyRow {
  RequantRow() : FamilyRow(primitive::requant(), {}, true, {"quant.rq1"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return isPlain(step, views, memory, 1);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const auto &with = attributesOf<primitive::RequantAttributes>(step);
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    isa::SRQ c;
    c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SRQ, "quant.rq1");
    setResult(c, out);
    c.res0_prec = precisionOf(out.dtype), c.opd2_sign = isSigned(out.dtype);
    c.opd0_addr = in.offset, c.opd0_prec = precisionOf(in.dtype), c.opd0_sign = isSigned(in.dtype);
    c.opd2_n_str = uint32_t(to.machine.roundings.shifts);
    if (step.has(1)) {
      const LocalView &entries = views[step.sources[1]];
      c.opd1_addr = entries.offset;
      return to.issue(c, {to.read(in), to.read(entries), to.write(out)});
    }
    c.opd1_const = 1, c.opd1_addr = uint32_t(with.entry.multiplier);
    c.opd2_addr = uint32_t(uint8_t(with.entry.shift)) | uint32_t(with.entry.zeroPoint) << 8;
    to.issue(c, {to.read(in), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override { return streamOnce(shape, chip); }
};

} // namespace

const Row &requantRow() { return only<RequantRow>(); }

} // namespace tpu_mlir::backend::tiu_gdma
