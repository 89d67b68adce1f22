//===- EmitStep.cpp - Steps of a recipe as TIU commands -------------------===//
// One command (a convolution's grouping and padding already settled) per step.
// Only forms that vendor streams show or that the notes state.
// Source: shared ISA notes, isa.md §5, and the vendor-compiled stream.
#include "Encoding.h"
#include "tpu_mlir/Codegen/StepEmitter.h"

#include <cassert>
#include <cmath>

namespace tpu_mlir::codegen {
using kernel::BinaryOp;

namespace {

template <typename T> void setResult(T &c, const LocalView &v) {
  c.res0_n = v.dims.n, c.res0_c = v.dims.c, c.res0_h = v.dims.h, c.res0_w = v.dims.w;
  c.res0_addr = v.offset;
}

template <typename T> void setWindow(T &c, const kernel::Window &w, const LocalView &in) {
  c.opd1_h = w.kh, c.opd1_w = w.kw;
  c.res_op_y_str = w.strideH, c.res_op_x_str = w.strideW;
  c.opd1_y_ins0 = w.dilationH - 1, c.opd1_x_ins0 = w.dilationW - 1;
  c.opd0_up_pad = in.padBefore[0], c.opd0_dn_pad = in.padAfter[0];
  c.opd0_lf_pad = in.padBefore[1], c.opd0_rt_pad = in.padAfter[1];
}

/// First operands may be parts of larger buffers.
template <typename T> void setSourceStrides(T &c, const LocalView &in, const LocalMemory &memory) {
  if (isNatural(in, memory))
    return;
  LocalStrides outer = stridesOf(in, memory);
  c.opd0_str = kExplicit;
  c.opd0_n_str = strideField(outer.n, in.dims.n > 1), c.opd0_c_str = strideField(outer.c, in.dims.c > memory.lanes);
  c.opd0_h_str = strideField(rowStrideOf(in), in.dims.h > 1), c.opd0_w_str = 1;
}

/// Element-wise results may be parts of larger buffers.
void setResultStrides(isa::SAR &c, const LocalView &out, const LocalMemory &memory) {
  if (isNatural(out, memory))
    return;
  LocalStrides outer = stridesOf(out, memory);
  c.res0_str = kExplicit;
  c.res0_n_str = strideField(outer.n, out.dims.n > 1), c.res0_c_str = strideField(outer.c, out.dims.c > memory.lanes);
  c.res0_h_str = strideField(rowStrideOf(out), out.dims.h > 1), c.res0_w_str = 1;
}

/// A constant operand's bits in its own format.
uint32_t constantBits(double value, DType type) {
  return kernel::isFloat(type) ? bitsOf(static_cast<float>(value)) : static_cast<uint32_t>(static_cast<int64_t>(value));
}

} // namespace

void StepEmitter::emit(const Step &step, std::span<const LocalView> views) {
  switch (step.kind) {
  case StepKind::Conv:
    return emitConv(step, views);
  case StepKind::Depthwise:
  case StepKind::MaxPool:
    return emitPool(step, views);
  case StepKind::Binary:
    return emitBinary(step, views);
  case StepKind::Requant:
    return emitRequant(step, views);
  case StepKind::Cast:
    return emitCast(step, views);
  case StepKind::Lookup:
    return emitLookup(step, views);
  case StepKind::MatMul:
    return emitMatMul(step, views);
  case StepKind::Copy:
    return emitCopy(step, views);
  case StepKind::Transpose:
    return transpose(views[step.dst], views[step.a]);
  case StepKind::Insert:
    return insert(views[step.a], views[step.dst]);
  case StepKind::Heads:
    return copyHeads(views[step.a], views[step.dst]);
  }
}

void StepEmitter::emitConv(const Step &s, std::span<const LocalView> views) {
  const LocalView &in = views[s.a], &filter = views[s.b], &out = views[s.dst];
  isa::SCONV c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SCONV, "conv.normal");
  setResult(c, out);
  setWindow(c, s.window, in);
  c.opd0_c = in.dims.c, c.opd0_h = in.dims.h, c.opd0_w = in.dims.w;
  c.opd0_addr = in.offset, c.opd1_addr = filter.offset;
  c.opd0_prec = precisionOf(in.dtype), c.res0_prec = precisionOf(out.dtype);
  c.opd0_sign = isSigned(in.dtype), c.opd1_sign = isSigned(filter.dtype);
  c.opd3_const = 1, c.opd3_addr = uint32_t(s.padValue);
  setSourceStrides(c, in, machine.memory);
  if (s.bias < 0) {
    c.opd2_const = 1; // kernel zero point 0 (integers), bias 0 (floats)
    return issue(c, {read(in), read(filter), write(out)});
  }
  const LocalView &bias = views[s.bias];
  c.opd2_addr = bias.offset, c.opd2_sign = 1;
  issue(c, {read(in), read(filter), read(bias), write(out)});
}

