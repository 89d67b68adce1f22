//===- CheckTiu.cpp - Rules of compute commands ---------------------------===//
// Layouts, lanes, formats and ranges per family; those of convolutions, pools
// and matrices are in CheckWindows.cpp. Source: ISA notes §3, §5 and
// §10. Where the notes leave a detail open, nothing is refused.

#include "CheckRules.h"

#include <algorithm>

namespace tpu_mlir::bmodel {

using isa::Field;

namespace {
constexpr uint64_t kLastIntegerRounding = 6, kLastFloatRounding = 4;
} // namespace

void CommandCheck::tiu() {
  const std::string_view family = command.info->family;
  if (family == "CONV")
    convolution();
  else if (family == "PORD")
    window();
  else if (family == "AR")
    arithmetic();
  else if (family == "RQ")
    requantise();
  else if (family == "TRANS")
    transpose();
  else if (family == "SG" || family == "SGL")
    gather();
  else if (family == "MM")
    matrix();
  else if (family == "MM2")
    matrix2();
  else if (family == "SFU" || family == "LIN")
    elementWise();
}

void CommandCheck::checkArithmeticFormats(unsigned operands) {
  const uint64_t kind = get(Field::tsk_eu_typ), a = get(Field::opd0_prec), b = get(Field::opd1_prec),
                 r = get(Field::res0_prec);
  const uint64_t rounding = get(Field::opd2_n_str);
  if (kind == isa::kArithCast) {
    expect(rounding <= (isFloat(a) || isFloat(r) ? kLastFloatRounding : kLastIntegerRounding),
           "rounding " + std::to_string(rounding) + " is not allowed in a conversion from or to floating formats");
  } else if (kind == isa::kArithCopy) {
    expect(a == r, "a copy keeps its operand's format");
  } else if (operands >= 2 && kind != isa::kArithSelectGreat && kind != isa::kArithSelectEqual &&
             kind != isa::kArithSelectLess) {
    if (isFloat(a) || isFloat(b) || isFloat(r))
      expect(a == b && a == r, "a floating operation has one format for its operands and its result");
    else if (operands == 3 && kind != isa::kArithMac)
      expect(get(Field::opd2_prec) == isa::kTiuPrecInt8, "the shift operand must be int8");
  }
}

void CommandCheck::arithmetic() {
  const uint64_t kind = get(Field::tsk_eu_typ);
  const unsigned operands = unsigned(get(Field::tsk_opd_num));
  const bool unary = kind == isa::kArithNot || kind == isa::kArithCast || kind == isa::kArithCopy ||
                     kind == isa::kArithAbs || kind == isa::kArithCopyMb || kind == isa::kArithGetFirstOne ||
                     kind == isa::kArithGetFirstZero;
  const bool select = kind == isa::kArithSelectGreat || kind == isa::kArithSelectEqual || kind == isa::kArithSelectLess;
  expect(unary    ? operands == 1
         : select ? operands == 3
                  : operands >= 2,
         std::string(command.kind()->name) + " cannot have " + std::to_string(operands) + " operands");
  checkArithmeticFormats(operands);
  const Extent shape = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor(
      "result", get(Field::res0_addr), shape, bytesOfPrecision(get(Field::res0_prec)), uint32_t(get(Field::res0_str)),
      {get(Field::res0_n_str), get(Field::res0_c_str), get(Field::res0_h_str), get(Field::res0_w_str)});
  if (!checkLocal(result))
    return;
  checkWritten(result);
  const auto operand = [&](std::string_view name, Field constant, Field address, Field precision, Field layout,
                           const Extent &given) {
    if (get(constant))
      return;
    const LocalTensor t =
        tensor(name, get(address), shape, bytesOfPrecision(get(precision)), uint32_t(get(layout)), given);
    if (checkLocal(t))
      checkSameLane(t, result);
  };
  operand("operand 0", Field::opd0_const, Field::opd0_addr, Field::opd0_prec, Field::opd0_str,
          {get(Field::opd0_n_str), get(Field::opd0_c_str), get(Field::opd0_h_str), get(Field::opd0_w_str)});
  if (operands >= 2)
    operand("operand 1", Field::opd1_const, Field::opd1_addr, Field::opd1_prec, Field::opd1_str,
            {get(Field::opd1_n_str), get(Field::opd1_c_str), get(Field::opd1_h_str), get(Field::opd1_w_str)});
  checkStrides({Field::res0_n_str, Field::res0_c_str, Field::res0_h_str, Field::res0_w_str, Field::opd0_n_str,
                Field::opd0_c_str, Field::opd0_h_str, Field::opd0_w_str, Field::opd1_n_str, Field::opd1_c_str,
                Field::opd1_h_str, Field::opd1_w_str});
}

void CommandCheck::requantise() {
  const uint64_t kind = get(Field::tsk_eu_typ), in = get(Field::opd0_prec), out = get(Field::res0_prec);
  const Extent shape = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), shape, bytesOfPrecision(out), Aligned);
  const LocalTensor input = tensor("input", get(Field::opd0_addr), shape, bytesOfPrecision(in), Aligned);
  if (!checkLocal(result) || !checkLocal(input))
    return;
  checkSameLane(input, result);
  expect(!isFloat(in), "the input must be an integer format");
  const bool viaFloat = kind == isa::kQuantRq0 || kind == isa::kQuantDq0;
  const uint64_t rounding = get(Field::opd2_n_str);
  if (viaFloat)
    expect((rounding & 7) <= kLastFloatRounding && (rounding >> 3 & 7) <= kLastFloatRounding,
           "rounding 5 and 6 are not allowed in conversions from or to floating formats");
  else
    expect(rounding <= kLastIntegerRounding, "rounding " + std::to_string(rounding) + " does not exist");
  expect(kind == isa::kQuantDq0 ? out == isa::kTiuPrecFp32 : !isFloat(out),
         "the result's format does not fit the operation");
  if (kind == isa::kQuantRq1)
    expect(bytesOfPrecision(out) <= 2, "rq1 gives 8 or 16 bits");
  if (!get(Field::opd1_const)) {
    // One entry per channel; entries of one lane are an align unit apart.
    const uint64_t words = viaFloat ? 2 : 3;
    const LocalTensor entries =
        tensor("quantisation entries", get(Field::opd1_addr), {1, shape.c, 1, words}, 4, Aligned);
    if (checkLocal(entries))
      checkSameLane(entries, result);
  } else if (kind == isa::kQuantRq1) {
    const int64_t shift = int8_t(get(Field::opd2_addr));
    expect(shift >= chip.limits.minShift && shift <= chip.limits.maxShift,
           "shift " + std::to_string(shift) + " is outside " + std::to_string(chip.limits.minShift) + " to " +
               std::to_string(chip.limits.maxShift));
  }
}

