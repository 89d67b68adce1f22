//===- Transfers.cpp - Loads and stores -----------------------------------===//
// Regions of dense tensors in global memory to and from views of local memory.
// Source of the forms: shared ISA notes, isa.md §3, §6 and §10.
#include "CommandEmitter.h"
#include "Encoding.h"

#include <algorithm>

namespace tpu_mlir::backend::tiu_gdma {

using codegen::LocalStrides;

CommandEmitter::CommandEmitter(const codegen::Machine &machine)
    : StepEmitter(machine), chip(*machine.chip), table(isa::tableFor(chip.identity.isa)),
      commands(table, machine.idLimit, uint32_t(chip.limits.streamPadBytes)) {}

/// A part as commands see it: strides in elements of the whole tensor, and where the part starts.
struct GlobalSide {
  int64_t strides[4];
  uint64_t address;
};
static GlobalSide sideOf(const GlobalPart &part, DType type) {
  const Dims &d = part.whole;
  GlobalSide side{{d.c * d.h * d.w, d.h * d.w, d.w, 1}, 0};
  int64_t start = 0;
  for (int a = 0; a < 4; ++a)
    start += part.region[a].begin * side.strides[a];
  side.address = part.address + start * kernel::byteSize(type);
  return side;
}

static Access globalAccess(const GlobalPart &part, DType type, bool isWrite) {
  const GlobalSide side = sideOf(part, type);
  int64_t last = 0;
  for (int a = 0; a < 4; ++a)
    last += (part.region[a].size() - 1) * side.strides[a];
  return {Access::Space::Global, side.address, side.address + (last + 1) * kernel::byteSize(type), isWrite};
}

void CommandEmitter::load(const GlobalPart &from, const LocalView &view, int64_t repeat) {
  if (repeat > 1) { // one channel after the other, of all batches at once, to the lanes that want it
    for (int64_t c = 0; c < view.dims.c / repeat; ++c) {
      GlobalPart one = from;
      one.whole.c = from.whole.c / repeat;
      one.region[1] = {c, c + 1};
      loadLanes(one, view, c * repeat, repeat);
    }
    return;
  }
  const GlobalSide side = sideOf(from, view.dtype);
  isa::DMATensor dma;
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = view.dims.c, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.setSrcAddr(side.address);
  dma.setDstAddr(chip.local.windowBase + view.offset);
  LocalStrides local = stridesOf(view, machine.memory);
  dma.src_nstride = side.strides[0], dma.src_hstride = side.strides[2];
  dma.dst_nstride = local.n, dma.dst_hstride = view.dims.w;
  if (view.layout == Layout::Lanes) {
    // One channel to every lane. Source of the zero strides: the vendor's stream has them so.
    dma.cmd_special_function = kindOf(table, isa::CommandId::DMATensor, "dma.tensor.broadcast");
    dma.dst_nsize = view.dims.n, dma.dst_csize = machine.memory.lanes;
    dma.dst_hsize = view.dims.h, dma.dst_wsize = view.dims.w;
  } else {
    dma.nchw_copy = 1;
    dma.src_cstride = side.strides[1], dma.dst_cstride = local.c;
    dma.src_wstride = dma.dst_wstride = 1;
  }
  issue(dma, {globalAccess(from, view.dtype, false), write(view)});
}

void CommandEmitter::loadLanes(const GlobalPart &from, const LocalView &view, int64_t lane, int64_t count) {
  const GlobalSide side = sideOf(from, view.dtype);
  LocalStrides local = stridesOf(view, machine.memory);
  isa::DMATensor dma;
  dma.cmd_special_function = kindOf(table, isa::CommandId::DMATensor, "dma.tensor.broadcast");
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = 1, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.dst_nsize = view.dims.n, dma.dst_csize = count, dma.dst_hsize = view.dims.h, dma.dst_wsize = view.dims.w;
  dma.src_nstride = side.strides[0], dma.src_hstride = side.strides[2];
  dma.dst_nstride = local.n, dma.dst_hstride = view.dims.w;
  dma.setSrcAddr(side.address);
  dma.setDstAddr(chip.local.windowBase + lane * chip.local.laneStride + view.offset);
  issue(dma, {globalAccess(from, view.dtype, false), write(view)});
}

std::optional<LocalView> CommandEmitter::asRow(const LocalView &from, codegen::FreeBytes free) const {
  LocalView row;
  row.dtype = from.dtype;
  row.dims = {from.dims.n, 1, from.dims.h, from.dims.c};
  row.offset = free.offset;
  row.bytes = localBytes(row.layout, row.dims, row.dtype, machine.memory);
  if (from.dims.c < kFewRows || from.dims.c > machine.memory.maxDim || !isNatural(from, machine.memory) ||
      row.bytes > free.bytes)
    return std::nullopt;
  return row;
}

void CommandEmitter::store(const GlobalPart &to, const LocalView &view, codegen::FreeBytes free) {
  // Where a vector spread over lanes can be brought into one first: else every element would be a transfer's row.
  if (to.whole.h * to.whole.w == 1)
    if (std::optional<LocalView> row = asRow(view, free)) {
      transpose(*row, view);
      const Region lined = {to.region[0], Range{0, 1}, Range{0, 1}, to.region[1]};
      return store({{to.whole.n, 1, 1, to.whole.c}, lined, to.address}, *row, {});
    }
  const GlobalSide side = sideOf(to, view.dtype);
  LocalStrides local = stridesOf(view, machine.memory);
  isa::DMATensor dma;
  dma.nchw_copy = 1;
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = view.dims.n, dma.src_csize = view.dims.c, dma.src_hsize = view.dims.h, dma.src_wsize = view.dims.w;
  dma.src_nstride = local.n, dma.src_cstride = local.c, dma.src_hstride = rowStrideOf(view), dma.src_wstride = 1;
  dma.dst_nstride = side.strides[0], dma.dst_cstride = side.strides[1], dma.dst_hstride = side.strides[2];
  dma.dst_wstride = 1;
  dma.setSrcAddr(chip.local.windowBase + view.offset);
  dma.setDstAddr(side.address);
  issue(dma, {read(view), globalAccess(to, view.dtype, true)});
}

void CommandEmitter::loadRows(uint64_t address, const LocalView &view) {
  const int64_t item = kernel::byteSize(view.dtype);
  isa::DMATensor dma;
  dma.nchw_copy = 1;
  dma.src_data_format = precisionOf(view.dtype);
  dma.src_nsize = 1, dma.src_csize = view.dims.c, dma.src_hsize = 1, dma.src_wsize = view.dims.w;
  dma.src_nstride = view.dims.c * view.dims.w, dma.src_cstride = dma.src_hstride = view.dims.w;
  dma.dst_nstride = dma.dst_cstride = dma.dst_hstride = view.dims.w;
  dma.src_wstride = dma.dst_wstride = 1;
  dma.setSrcAddr(address);
  dma.setDstAddr(chip.local.windowBase + view.offset);
  uint64_t bytes = view.dims.c * view.dims.w * item;
  issue(dma, {{Access::Space::Global, address, address + bytes, false}, write(view)});
}

void CommandEmitter::spread(const LocalView &to, const LocalView &from) {
  LocalStrides outer = stridesOf(from, machine.memory);
  isa::SAR c;
  c.tsk_eu_typ = kindOf(table, isa::CommandId::SAR, "arith.copy");
  c.tsk_opd_num = 1;
  c.res0_n = to.dims.n, c.res0_c = to.dims.c, c.res0_h = to.dims.h, c.res0_w = to.dims.w;
  c.res0_addr = to.offset, c.res0_prec = c.opd0_prec = precisionOf(to.dtype);
  c.opd0_addr = from.offset, c.opd0_sign = isSigned(from.dtype), c.opd2_sign = isSigned(to.dtype);
  c.opd0_str = kExplicit;
  c.opd0_n_str = outer.n, c.opd0_c_str = outer.c, c.opd0_h_str = rowStrideOf(from), c.opd0_w_str = 1;
  issue(c, {read(from), write(to)});
}

} // namespace tpu_mlir::backend::tiu_gdma
