//===- CheckGdma.cpp - Rules of copy commands -----------------------------===//
// Shapes, strides and addresses of GDMA commands, and which global memory they
// may touch: the runtime moves addresses by region, so an access must stay in
// one, and weights are never written. Source: ISA notes §2 and §6, container
// notes §5.

#include "CheckRules.h"

#include <algorithm>

namespace tpu_mlir::bmodel {

using isa::Field;

namespace {
uint64_t bytesOf(uint64_t format) {
  switch (format) {
  case isa::kGdmaDataFormatFp32:
  case isa::kGdmaDataFormatInt32:
    return 4;
  case isa::kGdmaDataFormatFp16:
  case isa::kGdmaDataFormatInt16:
  case isa::kGdmaDataFormatBf16:
    return 2;
  default:
    return 1;
  }
}

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}
} // namespace

void CommandCheck::gdma() {
  const std::string_view family = command.info->family;
  if (family == "DMATensor" || family == "DMACwTranspose")
    dmaTensor();
  else if (family == "DMAMatrix")
    dmaMatrix();
  else if (family == "DMAGeneral")
    dmaLinear();
  else if (family == "DMAGather" || family == "DMAScatter")
    dmaIndexed();
  else if (family == "DMAMaskedSelect" || family == "DMANonzero") {
    dmaAddressOnly(Field::src_start_addr_l32, Field::src_start_addr_h8, "source", false);
    dmaAddressOnly(Field::dst_start_addr_l32, Field::dst_start_addr_h8, "destination", true);
    if (command.has(Field::mask_start_addr_l32))
      dmaAddressOnly(Field::mask_start_addr_l32, Field::mask_start_addr_h8, "mask", false);
  }
}

void CommandCheck::checkDmaSide(std::string_view name, uint64_t address, const Extent &shape, Extent stride,
                                uint64_t elementBytes, bool written) {
  if (!checkShape(name, shape))
    return;
  const std::string what = std::string(name) + " at " + hex(address);
  const uint64_t window = chip.local.windowBase, windowEnd = window + chip.local.lanes * chip.local.laneStride;
  expect(address % elementBytes == 0,
         what + " must be a multiple of its element of " + std::to_string(elementBytes) + " bytes");
  if (address >= window && address < windowEnd) {
    const LocalTensor t = {name, address - window, shape, stride, elementBytes, Explicit};
    checkLocal(t);
    if (written)
      checkWritten(t);
    return;
  }
  const uint64_t end = address + spanBytes(shape, shape.c - 1, stride, elementBytes);
  if (address >= uint64_t(chip.local.l2Base) && end <= uint64_t(chip.local.l2Base + chip.local.l2Bytes))
    return;
  const auto holds = [&](const Region &r) { return address >= r.begin && end <= r.end; };
  const auto region = std::find_if(regions.begin(), regions.end(), holds);
  if (region == regions.end())
    findings.push_back(what + " to " + hex(end) + " lies in no region of local or global memory");
  else
    expect(!written || region->writable, what + " writes into the " + std::string(region->name));
}

void CommandCheck::dmaTensor() {
  const uint64_t kind = get(Field::cmd_special_function), bytes = bytesOf(get(Field::src_data_format));
  const bool transposesCw = command.info->family == "DMACwTranspose";
  const bool broadcast = !transposesCw && (kind == isa::kDmaTensorBroadcast || kind == isa::kDmaTensor4bankBroadcast);
  const bool plain = !transposesCw && kind == isa::kDmaTensor;
  const Extent src = {get(Field::src_nsize), get(Field::src_csize), get(Field::src_hsize), get(Field::src_wsize)};
  Extent dst = {get(Field::dst_nsize), get(Field::dst_csize), get(Field::dst_hsize), get(Field::dst_wsize)};
  if (get(Field::nchw_copy) && !broadcast)
    dst = transposesCw || kind == isa::kDmaTensorCollect || kind == isa::kDmaTensorDistribute
              ? Extent{src.n, src.w, src.h, src.c}
          : kind == isa::kDmaTensorTranspose ? Extent{src.c, src.n, src.h, src.w}
                                             : src;
  if (!checkShape("source", src) || !checkShape("destination", dst))
    return;
  if (broadcast) {
    expect(src.c == 1 && src.n == dst.n && src.h == dst.h && src.w == dst.w,
           "a broadcast copies one channel of equal size");
    checkBroadcastLanes(dst.c);
  } else {
    expect(src.n * src.c * src.h * src.w == dst.n * dst.c * dst.h * dst.w,
           "source and destination have different sizes");
  }
  expect(get(Field::stride_enable), "without strides the layout is not documented; set stride_enable");
  // Only plain copies read the w strides: vendor-made broadcasts leave them at 0.
  const uint64_t srcW = plain ? get(Field::src_wstride) : 1, dstW = plain ? get(Field::dst_wstride) : 1;
  expect(int64_t(std::max(srcW, dstW) * bytes) <= chip.limits.maxDmaWstrideBytes,
         "neighbours in w are more than " + std::to_string(chip.limits.maxDmaWstrideBytes) + " bytes apart");
  if (!get(Field::fill_constant_en))
    checkDmaSide("source", dmaAddress(Field::src_start_addr_l32, Field::src_start_addr_h8), src,
                 {get(Field::src_nstride), get(Field::src_cstride), get(Field::src_hstride), srcW}, bytes, false);
  checkDmaSide("destination", dmaAddress(Field::dst_start_addr_l32, Field::dst_start_addr_h8), dst,
               {get(Field::dst_nstride), get(Field::dst_cstride), get(Field::dst_hstride), dstW}, bytes, true);
}