void CommandCheck::transpose() {
  const uint64_t kind = get(Field::tsk_eu_typ), bytes = bytesOfPrecision(get(Field::res0_prec));
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const bool distribute = kind == isa::kTsbcSDistribute, fromStatic = distribute || kind == isa::kTsbcSBc;
  const LocalTensor result = tensor("result", get(Field::res0_addr), out, bytes, distribute ? Compact : Aligned);
  if (!checkLocal(result))
    return;
  const uint64_t resultLane = laneOf(result.address), lanes = chip.local.lanes;
  if (fromStatic) {
    const uint64_t address = get(Field::opd0_addr), begin = chip.local.staticBase;
    const uint64_t size = (distribute ? out.c : out.w) * bytes;
    expect(address >= begin && address + size <= begin + chip.local.staticBytes,
           "the source must lie in static memory");
  } else {
    const LocalTensor source =
        tensor("source", get(Field::opd0_addr), {out.n, get(Field::opd0_c), out.h, get(Field::opd0_w)}, bytes, Aligned);
    if (!checkLocal(source))
      return;
    const uint64_t sourceLane = laneOf(source.address);
    if (kind == isa::kTsbcLCopy)
      expect(sourceLane != resultLane && get(Field::opd0_c) == out.c && get(Field::opd0_w) == out.w,
             "a lane copy needs equal shapes and different lanes");
    if (kind == isa::kTsbcLBc)
      expect(get(Field::opd0_c) == 1 && get(Field::opd0_w) == out.w,
             "a lane broadcast copies one channel of equal width");
    if (kind == isa::kTsbcCwTs || kind == isa::kTsbcWcTs) {
      expect(get(Field::opd0_c) == out.w && get(Field::opd0_w) == out.c, "a transposition exchanges c and w");
      expect((kind == isa::kTsbcCwTs ? sourceLane : resultLane) == 0,
             kind == isa::kTsbcCwTs ? "the source must start in lane 0" : "the result must start in lane 0");
    }
  }
  if (distribute)
    expect(resultLane == 0, "the result must start in lane 0");
  if (kind == isa::kTsbcLBc || kind == isa::kTsbcSBc)
    expect(resultLane + out.c <= lanes,
           "a broadcast ends at lane " + std::to_string(resultLane + out.c) + " of " + std::to_string(lanes));
}

