//===- OperandsDma.cpp - What a copy command reads and writes -------------===//
// Either side is a strided tensor, in lanes or linear. Source: ISA notes §2, §3
// and §6.

#include "Operands.h"

#include <algorithm>

namespace tpu_mlir::safety {

using isa::Field;

namespace {
uint64_t dmaBytes(uint64_t format) {
  switch (format) {
  case isa::kGdmaDataFormatInt8:
    return 1;
  case isa::kGdmaDataFormatFp16:
  case isa::kGdmaDataFormatInt16:
  case isa::kGdmaDataFormatBf16:
    return 2;
  case isa::kGdmaDataFormatFp32:
  case isa::kGdmaDataFormatInt32:
    return 4;
  default:
    return 0;
  }
}
} // namespace

bool Operands::dma() {
  const std::string_view family = command.info->family;
  if (family == "DMASys")
    return true;
  if (!dmaBytes(get(Field::src_data_format)) || flag(Field::decompress_enable))
    return false;
  if (family == "DMATensor" || family == "DMACwTranspose")
    return flag(Field::stride_enable) && dmaTensor();
  if (family == "DMAGeneral")
    return dmaLinear();
  if (family == "DMAMatrix")
    return command.has(Field::src_hsize) && dmaMatrix();
  if (family == "DMAGather" || family == "DMAScatter")
    return dmaIndexed(family == "DMAGather");
  return false; // how much a selection writes depends on its data
}

void Operands::side(std::string_view operand, bool writes, uint64_t address, const Four &shape, const Four &stride) {
  const uint64_t bytes = dmaBytes(get(Field::src_data_format)), window = uint64_t(chip.local.windowBase);
  if (address >= window && address < window + uint64_t(chip.local.lanes * chip.local.laneStride)) {
    const uint64_t mask = get(Field::localmem_mask_h32) << 32 | get(Field::localmem_mask_l32);
    return inLanes(chip, out, operand, writes, address - window, shape, stride, bytes,
                   writes && command.has(Field::localmem_mask_l32) ? mask : ~uint64_t(0));
  }
  linearly(out, operand, writes, address, shape, stride, bytes);
}

void Operands::linearly(std::vector<Access> &out, std::string_view operand, bool writes, uint64_t address,
                        const Four &shape, const Four &stride, uint64_t bytes) {
  if (!shape.n || !shape.c || !shape.h || !shape.w)
    return;
  Access access = {operand, writes, Space::Linear, 0, 0, {}};
  access.grid = {address,
                 0,
                 bytes,
                 shape.n,
                 shape.c,
                 shape.h,
                 shape.w,
                 stride.n * bytes,
                 stride.c * bytes,
                 stride.h * bytes,
                 stride.w * bytes};
  access.box.base = address, access.box.run = bytes;
  access.box.add(shape.w, stride.w * bytes);
  access.box.add(shape.h, stride.h * bytes);
  access.box.add(shape.c, stride.c * bytes);
  access.box.add(shape.n, stride.n * bytes);
  access.collides = writes && access.box.collides();
  access.box.settle();
  out.push_back(access);
}

bool Operands::dmaTensor() {
  const bool cw = command.info->family == "DMACwTranspose";
  const bool fourBanks = !cw && (kind == isa::kDmaTensor4bankCopy || kind == isa::kDmaTensor4bankBroadcast);
  const bool broadcast = !cw && (kind == isa::kDmaTensorBroadcast || kind == isa::kDmaTensor4bankBroadcast);
  const bool swapsCw = cw || kind == isa::kDmaTensorCollect || kind == isa::kDmaTensorDistribute;
  const Four source = {get(Field::src_nsize), get(Field::src_csize), get(Field::src_hsize), get(Field::src_wsize)};
  Four target = {get(Field::dst_nsize), get(Field::dst_csize), get(Field::dst_hsize), get(Field::dst_wsize)};
  if (broadcast)
    target = {source.n, target.c, source.h, source.w};
  else if (flag(Field::nchw_copy))
    target = swapsCw                                   ? Four{source.n, source.w, source.h, source.c}
             : !cw && kind == isa::kDmaTensorTranspose ? Four{source.c, source.n, source.h, source.w}
                                                       : source;
  // Only plain copies read the w strides: vendor-made broadcasts leave them at 0.
  const bool plain = !cw && (kind == isa::kDmaTensor || kind == isa::kDmaTensor4bankCopy);
  const auto stepW = [&](Field f) { return plain ? get(f) : broadcast ? 1 : std::max<uint64_t>(get(f), 1); };
  if (!flag(Field::fill_constant_en))
    side("src", false, address(Field::src_start_addr_l32, Field::src_start_addr_h8), source,
         {get(Field::src_nstride), get(Field::src_cstride), get(Field::src_hstride), stepW(Field::src_wstride)});
  const uint64_t to = address(Field::dst_start_addr_l32, Field::dst_start_addr_h8),
                 bankBytes = uint64_t(chip.local.laneBytes / chip.local.banks);
  for (uint64_t bank = 0; bank < (fourBanks ? 4 : 1); ++bank)
    side("dst", true, to + bank * bankBytes, target,
         {get(Field::dst_nstride), get(Field::dst_cstride), get(Field::dst_hstride), stepW(Field::dst_wstride)});
  return true;
}

bool Operands::dmaLinear() {
  const uint64_t count = get(Field::src_cstride);
  const bool broadcast = kind == isa::kDmaGeneralBroadcast;
  if (!flag(Field::fill_constant_en))
    side("src", false, address(Field::src_start_addr_l32, Field::src_start_addr_h8), {1, 1, 1, count}, {0, 0, 0, 1});
  side("dst", true, address(Field::dst_start_addr_l32, Field::dst_start_addr_h8),
       {1, broadcast ? get(Field::dst_csize) : 1, 1, count}, {0, 0, 0, 1});
  return true;
}

/// Rows in global memory; in lanes row n, section c, of which the last may be partly used.
bool Operands::dmaMatrix() {
  const uint64_t from = address(Field::src_start_addr_l32, Field::src_start_addr_h8),
                 to = address(Field::dst_start_addr_l32, Field::dst_start_addr_h8);
  const bool fromLocal = from < uint64_t(chip.global.ddrBase), transposed = kind == isa::kDmaMatrixTranspose;
  const Four rows = fromLocal ? Four{1, 1, get(Field::dst_hsize), get(Field::dst_wsize)}
                              : Four{1, 1, get(Field::src_hsize), get(Field::src_wsize)};
  const Four rowStride = {0, 0, get(fromLocal ? Field::dst_hstride : Field::src_hstride), 1};
  const Four sections = fromLocal ? Four{get(Field::src_nsize), get(Field::src_csize), 1, get(Field::src_wsize)}
                                  : Four{get(Field::dst_nsize), get(Field::dst_csize), 1, get(Field::dst_wsize)};
  const Four stride = {get(fromLocal ? Field::src_nstride : Field::dst_nstride),
                       get(fromLocal ? Field::src_cstride : Field::dst_cstride), 0, 1};
  const uint64_t columns = transposed ? rows.h : rows.w;
  if (!sections.c || !sections.w || columns > sections.c * sections.w || columns <= (sections.c - 1) * sections.w)
    return true; // refused by the legality rules
  const auto global = [&] { side(fromLocal ? "dst" : "src", fromLocal, fromLocal ? to : from, rows, rowStride); };
  if (!fromLocal)
    global();
  const uint64_t place = (fromLocal ? from : to) - uint64_t(chip.local.windowBase),
                 bytes = dmaBytes(get(Field::src_data_format)), lanes = uint64_t(chip.local.lanes),
                 laneStride = uint64_t(chip.local.laneStride), full = sections.c - 1;
  const std::string_view name = fromLocal ? "src" : "dst";
  if (full)
    strided(name, !fromLocal, place, {sections.n, full, 1, sections.w}, stride, bytes);
  const uint64_t last = place / laneStride + full;
  strided(name, !fromLocal, last % lanes * laneStride + place % laneStride + last / lanes * stride.c * bytes,
          {sections.n, 1, 1, columns - full * sections.w}, stride, bytes);
  if (fromLocal)
    global();
  return true;
}

/// Which rows are picked depends on the index: a gather counts as reading, a scatter as writing, all that it names.
bool Operands::dmaIndexed(bool gathers) {
  constexpr uint64_t kIndexBytes = 4;
  const uint64_t bytes = dmaBytes(get(Field::src_data_format));
  const uint64_t index = address(Field::index_start_addr_l32, Field::index_start_addr_h8);
  // The index has its own element size, so that its strides are given in elements of the data.
  side("index", false, index, {1, get(Field::index_csize), get(Field::index_hsize), kIndexBytes / bytes},
       {0, get(Field::index_cstride) * (kIndexBytes / bytes), get(Field::index_hstride) * (kIndexBytes / bytes), 1});
  side("src", false, address(Field::src_start_addr_l32, Field::src_start_addr_h8),
       {1, get(Field::src_csize), get(Field::src_hsize), get(Field::src_wsize)},
       {0, get(Field::src_cstride), get(Field::src_hstride), 1});
  side("dst", true, address(Field::dst_start_addr_l32, Field::dst_start_addr_h8),
       {1, get(Field::dst_csize), get(Field::dst_hsize), get(Field::dst_wsize)},
       {0, get(Field::dst_cstride), get(Field::dst_hstride), 1});
  return true;
}

} // namespace tpu_mlir::safety