void StepEmitter::emitPool(const Step &s, std::span<const LocalView> views) {
  const LocalView &in = views[s.a], &out = views[s.dst];
  bool isMax = s.kind == StepKind::MaxPool;
  isa::SPORD c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SPORD, isMax ? "pord.maxpooling" : "pord.depthwise");
  setResult(c, out);
  setWindow(c, s.window, in);
  c.opd0_h = in.dims.h, c.opd0_w = in.dims.w, c.opd0_addr = in.offset;
  c.opd0_prec = precisionOf(in.dtype), c.res0_prec = precisionOf(out.dtype);
  c.opd0_sign = isSigned(in.dtype);
  c.opd3_const = 1;
  if (isMax) {
    c.opd3_addr = isFloat(in.dtype) ? bitsOf(-INFINITY) : uint32_t(s.padValue) & 0xff;
    return issue(c, {read(in), write(out)});
  }
  c.opd3_addr = uint32_t(s.padValue);
  if (s.b < 0) {
    c.opd1_const = 1, c.opd1_addr = constantBits(s.constant, s.constantType), c.opd1_sign = isSigned(s.constantType);
    c.opd2_const = 1;
    return issue(c, {read(in), write(out)});
  }
  const LocalView &filter = views[s.b];
  c.opd1_addr = filter.offset, c.opd1_sign = isSigned(filter.dtype);
  if (s.bias < 0) {
    c.opd2_const = 1;
    return issue(c, {read(in), read(filter), write(out)});
  }
  const LocalView &bias = views[s.bias];
  c.opd2_addr = bias.offset, c.opd2_sign = 1;
  issue(c, {read(in), read(filter), read(bias), write(out)});
}