void CommandCheck::gather() {
  const uint64_t kind = get(Field::tsk_eu_typ);
  const uint64_t dataBytes = bytesOfPrecision(get(Field::res0_prec)),
                 indexBytes = bytesOfPrecision(get(Field::opd1_prec));
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), out, dataBytes, Aligned);
  if (!checkLocal(result))
    return;
  const bool conflictFree = kind == isa::kSgPeSGatherD1coor || kind == isa::kSgPeSScatterD1coor;
  const bool perLane = conflictFree || kind == isa::kSgPeSGatherHzd || kind == isa::kSgPeSScatterHzd;
  if (!perLane)
    return; // The notes give no full rule for the others.
  const LocalTensor data =
      tensor("table", get(Field::opd0_addr), {1, out.c, std::max<uint64_t>(get(Field::opd0_h), 1), get(Field::opd0_w)},
             dataBytes, uint32_t(get(Field::opd0_str)));
  const LocalTensor index =
      tensor("index", get(Field::opd1_addr), {out.n, get(Field::opd1_c), 1, get(Field::opd1_w)}, indexBytes, Aligned);
  if (!checkLocal(data) || !checkLocal(index))
    return;
  checkSameLane(data, result);
  checkSameLane(index, result);
  expect(indexBytes <= 2 && !isFloat(get(Field::opd1_prec)), "an index has 8 or 16 bits");
  expect(index.shape.c == out.c, "index and result must have the same channels");
  const bool isGather = kind == isa::kSgPeSGatherD1coor || kind == isa::kSgPeSGatherHzd;
  expect(isGather ? index.shape.w == out.w : index.shape.w == data.shape.w,
         "the index must be as wide as what it moves");
  if (!conflictFree)
    return;
  const uint64_t bankBytes = chip.local.laneBytes / chip.local.banks;
  const auto banks = [&](const LocalTensor &t) {
    const uint64_t offset = t.address % chip.local.laneStride;
    return std::pair(offset / bankBytes, (offset + bytesPerLane(t) - 1) / bankBytes);
  };
  const auto apart = [&](const LocalTensor &a, const LocalTensor &b) {
    const auto [aFirst, aLast] = banks(a);
    const auto [bFirst, bLast] = banks(b);
    expect(aLast < bFirst || bLast < aFirst,
           std::string(a.name) + " and " + std::string(b.name) + " share a bank, which only the hzd kinds allow");
  };
  apart(data, index);
  apart(data, result);
  apart(index, result);
}

void CommandCheck::elementWise() {
  const uint64_t out = get(Field::res0_prec);
  const Extent shape = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), shape, bytesOfPrecision(out), Aligned);
  const LocalTensor input =
      tensor("input", get(Field::opd0_addr), shape, bytesOfPrecision(get(Field::opd0_prec, out)), Aligned);
  if (checkLocal(result) && checkLocal(input))
    checkSameLane(input, result);
  const uint64_t kind = get(Field::tsk_eu_typ);
  if (command.info->family == "SFU" && (kind == isa::kSfuTaylor || kind == isa::kSfuTaylor4x))
    expect(get(Field::opd1_n) >= 2, "a series needs at least 2 coefficients");
}

} // namespace tpu_mlir::bmodel
