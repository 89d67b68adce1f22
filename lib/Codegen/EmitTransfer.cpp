//===- EmitTransfer.cpp - Loads, stores and the shape of views ------------===//
// Regions of dense tensors in global memory to and from views of local memory,
// and which views the instructions of a step can take. Source of the layouts:
// shared ISA notes, isa.md §3, §6 and §10.
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Codegen/Encoding.h"

namespace tpu_mlir::codegen {

LocalStrides layoutStrides(Layout layout, const Dims &d, DType type, const LocalMemory &m) {
  int64_t item = kernel::byteSize(type), row = d.h * d.w, groups = (d.c + m.lanes - 1) / m.lanes;
  int64_t unit = m.alignBytes / item, aligned = (row + unit - 1) / unit * unit;
  if (layout == Layout::Compact)
    return {groups * row, row};
  if (layout == Layout::Lanes)
    return {aligned, 0};
  return {groups * aligned, aligned};
}

LocalStrides stridesOf(const LocalView &v, const LocalMemory &memory) {
  return v.outer ? *v.outer : layoutStrides(v.layout, v.dims, v.dtype, memory);
}

bool isNatural(const LocalView &v, const LocalMemory &memory) {
  if (v.layout == Layout::Aligned && v.offset % memory.alignBytes != 0)
    return false;
  if (v.dims.h > 1 && rowStrideOf(v) != v.dims.w)
    return false;
  if (!v.outer)
    return true;
  LocalStrides natural = layoutStrides(v.layout, v.dims, v.dtype, memory);
  // The stride of an axis of length 1 is never used.
  return (v.dims.n == 1 || v.outer->n == natural.n) && (v.dims.c <= memory.lanes || v.outer->c == natural.c);
}

bool canEmit(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) {
  return memory.family->row(step).takes(step, views, memory);
}

void StepEmitter::emit(const Step &step, std::span<const LocalView> views) {
  const backend::Row &row = machine.memory.family->row(step);
  if (!step.resultAs && !step.sourcesAs)
    return row.emit(step, views, *this);
  std::vector<LocalView> taken(views.begin(), views.end());
  for (int id : step.sources)
    if (id >= 0 && step.sourcesAs)
      taken[id].dtype = *step.sourcesAs;
  // Where a result is a source, too, both are taken alike.
  assert((step.sourcesAs == step.resultAs || !step.reads(step.dst)) && "one place is two formats at once");
  if (step.resultAs)
    taken[step.dst].dtype = *step.resultAs;
  row.emit(step, taken, *this);
}

/// Strides in elements of a dense tensor, and the element where a region starts.
static void globalStrides(const Dims &whole, const Region &region, int64_t (&strides)[4], int64_t &start) {
  strides[3] = 1;
  strides[2] = whole.w;
  strides[1] = whole.h * whole.w;
  strides[0] = whole.c * strides[1];
  start = 0;
  for (int a = 0; a < 4; ++a)
    start += region[a].begin * strides[a];
}

Access StepEmitter::globalAccess(const Dims &whole, const Region &region, uint64_t address, DType type, bool isWrite) {
  int64_t strides[4], first, last = 0;
  globalStrides(whole, region, strides, first);
  for (int a = 0; a < 4; ++a)
    last += (region[a].end - 1) * strides[a];
  uint64_t item = kernel::byteSize(type);
  return {Access::Space::Global, address + first * item, address + (last + 1) * item, isWrite};
}

void StepEmitter::load(const Dims &whole, const Region &region, uint64_t address, const LocalView &view,
                       int64_t repeat) {
  if (repeat > 1) { // one channel after the other, of all batches at once, to the lanes that want it
    for (int64_t c = 0; c < view.dims.c / repeat; ++c) {
      Region one = region;
      one[1] = {c, c + 1};
      loadLanes({whole.n, whole.c / repeat, whole.h, whole.w}, one, address, view, c * repeat, repeat);
    }
    return;
  }
  int64_t strides[4], start;
  globalStrides(whole, region, strides, start);
  isa::DMATensor dma;
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = view.dims.c, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.setSrcAddr(address + start * kernel::byteSize(view.dtype));
  dma.setDstAddr(machine.localBase + view.offset);
  LocalStrides local = stridesOf(view, machine.memory);
  dma.src_nstride = strides[0], dma.src_hstride = strides[2];
  dma.dst_nstride = local.n, dma.dst_hstride = view.dims.w;
  if (view.layout == Layout::Lanes) {
    // One channel to every lane. Source of the zero strides: the vendor's stream has them so.
    dma.cmd_special_function = kindOf(table, isa::CommandId::DMATensor, "dma.tensor.broadcast");
    dma.dst_nsize = view.dims.n, dma.dst_csize = machine.memory.lanes;
    dma.dst_hsize = view.dims.h, dma.dst_wsize = view.dims.w;
  } else {
    dma.nchw_copy = 1;
    dma.src_cstride = strides[1], dma.dst_cstride = local.c;
    dma.src_wstride = dma.dst_wstride = 1;
  }
  issue(dma, {globalAccess(whole, region, address, view.dtype, false), write(view)});
}

void StepEmitter::loadLanes(const Dims &whole, const Region &region, uint64_t address, const LocalView &view,
                            int64_t lane, int64_t count) {
  int64_t strides[4], start;
  globalStrides(whole, region, strides, start);
  LocalStrides local = stridesOf(view, machine.memory);
  const int64_t item = kernel::byteSize(view.dtype);
  isa::DMATensor dma;
  dma.cmd_special_function = kindOf(table, isa::CommandId::DMATensor, "dma.tensor.broadcast");
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = 1, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.dst_nsize = view.dims.n, dma.dst_csize = count, dma.dst_hsize = view.dims.h, dma.dst_wsize = view.dims.w;
  dma.src_nstride = strides[0], dma.src_hstride = strides[2];
  dma.dst_nstride = local.n, dma.dst_hstride = view.dims.w;
  dma.setSrcAddr(address + start * item);
  dma.setDstAddr(machine.localBase + lane * machine.laneStride + view.offset);
  issue(dma, {globalAccess(whole, region, address, view.dtype, false), write(view)});
}

void StepEmitter::store(const Dims &whole, const Region &region, uint64_t address, const LocalView &view) {
  int64_t strides[4], start;
  globalStrides(whole, region, strides, start);
  LocalStrides local = stridesOf(view, machine.memory);
  isa::DMATensor dma;
  dma.nchw_copy = 1;
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = view.dims.c, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.src_nstride = local.n, dma.src_cstride = local.c, dma.src_hstride = rowStrideOf(view), dma.src_wstride = 1;
  dma.dst_nstride = strides[0], dma.dst_cstride = strides[1], dma.dst_hstride = strides[2], dma.dst_wstride = 1;
  dma.setSrcAddr(machine.localBase + view.offset);
  dma.setDstAddr(address + start * kernel::byteSize(view.dtype));
  issue(dma, {read(view), globalAccess(whole, region, address, view.dtype, true)});
}

void StepEmitter::loadRows(uint64_t address, const LocalView &view) {
  const int64_t item = kernel::byteSize(view.dtype);
  isa::DMATensor dma;
  dma.nchw_copy = 1;
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = 1, dma.src_csize = view.dims.c, dma.src_hsize = 1, dma.src_wsize = view.dims.w;
  dma.src_nstride = view.dims.c * view.dims.w, dma.src_cstride = dma.src_hstride = view.dims.w;
  dma.dst_nstride = dma.dst_cstride = dma.dst_hstride = view.dims.w;
  dma.src_wstride = dma.dst_wstride = 1;
  dma.setSrcAddr(address);
  dma.setDstAddr(machine.localBase + view.offset);
  uint64_t bytes = view.dims.c * view.dims.w * item;
  issue(dma, {{Access::Space::Global, address, address + bytes, false}, write(view)});
}

void StepEmitter::copy(const LocalView &to, const LocalView &from, int64_t fromW) {
  LocalStrides outer = stridesOf(from, machine.memory);
  isa::SAR c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SAR, "arith.copy");
  c.tsk_opd_num = 1;
  c.res0_n = to.dims.n, c.res0_c = to.dims.c, c.res0_h = to.dims.h, c.res0_w = to.dims.w;
  c.res0_addr = to.offset, c.res0_prec = c.opd0_prec = precisionOf(to.dtype);
  c.opd0_addr = from.offset, c.opd0_sign = isSigned(from.dtype), c.opd2_sign = isSigned(to.dtype);
  c.opd0_str = kExplicit;
  c.opd0_n_str = outer.n, c.opd0_c_str = outer.c, c.opd0_h_str = fromW, c.opd0_w_str = 1;
  issue(c, {read(from), write(to)});
}

} // namespace tpu_mlir::codegen