void CommandCheck::checkBroadcastLanes(uint64_t channels) {
  const uint64_t address = dmaAddress(Field::dst_start_addr_l32, Field::dst_start_addr_h8);
  const uint64_t lane = laneOf(address - chip.local.windowBase), lanes = chip.local.lanes;
  expect(address >= uint64_t(chip.local.windowBase) && lane + channels <= lanes,
         "a broadcast needs lanes " + std::to_string(lane) + " to " + std::to_string(lane + channels) + " of " +
             std::to_string(lanes));
}

void CommandCheck::dmaLinear() {
  const uint64_t bytes = bytesOf(get(Field::src_data_format)), count = get(Field::src_cstride);
  const bool broadcast = get(Field::cmd_special_function) == isa::kDmaGeneralBroadcast;
  const Extent shape = {1, 1, 1, count}, stride = {0, 0, 0, 1};
  if (broadcast)
    checkBroadcastLanes(get(Field::dst_csize));
  if (!get(Field::fill_constant_en))
    checkDmaSide("source", dmaAddress(Field::src_start_addr_l32, Field::src_start_addr_h8), shape, stride, bytes,
                 false);
  checkDmaSide("destination", dmaAddress(Field::dst_start_addr_l32, Field::dst_start_addr_h8),
               {1, broadcast ? get(Field::dst_csize) : 1, 1, count}, stride, bytes, true);
}

void CommandCheck::dmaMatrix() {
  const uint64_t bytes = bytesOf(get(Field::src_data_format));
  const uint64_t src = dmaAddress(Field::src_start_addr_l32, Field::src_start_addr_h8);
  const bool fromLocal = src < uint64_t(chip.global.ddrBase);
  const Extent rows = fromLocal ? Extent{1, 1, get(Field::dst_hsize), get(Field::dst_wsize)}
                                : Extent{1, 1, get(Field::src_hsize), get(Field::src_wsize)};
  const Extent sections = fromLocal ? Extent{get(Field::src_nsize), get(Field::src_csize), 1, get(Field::src_wsize)}
                                    : Extent{get(Field::dst_nsize), get(Field::dst_csize), 1, get(Field::dst_wsize)};
  const Extent rowStride = {0, 0, get(fromLocal ? Field::dst_hstride : Field::src_hstride), 1};
  const Extent sectionStride = {get(fromLocal ? Field::src_nstride : Field::dst_nstride),
                                get(fromLocal ? Field::src_cstride : Field::dst_cstride), 0, 1};
  const bool transposed = get(Field::cmd_special_function) == isa::kDmaMatrixTranspose;
  const uint64_t columns = transposed ? rows.h : rows.w, localRows = transposed ? rows.w : rows.h;
  expect(sections.n == localRows && sections.w && (columns + sections.w - 1) / sections.w == sections.c,
         "the sections of the local matrix do not hold the matrix");
  checkDmaSide("source", src, fromLocal ? sections : rows, fromLocal ? sectionStride : rowStride, bytes, false);
  checkDmaSide("destination", dmaAddress(Field::dst_start_addr_l32, Field::dst_start_addr_h8),
               fromLocal ? rows : sections, fromLocal ? rowStride : sectionStride, bytes, true);
}

void CommandCheck::dmaIndexed() {
  const uint64_t bytes = bytesOf(get(Field::src_data_format));
  checkDmaSide("source", dmaAddress(Field::src_start_addr_l32, Field::src_start_addr_h8),
               {1, get(Field::src_csize), get(Field::src_hsize), get(Field::src_wsize)},
               {0, get(Field::src_cstride), get(Field::src_hstride), 1}, bytes, false);
  checkDmaSide("destination", dmaAddress(Field::dst_start_addr_l32, Field::dst_start_addr_h8),
               {1, get(Field::dst_csize), get(Field::dst_hsize), get(Field::dst_wsize)},
               {0, get(Field::dst_cstride), get(Field::dst_hstride), 1}, bytes, true);
  constexpr uint64_t kIndexBytes = 4;
  checkDmaSide("index", dmaAddress(Field::index_start_addr_l32, Field::index_start_addr_h8),
               {1, get(Field::index_csize), get(Field::index_hsize), 1},
               {0, get(Field::index_cstride), get(Field::index_hstride), 1}, kIndexBytes, false);
}

void CommandCheck::dmaAddressOnly(Field low, Field high, std::string_view name, bool written) {
  checkDmaSide(name, dmaAddress(low, high), {1, 1, 1, 1}, {0, 0, 0, 1}, 1, written);
}

} // namespace tpu_mlir::bmodel
