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

isa::SAR copyCommand(const isa::Table &table, int64_t lanes, const Dims &d, DType type, uint64_t to, Strides toStrides,
                     uint64_t from, Strides fromStrides) {
  isa::SAR c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SAR, "arith.copy");
  c.tsk_opd_num = 1;
  c.res0_n = d.n, c.res0_c = d.c, c.res0_h = d.h, c.res0_w = d.w;
  c.res0_addr = to, c.opd0_addr = from;
  c.res0_prec = c.opd0_prec = precisionOf(type);
  c.opd0_sign = c.opd2_sign = isSigned(type);
  c.res0_str = c.opd0_str = kExplicit;
  const bool batches = d.n > 1, rows = d.h > 1, groups = d.c > lanes;
  c.res0_n_str = strideField(toStrides.n, batches), c.res0_c_str = strideField(toStrides.c, groups);
  c.res0_h_str = strideField(toStrides.h, rows), c.res0_w_str = toStrides.w;
  c.opd0_n_str = strideField(fromStrides.n, batches), c.opd0_c_str = strideField(fromStrides.c, groups);
  c.opd0_h_str = strideField(fromStrides.h, rows);
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
  isa::SAR c =
      copyCommand(table, machine.memory.lanes, {out.dims.n, channels, out.dims.h, out.dims.w}, out.dtype, target,
                  {to.n, to.c, rowStrideOf(out), 1}, source, {from.n, from.c, rowStrideOf(in) * s.stepH, s.stepW});
  issue(c, {read(in), write(out)});
}

void StepEmitter::copyInLanes(const Dims &d, DType type, const LaneSide &to, const LaneSide &from,
                              std::initializer_list<Access> accesses) {
  issue(copyCommand(table, machine.memory.lanes, d, type, to.offset, {to.n, to.c, to.h, to.w}, from.offset,
                    {from.n, from.c, from.h, from.w}),
        accesses);
}

/// What the views have in common. The rest of the result is another operand's.
void StepEmitter::insert(const LocalView &in, const LocalView &out) {
  const int64_t top = in.padBefore[0], left = in.padBefore[1];
  const int64_t rows = std::min(in.dims.h, out.dims.h - top), columns = std::min(in.dims.w, out.dims.w - left);
  if (top < 0 || left < 0 || rows <= 0 || columns <= 0)
    return;
  LocalStrides from = stridesOf(in, machine.memory), to = stridesOf(out, machine.memory);
  const int64_t toRow = rowStrideOf(out), item = kernel::byteSize(out.dtype);
  issue(copyCommand(table, machine.memory.lanes, {out.dims.n, out.dims.c, rows, columns}, out.dtype,
                    out.offset + item * (top * toRow + left), {to.n, to.c, toRow, 1}, in.offset,
                    {from.n, from.c, rowStrideOf(in), 1}),
        {read(in), write(out)});
}

void StepEmitter::transpose(const LocalView &out, const LocalView &in) {
  isa::STRANS t;
  t.tsk_eu_typ = kindOf(table, isa::CommandId::STRANS, "tsbc.cw_ts");
  t.res0_n = out.dims.n, t.res0_c = out.dims.c, t.res0_h = out.dims.h, t.res0_w = out.dims.w;
  t.opd0_c = in.dims.c, t.opd0_w = in.dims.h * in.dims.w; // rows that follow each other are one
  t.res0_prec = precisionOf(out.dtype);
  t.res0_addr = out.offset, t.opd0_addr = in.offset;
  issue(t, {read(in), write(out)});
}

/// One command for each batch of the side whose heads lie side by side in its rows. Planes are seen as one row.
void StepEmitter::copyHeads(const LocalView &in, const LocalView &out) {
  auto plane = [](const LocalView &v) { return v.dims.h * v.dims.w; };
  const bool splits = plane(in) > plane(out);
  const LocalView &wide = splits ? in : out, &narrow = splits ? out : in;
  const int64_t item = kernel::byteSize(out.dtype), columns = plane(narrow), heads = plane(wide) / columns;
  LocalStrides w = stridesOf(wide, machine.memory), one = stridesOf(narrow, machine.memory);
  const Strides wideStrides{columns, w.c, plane(wide), 1}, narrowStrides{one.n, one.c, columns, 1};
  for (int64_t n = 0; n < narrow.dims.n;) {
    int64_t head = (narrow.firstBatch + n) % heads, batch = (narrow.firstBatch + n) / heads - wide.firstBatch;
    int64_t count = std::min(heads - head, narrow.dims.n - n);
    uint64_t wideAt = wide.offset + item * (batch * w.n + head * columns), narrowAt = narrow.offset + item * n * one.n;
    Dims d{count, narrow.dims.c, 1, columns};
    issue(splits ? copyCommand(table, machine.memory.lanes, d, out.dtype, narrowAt, narrowStrides, wideAt, wideStrides)
                 : copyCommand(table, machine.memory.lanes, d, out.dtype, wideAt, wideStrides, narrowAt, narrowStrides),
          {read(in), write(out)});
    n += count;
  }
}

/// Every source element goes to a block of repeatH x repeatW; one command for each place in the block.
void StepEmitter::copyRepeated(const Step &s, const LocalView &in, const LocalView &out) {
  const int64_t item = kernel::byteSize(out.dtype);
  LocalStrides from = stridesOf(in, machine.memory), to = stridesOf(out, machine.memory);
  // Of one axis: the first position of the view that is the i-th of its block, how many there are, and the source's.
  struct Run {
    int64_t first, count, source;
  };
  auto runOf = [](int64_t i, int64_t repeat, int64_t begin, int64_t size, int64_t sourceBegin) {
    int64_t first = (i - begin % repeat + repeat) % repeat;
    return Run{first, std::max<int64_t>(0, (size - first + repeat - 1) / repeat),
               (begin + first) / repeat - sourceBegin};
  };
  const int64_t toRow = rowStrideOf(out), fromRow = rowStrideOf(in);
  for (int64_t i = 0; i < s.repeatH; ++i)
    for (int64_t j = 0; j < s.repeatW; ++j) {
      Run h = runOf(i, s.repeatH, out.firstRow, out.dims.h, in.firstRow);
      Run w = runOf(j, s.repeatW, out.firstColumn, out.dims.w, in.firstColumn);
      if (h.count == 0 || w.count == 0)
        continue;
      isa::SAR c =
          copyCommand(table, machine.memory.lanes, {out.dims.n, out.dims.c, h.count, w.count}, out.dtype,
                      out.offset + item * (h.first * toRow + w.first), {to.n, to.c, s.repeatH * toRow, s.repeatW},
                      in.offset + item * (h.source * fromRow + w.source), {from.n, from.c, fromRow, 1});
      issue(c, {read(in), write(out)});
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
        issue(copyCommand(table, machine.memory.lanes, {1, run, out.dims.h, out.dims.w}, out.dtype, toAt,
                          {to.n, to.c, rowStrideOf(out), 1}, fromAt,
                          {from.n, from.c, rowStrideOf(in) * s.stepH, s.stepW}),
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
