//===- EmitCopyStep.cpp - Copies inside local memory ----------------------===//
// A copy step as commands of the TIU: element-wise where channels keep their
// lanes, lane copies where they move, strided element-wise where elements
// repeat. Source of the forms: shared ISA notes, isa.md §3 and §5.
#include "Encoding.h"
#include "tpu_mlir/Codegen/StepEmitter.h"

#include <algorithm>

namespace tpu_mlir::codegen {

namespace {

/// Strides of all axes, in elements.
struct Strides {
  int64_t n, c, h, w;
};

isa::SAR copyCommand(const isa::Table &table, const Dims &d, DType type, uint64_t to, Strides toStrides, uint64_t from,
                     Strides fromStrides) {
  isa::SAR c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SAR, "arith.copy");
  c.tsk_opd_num = 1;
  c.res0_n = d.n, c.res0_c = d.c, c.res0_h = d.h, c.res0_w = d.w;
  c.res0_addr = to, c.opd0_addr = from;
  c.res0_prec = c.opd0_prec = precisionOf(type);
  c.opd0_sign = c.opd2_sign = isSigned(type);
  c.res0_str = c.opd0_str = kExplicit;
  c.res0_n_str = toStrides.n, c.res0_c_str = toStrides.c, c.res0_h_str = toStrides.h, c.res0_w_str = toStrides.w;
  c.opd0_n_str = fromStrides.n, c.opd0_c_str = fromStrides.c, c.opd0_h_str = fromStrides.h;
  c.opd0_w_str = fromStrides.w;
  return c;
}

} // namespace

void StepEmitter::emitCopy(const Step &s, std::span<const LocalView> views) {
  const LocalView &in = views[s.a], &out = views[s.dst];
  const int64_t lanes = machine.memory.lanes;
  if (s.repeatH > 1 || s.repeatW > 1)
    return copyRepeated(s, in, out);
  if (s.fromChannel % lanes != s.toChannel % lanes || s.fromChannel % lanes != 0)
    return copyShifted(s, in, out);
  const int64_t item = kernel::byteSize(out.dtype);
  LocalStrides from = stridesOf(in, machine.memory), to = stridesOf(out, machine.memory);
  uint64_t target = out.offset + s.toChannel / lanes * to.c * item,
           source = in.offset + s.fromChannel / lanes * from.c * item;
  const int64_t channels = s.channels ? s.channels : out.dims.c;
  isa::SAR c = copyCommand(table, {out.dims.n, channels, out.dims.h, out.dims.w}, out.dtype, target,
                           {to.n, to.c, out.dims.w, 1}, source, {from.n, from.c, in.dims.w, 1});
  issue(c, {read(in), write(out)});
}

/// Every source element goes to a block of repeatH x repeatW; one command for each place in the block.
void StepEmitter::copyRepeated(const Step &s, const LocalView &in, const LocalView &out) {
  const int64_t item = kernel::byteSize(out.dtype);
  LocalStrides from = stridesOf(in, machine.memory), to = stridesOf(out, machine.memory);
  for (int64_t i = 0; i < s.repeatH; ++i) {
    // The first row of the view that is the i-th of its block.
    int64_t row = (i - out.firstRow % s.repeatH + s.repeatH) % s.repeatH;
    if (row >= out.dims.h)
      continue;
    int64_t count = (out.dims.h - row + s.repeatH - 1) / s.repeatH;
    int64_t sourceRow = (out.firstRow + row) / s.repeatH - in.firstRow;
    for (int64_t j = 0; j < s.repeatW; ++j) {
      isa::SAR c =
          copyCommand(table, {out.dims.n, out.dims.c, count, in.dims.w}, out.dtype,
                      out.offset + item * (row * out.dims.w + j), {to.n, to.c, s.repeatH * out.dims.w, s.repeatW},
                      in.offset + item * sourceRow * in.dims.w, {from.n, from.c, in.dims.w, 1});
      issue(c, {read(in), write(out)});
    }
  }
}

/// Runs of channels that keep together, in the lanes they come from and in those they go to.
void StepEmitter::copyShifted(const Step &s, const LocalView &in, const LocalView &out) {
  const int64_t lanes = machine.memory.lanes, item = kernel::byteSize(out.dtype);
  LocalStrides from = stridesOf(in, machine.memory), to = stridesOf(out, machine.memory);
  for (int64_t n = 0; n < out.dims.n; ++n)
    for (int64_t c = 0; c < s.channels;) {
      int64_t source = s.fromChannel + c, target = s.toChannel + c;
      int64_t run = std::min({s.channels - c, lanes - source % lanes, lanes - target % lanes});
      uint64_t fromAt = source % lanes * machine.laneStride + in.offset + item * (n * from.n + source / lanes * from.c);
      uint64_t toAt = target % lanes * machine.laneStride + out.offset + item * (n * to.n + target / lanes * to.c);
      if (source % lanes == target % lanes) {
        issue(copyCommand(table, {1, run, out.dims.h, out.dims.w}, out.dtype, toAt, {to.n, to.c, out.dims.w, 1}, fromAt,
                          {from.n, from.c, in.dims.w, 1}),
              {read(in), write(out)});
      } else {
        isa::STRANS t;
        t.tsk_eu_typ = kindOf(table, isa::CommandId::STRANS, "tsbc.l_copy");
        t.res0_n = 1, t.res0_c = t.opd0_c = run, t.res0_h = out.dims.h, t.res0_w = t.opd0_w = out.dims.w;
        t.res0_prec = precisionOf(out.dtype);
        t.res0_addr = toAt, t.opd0_addr = fromAt;
        issue(t, {read(in), write(out)});
      }
      c += run;
    }
}

} // namespace tpu_mlir::codegen