void StepEmitter::emitBinary(const Step &s, std::span<const LocalView> views) {
  const LocalView &out = views[s.dst];
  assert((s.op != BinaryOp::Sub || isSigned(out.dtype)) && "the command has no field for it: differences are signed");
  isa::SAR c;
  bool saturates = !isFloat(out.dtype) && (s.op == BinaryOp::Add || s.op == BinaryOp::Sub || s.op == BinaryOp::Mul);
  const char *name = s.op == BinaryOp::Add   ? (saturates ? "arith.adds" : "arith.add")
                     : s.op == BinaryOp::Sub ? (saturates ? "arith.subs" : "arith.sub")
                     : s.op == BinaryOp::Mul ? (saturates ? "arith.muls" : "arith.mul")
                     : s.op == BinaryOp::Max ? "arith.max"
                                             : "arith.min";
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SAR, name);
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
    if (v.dims == out.dims && v.layout == Layout::Aligned && isNatural(v, machine.memory))
      return o;
    // An axis of length 1 repeats: stride 0.
    LocalStrides outer = stridesOf(v, machine.memory);
    o.layout = kExplicit;
    o.outer = {v.dims.n == 1 ? 0 : outer.n,
               v.dims.c == 1 && out.dims.c > 1 ? 0 : strideField(outer.c, out.dims.c > machine.memory.lanes)};
    o.h = v.dims.h == 1 ? 0 : rowStrideOf(v), o.w = v.dims.w == 1 ? 0 : 1;
    return o;
  };
  setResultStrides(c, out, machine.memory);
  Operand a = describe(views[s.a]);
  c.opd0_addr = a.address, c.opd0_prec = a.prec, c.opd0_sign = a.sign, c.opd0_str = a.layout;
  c.opd0_n_str = a.outer.n, c.opd0_c_str = a.outer.c, c.opd0_h_str = a.h, c.opd0_w_str = a.w;
  if (s.b >= 0) {
    Operand b = describe(views[s.b]);
    c.opd1_addr = b.address, c.opd1_prec = b.prec, c.opd1_sign = b.sign, c.opd1_str = b.layout;
    c.opd1_n_str = b.outer.n, c.opd1_c_str = b.outer.c, c.opd1_h_str = b.h, c.opd1_w_str = b.w;
  } else {
    c.opd1_const = 1, c.opd1_addr = constantBits(s.constant, s.constantType);
    c.opd1_prec = precisionOf(s.constantType), c.opd1_sign = isSigned(s.constantType);
  }
  if (s.shift != 0) {
    // The third operand is the shift, an int8; negative shifts right.
    c.tsk_opd_num = 3;
    c.opd2_const = 1, c.opd2_addr = uint8_t(s.shift), c.opd2_n_str = uint32_t(s.round);
  }
  if (s.b >= 0)
    return issue(c, {read(views[s.a]), read(views[s.b]), write(out)});
  issue(c, {read(views[s.a]), write(out)});
}

void StepEmitter::emitRequant(const Step &s, std::span<const LocalView> views) {
  const LocalView &in = views[s.a], &out = views[s.dst];
  isa::SRQ c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SRQ, "quant.rq1");
  setResult(c, out);
  c.res0_prec = precisionOf(out.dtype), c.opd2_sign = isSigned(out.dtype);
  c.opd0_addr = in.offset, c.opd0_prec = precisionOf(in.dtype), c.opd0_sign = isSigned(in.dtype);
  c.opd2_n_str = uint32_t(s.round);
  if (s.b >= 0) {
    const LocalView &entries = views[s.b];
    c.opd1_addr = entries.offset;
    return issue(c, {read(in), read(entries), write(out)});
  }
  c.opd1_const = 1, c.opd1_addr = uint32_t(s.entry.multiplier);
  c.opd2_addr = uint32_t(uint8_t(s.entry.shift)) | uint32_t(s.entry.zeroPoint) << 8;
  issue(c, {read(in), write(out)});
}

void StepEmitter::emitCast(const Step &s, std::span<const LocalView> views) {
  const LocalView &in = views[s.a], &out = views[s.dst];
  isa::SAR c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SAR, "arith.cast");
  c.tsk_opd_num = 1;
  setResult(c, out);
  c.res0_prec = precisionOf(out.dtype), c.opd2_sign = isSigned(out.dtype);
  c.opd0_addr = in.offset, c.opd0_prec = precisionOf(in.dtype), c.opd0_sign = isSigned(in.dtype);
  c.opd2_n_str = uint32_t(s.round);
  setResultStrides(c, out, machine.memory);
  setSourceStrides(c, in, machine.memory);
  issue(c, {read(in), write(out)});
}

int64_t lookupSplit(const Dims &d, const LocalMemory &memory) {
  constexpr int64_t kLeast = 512; // elements a lane; below, two lane copies cost more than they save
  int64_t plane = d.h * d.w;
  if (d.n != 1 || d.c * 2 > memory.lanes || plane < kLeast)
    return 0;
  return plane / 2 / memory.alignBytes * memory.alignBytes;
}

