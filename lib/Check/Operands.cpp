//===- Operands.cpp - What a compute command reads and writes -------------===//
// Layouts, and the families without a window. Source: ISA notes §3 and §5.

#include "Operands.h"
#include "tpu_mlir/Check/Accesses.h"

#include <algorithm>
#include <bit>

namespace tpu_mlir::safety {

using isa::Field;

uint64_t tiuBytes(uint64_t precision) {
  switch (precision) {
  case isa::kTiuPrecInt8:
    return 1;
  case isa::kTiuPrecFp16:
  case isa::kTiuPrecInt16:
  case isa::kTiuPrecBf16:
    return 2;
  case isa::kTiuPrecFp32:
  case isa::kTiuPrecInt32:
    return 4;
  default:
    return 0;
  }
}

bool Operands::describe() {
  const std::string_view family = command.info->family;
  if (command.engine() == isa::Engine::GDMA)
    return dma();
  for (Field f : {Field::res0_prec, Field::opd0_prec, Field::opd1_prec})
    if (command.has(f) && !tiuBytes(get(f)))
      return false;
  if (family == "CONV")
    return convolution();
  if (family == "PORD")
    return window();
  if (family == "MM")
    return matrix();
  if (family == "MM2")
    return matrix2();
  if (family == "AR")
    return arithmetic();
  if (family == "RQ")
    return requantise();
  if (family == "TRANS")
    return transpose();
  if (family == "SG")
    return gather();
  if (family == "LIN")
    return linear();
  if (family == "CMP")
    return compare();
  if (family == "SFU")
    return special();
  return family == "SYSID" && (kind == isa::kSysEnd || kind == isa::kSysNop);
}

Four Operands::resultShape() const {
  return {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
}

void Operands::inLanes(const target::Chip &chip, std::vector<Access> &out, std::string_view operand, bool writes,
                       uint64_t address, const Four &shape, const Four &stride, uint64_t elementBytes,
                       uint64_t laneMask) {
  if (!shape.n || !shape.c || !shape.h || !shape.w)
    return; // The legality rules refuse empty shapes.
  const uint64_t lanes = uint64_t(chip.local.lanes), first = address / uint64_t(chip.local.laneStride),
                 offset = address % uint64_t(chip.local.laneStride);
  const Grid grid = {offset,
                     uint32_t(first),
                     elementBytes,
                     shape.n,
                     shape.c,
                     shape.h,
                     shape.w,
                     stride.n * elementBytes,
                     stride.c * elementBytes,
                     stride.h * elementBytes,
                     stride.w * elementBytes};
  const auto emit = [&](uint64_t begin, uint64_t end, uint64_t group, uint64_t groups) {
    Access access = {operand, writes, Space::Lanes, uint32_t(begin), uint32_t(end), {}, false, grid};
    access.box.base = offset + group * stride.c * elementBytes, access.box.run = elementBytes;
    access.box.add(shape.w, stride.w * elementBytes);
    access.box.add(shape.h, stride.h * elementBytes);
    access.box.add(groups, stride.c * elementBytes);
    access.box.add(shape.n, stride.n * elementBytes);
    access.collides = writes && access.box.collides();
    access.box.settle();
    out.push_back(access);
  };
  if (first >= lanes)
    return emit(first, first + 1, 0, 1); // Outside, which the caller reports.
  // Channel c lies in lane (first + c) mod lanes, group (first + c) div lanes: lanes before the first have no group 0,
  // and lanes behind the last channel's one group less.
  const uint64_t last = first + shape.c - 1, behind = last % lanes + 1;
  uint64_t bounds[] = {0, std::min(first, behind), std::max(first, behind), lanes};
  for (unsigned i = 0; i < 3; ++i) {
    const uint64_t begin = bounds[i], end = bounds[i + 1], group = begin >= first ? 0 : 1;
    if (begin == end || last < begin || (last - begin) / lanes < group)
      continue;
    const uint64_t groups = (last - begin) / lanes - group + 1;
    for (uint64_t lane = begin; lane < end;) {
      const uint64_t shifted = laneMask >> lane;
      const uint64_t skipped = shifted ? uint64_t(std::countr_zero(shifted)) : lanes;
      lane = std::min(end, lane + skipped);
      const uint64_t kept = lane < end ? uint64_t(std::countr_one(laneMask >> lane)) : 0;
      if (kept)
        emit(lane, std::min(end, lane + kept), group, groups);
      lane += std::max<uint64_t>(kept, 1);
    }
  }
}

void Operands::local(std::string_view operand, bool writes, uint64_t address, const Four &shape, uint64_t elementBytes,
                     uint64_t layout, const Four &given) {
  const uint64_t unit = uint64_t(chip.local.alignBytes) / elementBytes, plane = shape.h * shape.w;
  const uint64_t lanes = uint64_t(chip.local.lanes),
                 groups = (address / uint64_t(chip.local.laneStride) + shape.c + lanes - 1) / lanes;
  Four stride = given;
  if (layout == isa::kLayoutAligned || layout == isa::kLayoutCompact) {
    const uint64_t channel = layout == isa::kLayoutAligned ? (plane + unit - 1) / unit * unit : plane;
    stride = {groups * channel, channel, shape.w, 1};
  } else if (layout == isa::kLayoutChannelScalar) {
    stride = {0, 1, 0, 0};
  } else if (layout == isa::kLayoutLaneShared) {
    stride = {0, 0, (shape.w + unit - 1) / unit * unit, 1};
  }
  strided(operand, writes, address, shape, stride, elementBytes);
}

void Operands::result(uint64_t elementBytes, uint64_t layout) {
  local("res0", true, get(Field::res0_addr), resultShape(), elementBytes, layout,
        {get(Field::res0_n_str), get(Field::res0_c_str), get(Field::res0_h_str), get(Field::res0_w_str)});
}

bool Operands::arithmetic() {
  const uint64_t operands = get(Field::tsk_opd_num);
  if (kind == isa::kArithCopyMb)
    return false; // how its operand's batch lies is not public
  if (operands >= 3 && !flag(Field::opd2_const))
    return false; // no public source gives the third operand's layout
  const uint64_t bytes = tiuBytes(get(Field::res0_prec));
  if (!flag(Field::opd0_const))
    local("opd0", false, get(Field::opd0_addr), resultShape(), tiuBytes(get(Field::opd0_prec)), get(Field::opd0_str),
          {get(Field::opd0_n_str), get(Field::opd0_c_str), get(Field::opd0_h_str), get(Field::opd0_w_str)});
  if (operands >= 2 && !flag(Field::opd1_const))
    local("opd1", false, get(Field::opd1_addr), resultShape(), tiuBytes(get(Field::opd1_prec)), get(Field::opd1_str),
          {get(Field::opd1_n_str), get(Field::opd1_c_str), get(Field::opd1_h_str), get(Field::opd1_w_str)});
  if (kind == isa::kArithMac)
    local("res0", false, get(Field::res0_addr), resultShape(), bytes, get(Field::res0_str),
          {get(Field::res0_n_str), get(Field::res0_c_str), get(Field::res0_h_str), get(Field::res0_w_str)});
  result(bytes, get(Field::res0_str));
  return true;
}

bool Operands::requantise() {
  if (kind == isa::kQuantRq2 || kind == isa::kQuantDq2)
    return false;
  local("opd0", false, get(Field::opd0_addr), resultShape(), tiuBytes(get(Field::opd0_prec)), isa::kLayoutAligned);
  const bool viaFloat = kind == isa::kQuantRq0 || kind == isa::kQuantDq0;
  constexpr uint64_t kWordBytes = 4;
  if (!flag(Field::opd1_const))
    local("opd1", false, get(Field::opd1_addr), {1, get(Field::res0_c), 1, viaFloat ? 2u : 3u}, kWordBytes,
          isa::kLayoutAligned);
  result(tiuBytes(get(Field::res0_prec)));
  return true;
}

bool Operands::transpose() {
  const uint64_t bytes = tiuBytes(get(Field::res0_prec)), source = get(Field::opd0_addr);
  const Four shape = resultShape();
  switch (kind) {
  case isa::kTsbcCwTs:
  case isa::kTsbcWcTs:
    local("opd0", false, source, {shape.n, shape.w, shape.h, shape.c}, bytes, isa::kLayoutAligned);
    break;
  case isa::kTsbcLCopy:
    local("opd0", false, source, shape, bytes, isa::kLayoutAligned);
    break;
  case isa::kTsbcLBc:
    local("opd0", false, source, {shape.n, 1, shape.h, shape.w}, bytes, isa::kLayoutAligned);
    break;
  case isa::kTsbcSBc:
  case isa::kTsbcSDistribute: // Static memory is written by nobody; its range is a legality rule.
    break;
  default:
    return false;
  }
  result(bytes, kind == isa::kTsbcSDistribute ? isa::kLayoutCompact : isa::kLayoutAligned);
  return true;
}

/// Which elements a gather reads and a scatter writes depends on the index: both count as touching all that they name.
bool Operands::gather() {
  const bool gathers = kind == isa::kSgPeSGatherD1coor || kind == isa::kSgPeSGatherHzd;
  if (!gathers && kind != isa::kSgPeSScatterD1coor && kind != isa::kSgPeSScatterHzd)
    return false;
  const Four shape = resultShape();
  const uint64_t bytes = tiuBytes(get(Field::res0_prec));
  local("opd1", false, get(Field::opd1_addr), {shape.n, get(Field::opd1_c), 1, get(Field::opd1_w)},
        tiuBytes(get(Field::opd1_prec)), isa::kLayoutAligned);
  local("opd0", false, get(Field::opd0_addr),
        {gathers ? 1 : shape.n, shape.c, std::max<uint64_t>(get(Field::opd0_h), 1), get(Field::opd0_w)}, bytes,
        get(Field::opd0_str));
  result(bytes);
  return true;
}

bool Operands::linear() {
  const uint64_t bytes = tiuBytes(get(Field::res0_prec));
  local("opd0", false, get(Field::opd0_addr), resultShape(), bytes, isa::kLayoutAligned);
  const Four perChannel = {1, get(Field::res0_c), 1, 1};
  if (!flag(Field::opd1_const))
    local("opd1", false, get(Field::opd1_addr), perChannel, bytes, isa::kLayoutCompact);
  if (kind == isa::kLinMac && !flag(Field::opd2_const))
    local("opd2", false, get(Field::opd2_addr), perChannel, bytes, isa::kLayoutCompact);
  result(bytes);
  return true;
}

bool Operands::compare() {
  const uint64_t sides = tiuBytes(get(Field::opd0_prec)), values = tiuBytes(get(Field::opd2_prec));
  if (!values)
    return false;
  const auto operand = [&](std::string_view name, Field constant, Field place, uint64_t bytes, uint64_t layout) {
    if (flag(constant))
      return;
    // The explicit layout means one value per lane.
    if (layout == isa::kLayoutExplicit)
      strided(name, false, get(place), {1, get(Field::res0_c), 1, 1}, {0, 0, 0, 0}, bytes);
    else
      local(name, false, get(place), resultShape(), bytes, isa::kLayoutAligned);
  };
  const uint64_t chosen = get(Field::opd2_str, isa::kLayoutAligned);
  operand("opd0", Field::opd0_const, Field::opd0_addr, sides, get(Field::opd0_str));
  operand("opd1", Field::opd1_const, Field::opd1_addr, sides, get(Field::opd1_str));
  operand("opd2", Field::opd2_const, Field::opd2_addr, values, chosen);
  operand("opd3", Field::opd3_const, Field::opd3_addr, values, chosen);
  const bool two = kind == isa::kCmpGtAndSel || kind == isa::kCmpLtAndSel;
  result(two ? sides : values);
  if (two)
    local("res1", true, get(Field::res1_addr), resultShape(), values, isa::kLayoutAligned);
  return true;
}

bool Operands::special() {
  const uint64_t bytes = tiuBytes(get(Field::res0_prec));
  local("opd0", false, get(Field::opd0_addr), resultShape(), tiuBytes(get(Field::opd0_prec, get(Field::res0_prec))),
        isa::kLayoutAligned);
  // Each lane that has a channel holds the coefficients at the same offset.
  if (kind == isa::kSfuTaylor || kind == isa::kSfuTaylor4x)
    strided("opd1", false, get(Field::opd1_addr), {1, get(Field::res0_c), 1, get(Field::opd1_n)}, {0, 0, 0, 1}, bytes);
  result(bytes);
  return true;
}

bool accessesOf(const isa::Command &command, const target::Chip &chip, std::vector<Access> &out) {
  return Operands(command, chip, out).describe();
}

} // namespace tpu_mlir::safety
