//===- Moves.cpp - Elements to other places in local memory ---------------===//
// Element-wise where channels keep their lanes, lane copies where they move,
// strided element-wise where elements repeat.
// Source of the forms: shared ISA notes, isa.md §3 and §5.
#include "tpu_mlir/Primitive/Moves.h"
#include "Row.h"

namespace tpu_mlir::backend::tiu_gdma {
using primitive::CopyAttributes;
using Side = CommandEmitter::LaneSide;

namespace {

/// The side that `view` is from its first element on, or from `bytes` behind it, with rows and columns so far apart.
Side sideOf(const LocalView &view, const LocalMemory &memory, int64_t bytes = 0, int64_t rows = 1,
            int64_t columns = 1) {
  const LocalStrides outer = stridesOf(view, memory);
  return {view.offset + bytes, outer.n, outer.c, rows * rowStrideOf(view), columns};
}

struct CopyRow final : FamilyRow {
  CopyRow() : FamilyRow(primitive::copy(), {}, false, {"arith.copy", "tsbc.l_copy"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    const auto &with = attributesOf<CopyAttributes>(step);
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    if (with.fromChannel % memory.lanes == 0 && with.toChannel % memory.lanes == 0)
      return true;
    // Copies between lanes take whole rows at the align unit.
    auto whole = [&](const LocalView &v) {
      return v.offset % memory.alignBytes == 0 && (v.dims.h == 1 || rowStrideOf(v) == v.dims.w);
    };
    return whole(in) && whole(out) && with.stepH == 1 && with.stepW == 1 && in.dims.w == out.dims.w &&
           in.dims.h == out.dims.h;
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const auto &with = attributesOf<CopyAttributes>(step);
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    const LocalMemory &memory = to.machine.memory;
    const int64_t lanes = memory.lanes;
    if (with.repeatH > 1 || with.repeatW > 1)
      return emitRepeated(with, in, out, to);
    if (with.fromChannel % lanes != with.toChannel % lanes || with.fromChannel % lanes != 0)
      return emitShifted(with, in, out, to);
    const int64_t item = kernel::byteSize(out.dtype);
    const int64_t channels = with.channels ? with.channels : out.dims.c;
    to.copyInLanes(
        {out.dims.n, channels, out.dims.h, out.dims.w}, out.dtype,
        sideOf(out, memory, with.toChannel / lanes * stridesOf(out, memory).c * item),
        sideOf(in, memory, with.fromChannel / lanes * stridesOf(in, memory).c * item, with.stepH, with.stepW),
        {to.read(in), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    const auto &with = attributesOf<CopyAttributes>(shape.step);
    timing::Spread result = shape.result;
    result.c = double(with.channels ? with.channels : shape.dims.c);
    const double bytes = double(kernel::byteSize(shape.source(0).dtype));
    return double(with.repeatH * with.repeatW - 1) * double(chip.time.elementCycles) +
           (with.toChannel % chip.local.lanes || with.fromChannel % chip.local.lanes
                ? timing::laneCopyCycles(chip, result, bytes)
                : timing::elementCycles(chip, result, bytes));
  }

private:
  /// Every source element goes to a block of repeatH x repeatW; one command for each place in the block.
  static void emitRepeated(const CopyAttributes &with, const LocalView &in, const LocalView &out, CommandEmitter &to) {
    const LocalMemory &memory = to.machine.memory;
    const int64_t item = kernel::byteSize(out.dtype);
    // Of one axis: the first position of the view that is the i-th of its block, how many there are, and the source's.
    struct Run {
      int64_t first, count, source;
    };
    auto runOf = [](int64_t i, int64_t repeat, int64_t begin, int64_t size, int64_t sourceBegin) {
      const int64_t first = (i - begin % repeat + repeat) % repeat;
      return Run{first, std::max<int64_t>(0, (size - first + repeat - 1) / repeat),
                 (begin + first) / repeat - sourceBegin};
    };
    const int64_t toRow = rowStrideOf(out), fromRow = rowStrideOf(in);
    for (int64_t i = 0; i < with.repeatH; ++i)
      for (int64_t j = 0; j < with.repeatW; ++j) {
        const Run h = runOf(i, with.repeatH, out.firstRow, out.dims.h, in.firstRow);
        const Run w = runOf(j, with.repeatW, out.firstColumn, out.dims.w, in.firstColumn);
        if (h.count == 0 || w.count == 0)
          continue;
        to.copyInLanes({out.dims.n, out.dims.c, h.count, w.count}, out.dtype,
                       sideOf(out, memory, item * (h.first * toRow + w.first), with.repeatH, with.repeatW),
                       sideOf(in, memory, item * (h.source * fromRow + w.source)), {to.read(in), to.write(out)});
      }
  }

  /// Runs of channels that keep together, in the lanes they come from and in those they go to.
  static void emitShifted(const CopyAttributes &with, const LocalView &in, const LocalView &out, CommandEmitter &to) {
    const LocalMemory &memory = to.machine.memory;
    const int64_t lanes = memory.lanes, item = kernel::byteSize(out.dtype);
    const LocalStrides inner = stridesOf(in, memory), outer = stridesOf(out, memory);
    for (int64_t n = 0; n < out.dims.n; ++n)
      for (int64_t c = 0; c < with.channels;) {
        const int64_t source = with.fromChannel + c, target = with.toChannel + c;
        const int64_t run = std::min({with.channels - c, lanes - source % lanes, lanes - target % lanes});
        const int64_t from =
            source % lanes * to.chip.local.laneStride + item * (n * inner.n + source / lanes * inner.c);
        const int64_t at = target % lanes * to.chip.local.laneStride + item * (n * outer.n + target / lanes * outer.c);
        if (source % lanes == target % lanes) {
          to.copyInLanes({1, run, out.dims.h, out.dims.w}, out.dtype, sideOf(out, memory, at),
                         sideOf(in, memory, from, with.stepH, with.stepW), {to.read(in), to.write(out)});
        } else {
          isa::STRANS t;
          t.tsk_eu_typ = kindOf(to.table, isa::CommandId::STRANS, "tsbc.l_copy");
          t.res0_n = 1, t.res0_c = t.opd0_c = run, t.res0_h = out.dims.h, t.res0_w = t.opd0_w = out.dims.w;
          t.res0_prec = precisionOf(out.dtype);
          t.res0_addr = uint64_t(out.offset + at), t.opd0_addr = uint64_t(in.offset + from);
          to.issue(t, {to.read(in), to.write(out)});
        }
        c += run;
      }
  }
};

struct TransposeRow final : FamilyRow {
  TransposeRow() : FamilyRow(primitive::transpose(), {}, false, {"tsbc.cw_ts"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    // Channels and columns are whole on both sides.
    const Dims &out = views[step.dst].dims, &in = views[step.sources[0]].dims;
    return isPlain(step, views, memory, 1) && out.w == in.c && out.c == in.h * in.w;
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    to.transpose(views[step.dst], views[step.sources[0]]);
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    return timing::transposeCycles(chip, shape.result, double(kernel::byteSize(shape.source(0).dtype)));
  }
};

struct HeadsRow final : FamilyRow {
  HeadsRow() : FamilyRow(primitive::heads(), {}, false, {"arith.copy"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return reachesAll(step, views, memory);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  /// One command for each batch of the side whose heads lie side by side in its rows. Planes are seen as one row.
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    auto plane = [](const LocalView &v) { return v.dims.h * v.dims.w; };
    const bool splits = plane(in) > plane(out);
    const LocalView &wide = splits ? in : out, &narrow = splits ? out : in;
    const int64_t item = kernel::byteSize(out.dtype), columns = plane(narrow), heads = plane(wide) / columns;
    const LocalStrides w = stridesOf(wide, to.machine.memory), one = stridesOf(narrow, to.machine.memory);
    for (int64_t n = 0; n < narrow.dims.n;) {
      const int64_t head = (narrow.firstBatch + n) % heads, batch = (narrow.firstBatch + n) / heads - wide.firstBatch;
      const int64_t count = std::min(heads - head, narrow.dims.n - n);
      const Side wideSide{wide.offset + item * (batch * w.n + head * columns), columns, w.c, plane(wide), 1};
      const Side narrowSide{narrow.offset + item * n * one.n, one.n, one.c, columns, 1};
      to.copyInLanes({count, narrow.dims.c, 1, columns}, out.dtype, splits ? narrowSide : wideSide,
                     splits ? wideSide : narrowSide, {to.read(in), to.write(out)});
      n += count;
    }
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    return timing::elementCycles(chip, shape.result, double(kernel::byteSize(shape.source(0).dtype)));
  }
};

struct InsertRow final : FamilyRow {
  InsertRow() : FamilyRow(primitive::insert(), {}, false, {"arith.copy"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    return reachesAll(step, views, memory);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  /// What the views have in common. The rest of the result is another operand's.
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    const int64_t top = in.padBefore[0], left = in.padBefore[1];
    const int64_t rows = std::min(in.dims.h, out.dims.h - top), columns = std::min(in.dims.w, out.dims.w - left);
    if (top < 0 || left < 0 || rows <= 0 || columns <= 0)
      return;
    const int64_t item = kernel::byteSize(out.dtype);
    to.copyInLanes({out.dims.n, out.dims.c, rows, columns}, out.dtype,
                   sideOf(out, to.machine.memory, item * (top * rowStrideOf(out) + left)),
                   sideOf(in, to.machine.memory), {to.read(in), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    const Dims &in = shape.source(0).dims;
    timing::Spread result = shape.result;
    result.h = std::min(result.h, double(in.h)), result.w = std::min(result.w, double(in.w));
    result.rowsApart = result.h > 1 && result.w < double(shape.dims.w);
    return timing::elementCycles(chip, result, double(kernel::byteSize(shape.source(0).dtype)));
  }
};

} // namespace

const Row &copyRow() { return only<CopyRow>(); }
const Row &transposeRow() { return only<TransposeRow>(); }
const Row &headsRow() { return only<HeadsRow>(); }
const Row &insertRow() { return only<InsertRow>(); }

} // namespace tpu_mlir::backend::tiu_gdma
