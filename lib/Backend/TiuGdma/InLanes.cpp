//===- InLanes.cpp - Copies and transpositions inside local memory --------===//
// What moves of whole programs and rows of primitives both need: a copy that
// stays in its lanes, with any strides, and channels for columns.
// Source of the forms: shared ISA notes, isa.md §3 and §5.
#include "CommandEmitter.h"
#include "Encoding.h"

namespace tpu_mlir::backend::tiu_gdma {

void CommandEmitter::copyInLanes(const Dims &d, DType type, const LaneSide &to, const LaneSide &from,
                                 std::initializer_list<Access> accesses) {
  isa::SAR c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SAR, "arith.copy");
  c.tsk_opd_num = 1;
  c.res0_n = d.n, c.res0_c = d.c, c.res0_h = d.h, c.res0_w = d.w;
  c.res0_addr = uint64_t(to.offset), c.opd0_addr = uint64_t(from.offset);
  c.res0_prec = c.opd0_prec = precisionOf(type);
  c.opd0_sign = c.opd2_sign = isSigned(type);
  c.res0_str = c.opd0_str = kExplicit;
  const bool batches = d.n > 1, rows = d.h > 1, groups = d.c > machine.memory.lanes;
  c.res0_n_str = strideField(to.n, batches), c.res0_c_str = strideField(to.c, groups);
  c.res0_h_str = strideField(to.h, rows), c.res0_w_str = to.w;
  c.opd0_n_str = strideField(from.n, batches), c.opd0_c_str = strideField(from.c, groups);
  c.opd0_h_str = strideField(from.h, rows);
  c.opd0_w_str = from.w;
  issue(c, accesses);
}

void CommandEmitter::transpose(const LocalView &out, const LocalView &in) {
  isa::STRANS t;
  t.tsk_eu_typ = kindOf(table, isa::CommandId::STRANS, "tsbc.cw_ts");
  t.res0_n = out.dims.n, t.res0_c = out.dims.c, t.res0_h = out.dims.h, t.res0_w = out.dims.w;
  t.opd0_c = in.dims.c, t.opd0_w = in.dims.h * in.dims.w; // rows that follow each other are one
  t.res0_prec = precisionOf(out.dtype);
  t.res0_addr = out.offset, t.opd0_addr = in.offset;
  issue(t, {read(in), write(out)});
}

} // namespace tpu_mlir::backend::tiu_gdma
