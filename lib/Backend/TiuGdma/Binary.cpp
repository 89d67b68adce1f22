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
    auto setFirst = [&](const LocalView &v) {
      Operand a = describe(v);
      c.opd0_addr = a.address, c.opd0_prec = a.prec, c.opd0_sign = a.sign, c.opd0_str = a.layout;
      c.opd0_n_str = a.outer.n, c.opd0_c_str = a.outer.c, c.opd0_h_str = a.h, c.opd0_w_str = a.w;
    };
    auto setSecond = [&](const LocalView &v) {
      Operand b = describe(v);
      c.opd1_addr = b.address, c.opd1_prec = b.prec, c.opd1_sign = b.sign, c.opd1_str = b.layout;
      c.opd1_n_str = b.outer.n, c.opd1_c_str = b.outer.c, c.opd1_h_str = b.h, c.opd1_w_str = b.w;
    };
    const uint32_t constant = kernel::bitsIn(with.constantType, with.constant);
    if (with.isConstantFirst) {
      c.opd0_const = 1, c.opd0_addr = constant;
      c.opd0_prec = precisionOf(with.constantType), c.opd0_sign = isSigned(with.constantType);
      setSecond(views[step.sources[0]]);
    } else {
      setFirst(views[step.sources[0]]);
    }
    if (step.has(1)) {
      setSecond(views[step.sources[1]]);
    } else if (!with.isConstantFirst) {
      c.opd1_const = 1, c.opd1_addr = constant;
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

/// What bitwise operations and shifts share: integers of one format, and a second operand that may be a constant.
isa::SAR integerCommand(std::string_view kind, const LocalView &a, const LocalView &out, const CommandEmitter &to) {
  isa::SAR c;
  c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SAR, kind);
  c.tsk_opd_num = 2;
  setResult(c, out);
  c.res0_prec = precisionOf(out.dtype), c.opd2_sign = isSigned(out.dtype);
  c.opd0_addr = a.offset, c.opd0_prec = precisionOf(a.dtype), c.opd0_sign = isSigned(a.dtype);
  return c;
}

struct BitwiseRow final : FamilyRow {
  BitwiseRow() : FamilyRow(primitive::bitwise(), {}, true, {"arith.and", "arith.or", "arith.xor"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return isPlain(step, views, memory, 2);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const auto &with = attributesOf<primitive::BitwiseAttributes>(step);
    const LocalView &a = views[step.sources[0]], &out = views[step.dst];
    isa::SAR c = integerCommand(with.op == kernel::BitOp::And  ? "arith.and"
                                : with.op == kernel::BitOp::Or ? "arith.or"
                                                               : "arith.xor",
                                a, out, to);
    c.opd1_prec = precisionOf(out.dtype), c.opd1_sign = isSigned(out.dtype);
    if (step.has(1)) {
      const LocalView &b = views[step.sources[1]];
      c.opd1_addr = b.offset;
      return to.issue(c, {to.read(a), to.read(b), to.write(out)});
    }
    c.opd1_const = 1, c.opd1_addr = with.constant;
    to.issue(c, {to.read(a), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override { return streamOnce(shape, chip); }
};

struct ShiftRow final : FamilyRow {
  ShiftRow() : FamilyRow(primitive::shift(), {}, true, {"arith.ashift"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return isPlain(step, views, memory, 1);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const LocalView &a = views[step.sources[0]], &out = views[step.dst];
    isa::SAR c = integerCommand("arith.ashift", a, out, to);
    c.opd1_const = 1, c.opd1_addr = uint8_t(attributesOf<primitive::ShiftAttributes>(step).places);
    c.opd1_prec = precisionOf(DType::I8), c.opd1_sign = 1;
    c.opd2_n_str = uint32_t(Round::Floor);
    to.issue(c, {to.read(a), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override { return streamOnce(shape, chip); }
};

} // namespace

const Row &binaryRow() { return only<BinaryRow>(); }
const Row &bitwiseRow() { return only<BitwiseRow>(); }
const Row &shiftRow() { return only<ShiftRow>(); }

} // namespace tpu_mlir::backend::tiu_gdma
