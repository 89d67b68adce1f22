//===- Elements.cpp - Casts and tables, element by element ----------------===//
// Source: shared ISA notes, isa.md §5 and §6.
#include "tpu_mlir/Primitive/Elements.h"
#include "Row.h"

#include <cassert>

namespace tpu_mlir::backend::tiu_gdma {

namespace {

/// Arithmetic of one operand.
void emitUnary(std::string_view kind, const LocalView &in, const LocalView &out, CommandEmitter &to,
               uint32_t rounding) {
  isa::SAR c;
  c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SAR, kind);
  c.tsk_opd_num = 1;
  setResult(c, out);
  c.res0_prec = precisionOf(out.dtype), c.opd2_sign = isSigned(out.dtype);
  c.opd0_addr = in.offset, c.opd0_prec = precisionOf(in.dtype), c.opd0_sign = isSigned(in.dtype);
  c.opd2_n_str = rounding;
  setResultStrides(c, out, to.machine.memory);
  setSourceStrides(c, in, to.machine.memory);
  to.issue(c, {to.read(in), to.write(out)});
}

struct CastRow final : FamilyRow {
  CastRow() : FamilyRow(primitive::cast(), {}, true, {"arith.cast"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return reachesAll(step, views, memory);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    // Between floats the nearest; integers to floats keep the field that F32 networks have had.
    const Round round = kernel::isFloat(in.dtype) && kernel::isFloat(out.dtype)
                            ? Round::HalfToEven
                            : attributesOf<primitive::CastAttributes>(step).round.value_or(to.machine.roundings.casts);
    emitUnary("arith.cast", in, out, to, uint32_t(round));
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override { return streamOnce(shape, chip); }
};

struct SelectRow final : FamilyRow {
  SelectRow() : FamilyRow(primitive::select(), {}, true, {"cmp.sel_gt", "cmp.sel_eq", "cmp.sel_lt"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return isPlain(step, views, memory, Step::kMostSources);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const auto &with = attributesOf<primitive::SelectAttributes>(step);
    const LocalView &out = views[step.dst], &number = views[step.sources[step.has(0) ? 0 : 1]];
    isa::SCMP c;
    c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SCMP,
                          with.holds == kernel::Comparison::Greater ? "cmp.sel_gt"
                          : with.holds == kernel::Comparison::Equal ? "cmp.sel_eq"
                                                                    : "cmp.sel_lt");
    setResult(c, out);
    c.opd0_prec = precisionOf(number.dtype), c.opd0_sign = isSigned(number.dtype);
    c.opd2_prec = precisionOf(out.dtype);
    std::vector<Access> accesses;
    auto place = [&](int source) {
      if (!step.has(source))
        return with.constants[size_t(source)];
      accesses.push_back(to.read(views[step.sources[source]]));
      return uint32_t(views[step.sources[source]].offset);
    };
    c.opd0_const = !step.has(0), c.opd0_addr = place(0), c.opd1_const = !step.has(1), c.opd1_addr = place(1);
    c.opd2_const = !step.has(2), c.opd2_addr = place(2), c.opd3_const = !step.has(3), c.opd3_addr = place(3);
    accesses.push_back(to.write(out));
    to.issue(c, accesses);
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override { return streamOnce(shape, chip); }
};

struct AbsoluteRow final : FamilyRow {
  AbsoluteRow() : FamilyRow(primitive::absolute(), {}, true, {"arith.abs"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return reachesAll(step, views, memory);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    emitUnary("arith.abs", views[step.sources[0]], views[step.dst], to, 0);
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override { return streamOnce(shape, chip); }
};

/// Where a lookup of few channels is split so that idle lanes do half of it: elements of a plane, or 0.
int64_t splitOf(const Dims &d, int64_t lanes, int64_t alignBytes) {
  constexpr int64_t kLeast = 512; // elements a lane; below, two lane copies cost more than they save
  const int64_t plane = d.h * d.w;
  if (d.n != 1 || d.c * 2 > lanes || plane < kLeast)
    return 0;
  return plane / 2 / alignBytes * alignBytes;
}

struct LookupRow final : FamilyRow {
  LookupRow()
      : FamilyRow(primitive::lookup(), {.joinsRows = true}, false,
                  {"sg.pe_s_gather_d1coor", "sg.pe_s_gather_hzd", "tsbc.l_copy"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return isPlain(step, views, memory, 1) && views[step.dst].dims.h * views[step.dst].dims.w <= memory.maxDim;
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const LocalView &in = views[step.sources[0]], &entries = views[step.sources[1]], &out = views[step.dst];
    if (int64_t half = splitOf(out.dims, to.machine.memory.lanes, to.machine.memory.alignBytes))
      return emitInHalves(step, views, half, to);
    // Table, index and result want a bank each; the slower form does without. Source: shared ISA notes, isa.md (6 SG).
    const int64_t bank = to.machine.memory.bankBytes;
    auto apart = [&](const LocalView &a, const LocalView &b) {
      return (a.offset + a.bytes - 1) / bank < b.offset / bank || (b.offset + b.bytes - 1) / bank < a.offset / bank;
    };
    bool isFast = apart(in, out) && apart(in, entries) && apart(out, entries);
    // Rows of h · w elements: the aligned layouts of [c, h, w] and [c, 1, h · w] are the same bytes.
    isa::SSG c;
    c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SSG, isFast ? "sg.pe_s_gather_d1coor" : "sg.pe_s_gather_hzd");
    c.res0_n = out.dims.n, c.res0_c = out.dims.c, c.res0_h = 1, c.res0_w = out.dims.h * out.dims.w;
    c.res0_addr = out.offset, c.res0_prec = precisionOf(out.dtype);
    c.opd0_addr = entries.offset, c.opd0_h = 1, c.opd0_w = entries.dims.w, c.opd0_prec = precisionOf(entries.dtype);
    c.opd0_str = kShared;
    c.opd1_addr = in.offset, c.opd1_c = in.dims.c, c.opd1_w = c.res0_w, c.opd1_prec = precisionOf(DType::U8);
    to.issue(c, {to.read(in), to.read(entries), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    timing::Spread result = shape.result;
    double copies = 0;
    if (int64_t half = splitOf(shape.dims, chip.local.lanes, chip.local.alignBytes)) {
      result.h = 1, result.w = double(shape.dims.h * shape.dims.w - half);
      copies = 2 * (timing::laneCopyCycles(chip, result, 1) + double(chip.time.issueCycles));
      result.c *= 2;
    }
    return copies + timing::gatherCycles(chip, result);
  }

private:
  /// Lanes without a channel take the second half of each plane, from where it comes back after the lookup.
  void emitInHalves(const Step &step, std::span<const LocalView> views, int64_t half, CommandEmitter &to) const {
    LocalView in = views[step.sources[0]], out = views[step.dst];
    const int64_t channels = out.dims.c, rest = out.dims.h * out.dims.w - half;
    auto move = [&](uint64_t target, uint64_t from, const LocalView &view) {
      isa::STRANS t;
      t.tsk_eu_typ = kindOf(to.table, isa::CommandId::STRANS, "tsbc.l_copy");
      t.res0_n = 1, t.res0_c = t.opd0_c = channels, t.res0_h = 1, t.res0_w = t.opd0_w = rest;
      t.res0_prec = precisionOf(view.dtype);
      t.res0_addr = target, t.opd0_addr = from;
      to.issue(t, {to.read(view), to.write(view)});
    };
    const int64_t away = channels * to.chip.local.laneStride;
    move(away + in.offset, in.offset + half, in);
    std::vector<LocalView> wide(views.begin(), views.end());
    for (int id : {step.sources[0], step.dst})
      wide[id].dims = {1, 2 * channels, 1, rest}, wide[id].outer.reset();
    encode(step, wide, to);
    move(out.offset + half, away + out.offset, out);
  }
};

} // namespace

const Row &castRow() { return only<CastRow>(); }
const Row &selectRow() { return only<SelectRow>(); }
const Row &absoluteRow() { return only<AbsoluteRow>(); }
const Row &lookupRow() { return only<LookupRow>(); }

} // namespace tpu_mlir::backend::tiu_gdma
