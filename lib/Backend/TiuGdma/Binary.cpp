//===- Binary.cpp - Arithmetic of two operands ----------------------------===//
// One command. Source: shared ISA notes, isa.md §5, and the vendor-compiled stream.
#include "tpu_mlir/Primitive/Binary.h"
#include "Row.h"

#include <cassert>

namespace tpu_mlir::backend::tiu_gdma {
using kernel::BinaryOp;

namespace {

struct BinaryRow final : FamilyRow {
  BinaryRow()
      : FamilyRow(primitive::binary(), {}, true,
                  {"arith.add", "arith.sub", "arith.mul", "arith.adds", "arith.subs", "arith.muls", "arith.max",
                   "arith.min"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return reachesAll(step, views, memory);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const auto &with = attributesOf<primitive::BinaryAttributes>(step);
    const LocalView &out = views[step.dst];
    assert((with.op != BinaryOp::Sub || isSigned(out.dtype)) &&
           "the command has no field for it: differences are signed");
    isa::SAR c;
    bool saturates = !kernel::isFloat(out.dtype) &&
                     (with.op == BinaryOp::Add || with.op == BinaryOp::Sub || with.op == BinaryOp::Mul);
    const char *name = with.op == BinaryOp::Add   ? (saturates ? "arith.adds" : "arith.add")
                       : with.op == BinaryOp::Sub ? (saturates ? "arith.subs" : "arith.sub")
                       : with.op == BinaryOp::Mul ? (saturates ? "arith.muls" : "arith.mul")
                       : with.op == BinaryOp::Max ? "arith.max"
                                                  : "arith.min";
    c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SAR, name);
    setResult(c, out);
    c.res0_prec = precisionOf(out.dtype);
    c.tsk_opd_num = 2;

    struct Operand {
      uint32_t address, prec, sign, layout;
      LocalStrides outer;
      uint32_t h, w;
    };
    auto describe = [&](const LocalView &v) {
      Operand o{uint32_t(v.offset), precisionOf(v.dtype), isSigned(v.dtype), kAligned, {0, 0}, 0, 0};
      if (v.dims == out.dims && v.layout == Layout::Aligned && isNatural(v, to.machine.memory))
        return o;
      // An axis of length 1 repeats: stride 0.
      LocalStrides outer = stridesOf(v, to.machine.memory);
      o.layout = kExplicit;
      o.outer = {v.dims.n == 1 ? 0 : outer.n,
                 v.dims.c == 1 && out.dims.c > 1 ? 0 : strideField(outer.c, out.dims.c > to.machine.memory.lanes)};
      o.h = v.dims.h == 1 ? 0 : rowStrideOf(v), o.w = v.dims.w == 1 ? 0 : 1;
      return o;
    };
    setResultStrides(c, out, to.machine.memory);
    Operand a = describe(views[step.sources[0]]);
    c.opd0_addr = a.address, c.opd0_prec = a.prec, c.opd0_sign = a.sign, c.opd0_str = a.layout;
    c.opd0_n_str = a.outer.n, c.opd0_c_str = a.outer.c, c.opd0_h_str = a.h, c.opd0_w_str = a.w;
    if (step.has(1)) {
      Operand b = describe(views[step.sources[1]]);
      c.opd1_addr = b.address, c.opd1_prec = b.prec, c.opd1_sign = b.sign, c.opd1_str = b.layout;
      c.opd1_n_str = b.outer.n, c.opd1_c_str = b.outer.c, c.opd1_h_str = b.h, c.opd1_w_str = b.w;
    } else {
      c.opd1_const = 1, c.opd1_addr = constantBits(with.constant, with.constantType);
      c.opd1_prec = precisionOf(with.constantType), c.opd1_sign = isSigned(with.constantType);
    }
    if (with.shift != 0) {
      // The third operand is the shift, an int8; negative shifts right.
      c.tsk_opd_num = 3;
      c.opd2_const = 1, c.opd2_addr = uint8_t(with.shift), c.opd2_n_str = uint32_t(to.machine.roundings.shifts);
    }
    if (step.has(1))
      return to.issue(c, {to.read(views[step.sources[0]]), to.read(views[step.sources[1]]), to.write(out)});
    to.issue(c, {to.read(views[step.sources[0]]), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override { return streamOnce(shape, chip); }
};

} // namespace

const Row &binaryRow() { return only<BinaryRow>(); }

} // namespace tpu_mlir::backend::tiu_gdma