/// Lanes without a channel take the second half of each plane, from where it comes back after the lookup.
void StepEmitter::emitSplitLookup(const Step &s, std::span<const LocalView> views, int64_t half) {
  LocalView in = views[s.a], out = views[s.dst];
  const int64_t channels = out.dims.c, rest = out.dims.h * out.dims.w - half;
  auto move = [&](uint64_t to, uint64_t from, const LocalView &view) {
    isa::STRANS t;
    t.tsk_eu_typ = kindOf(table, isa::CommandId::STRANS, "tsbc.l_copy");
    t.res0_n = 1, t.res0_c = t.opd0_c = channels, t.res0_h = 1, t.res0_w = t.opd0_w = rest;
    t.res0_prec = precisionOf(view.dtype);
    t.res0_addr = to, t.opd0_addr = from;
    issue(t, {read(view), write(view)});
  };
  const int64_t away = channels * machine.laneStride;
  move(away + in.offset, in.offset + half, in);
  std::vector<LocalView> wide(views.begin(), views.end());
  for (int id : {s.a, s.dst})
    wide[id].dims = {1, 2 * channels, 1, rest}, wide[id].outer.reset();
  emitLookup(s, wide);
  move(out.offset + half, away + out.offset, out);
}

void StepEmitter::emitLookup(const Step &s, std::span<const LocalView> views) {
  const LocalView &in = views[s.a], &entries = views[s.b], &out = views[s.dst];
  if (int64_t half = lookupSplit(out.dims, machine.memory))
    return emitSplitLookup(s, views, half);
  // Table, index and result want a bank each; the slower form does without. Source: shared ISA notes, isa.md (6 SG).
  const int64_t bank = machine.memory.bankBytes;
  auto apart = [&](const LocalView &a, const LocalView &b) {
    return (a.offset + a.bytes - 1) / bank < b.offset / bank || (b.offset + b.bytes - 1) / bank < a.offset / bank;
  };
  bool isFast = apart(in, out) && apart(in, entries) && apart(out, entries);
  // Rows of h · w elements: the aligned layouts of [c, h, w] and [c, 1, h · w] are the same bytes.
  isa::SSG c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SSG, isFast ? "sg.pe_s_gather_d1coor" : "sg.pe_s_gather_hzd");
  c.res0_n = out.dims.n, c.res0_c = out.dims.c, c.res0_h = 1, c.res0_w = out.dims.h * out.dims.w;
  c.res0_addr = out.offset, c.res0_prec = precisionOf(out.dtype);
  c.opd0_addr = entries.offset, c.opd0_h = 1, c.opd0_w = entries.dims.w, c.opd0_prec = precisionOf(entries.dtype);
  c.opd0_str = kShared;
  c.opd1_addr = in.offset, c.opd1_c = in.dims.c, c.opd1_w = c.res0_w, c.opd1_prec = precisionOf(DType::U8);
  issue(c, {read(in), read(entries), write(out)});
}

void StepEmitter::emitMatMul(const Step &s, std::span<const LocalView> views) {
  const LocalView &left = views[s.a], &right = views[s.b], &out = views[s.dst];
  // The unit knows no batch: one command for each.
  auto at = [&](const LocalView &v, int64_t n) {
    int64_t stride = v.dims.n == 1 ? 0 : stridesOf(v, machine.memory).n;
    return uint64_t(v.offset + n * stride * kernel::byteSize(v.dtype));
  };
  for (int64_t n = 0; n < out.dims.n; ++n) {
    isa::SMM2 c;
    c.tsk_eu_typ = kindOf(table, isa::CommandId::SMM2, "mm2.nn");
    c.res0_c = out.dims.c, c.res0_w = out.dims.w, c.res0_addr = at(out, n), c.res0_prec = precisionOf(out.dtype);
    c.opd0_addr = at(left, n), c.opd0_prec = precisionOf(left.dtype), c.opd0_sign = isSigned(left.dtype);
    c.opd1_addr = at(right, n), c.opd1_sign = isSigned(right.dtype);
    c.opd1_c = right.dims.c, c.opd1_w = right.dims.w;
    c.opd2_const = 1; // right zero point 0
    issue(c, {read(left), read(right), write(out)});
  }
}

} // namespace tpu_mlir::codegen
