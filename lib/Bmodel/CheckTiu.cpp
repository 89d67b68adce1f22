//===- CheckTiu.cpp - Rules of compute commands ---------------------------===//
// Layouts, lanes, formats and ranges per family. Source: ISA notes §3, §5 and
// §10. Where the notes leave a detail open, nothing is refused.

#include "CheckRules.h"

#include <algorithm>

namespace tpu_mlir::bmodel {

using isa::Field;

namespace {

uint64_t bytesOf(uint64_t precision) {
  switch (precision) {
  case isa::kTiuPrecFp32: case isa::kTiuPrecInt32: return 4;
  case isa::kTiuPrecFp16: case isa::kTiuPrecInt16: case isa::kTiuPrecBf16: return 2;
  default: return 1;
  }
}
bool isFloat(uint64_t precision) {
  return precision == isa::kTiuPrecFp16 || precision == isa::kTiuPrecFp32 || precision == isa::kTiuPrecBf16;
}
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

uint64_t CommandCheck::windowResult(uint64_t in, Field insert, Field padA, Field padB, Field dilation, uint64_t kernel,
                                    Field stride) {
  const uint64_t padded = (in - 1) * (get(insert) + 1) + 1 + get(padA) + get(padB);
  const uint64_t span = (get(dilation) + 1) * (kernel - 1) + 1;
  return padded < span ? 0 : (padded - span) / get(stride) + 1;
}

void CommandCheck::checkWindow(uint64_t inH, uint64_t inW, int64_t maxInsert) {
  const uint64_t kh = get(Field::opd1_h), kw = get(Field::opd1_w);
  const uint64_t strideH = get(Field::res_op_y_str), strideW = get(Field::res_op_x_str);
  if (!kh || !kw || !strideH || !strideW) {
    findings.push_back("the kernel's size or stride is 0");
    return;
  }
  expect(int64_t(std::max(get(Field::opd0_x_ins0), get(Field::opd0_y_ins0))) <= maxInsert,
         "more than " + std::to_string(maxInsert) + " zeros between input elements");
  const uint64_t h = windowResult(inH, Field::opd0_y_ins0, Field::opd0_up_pad, Field::opd0_dn_pad, Field::opd1_y_ins0, kh,
                                  Field::res_op_y_str);
  const uint64_t w = windowResult(inW, Field::opd0_x_ins0, Field::opd0_lf_pad, Field::opd0_rt_pad, Field::opd1_x_ins0, kw,
                                  Field::res_op_x_str);
  expect(h == get(Field::res0_h) && w == get(Field::res0_w),
         "the window gives " + std::to_string(h) + " x " + std::to_string(w) + " results but the result has " +
             std::to_string(get(Field::res0_h)) + " x " + std::to_string(get(Field::res0_w)));
}

void CommandCheck::convolution() {
  const uint64_t inPrec = get(Field::opd0_prec), bytes = bytesOf(inPrec);
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const Extent in = {out.n, get(Field::opd0_c), get(Field::opd0_h), get(Field::opd0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), out, bytesOf(get(Field::res0_prec)), Aligned);
  const LocalTensor input = tensor("input", get(Field::opd0_addr), in, bytes, uint32_t(get(Field::opd0_str)),
                                   {get(Field::opd0_n_str), get(Field::opd0_c_str), get(Field::opd0_h_str), get(Field::opd0_w_str)});
  if (!checkLocal(result) || !checkLocal(input))
    return;
  checkWindow(in.h, in.w, chip.limits.maxConvInsert);
  expect(bytes == 4 || laneOf(input.address) == 0,
         "the input of a convolution must start in lane 0, it starts in lane " + std::to_string(laneOf(input.address)));
  const bool toFloat = isFloat(get(Field::res0_prec));
  expect(isFloat(inPrec) == toFloat, "input and result must both be integers or both floating");
  if (isFloat(inPrec))
    expect(get(Field::res0_prec) == inPrec || get(Field::res0_prec) == isa::kTiuPrecFp32,
           "a floating convolution gives its input's format or fp32");
  if (!get(Field::opd1_const)) {
    const uint64_t together = inPrec == isa::kTiuPrecInt4 ? 2 * chip.compute.icParallel8
                              : bytes == 1                ? chip.compute.icParallel8
                              : bytes == 2                ? chip.compute.icParallel16
                                                          : chip.compute.icParallel32;
    const uint64_t perChannel = roundUp(in.c, together) * get(Field::opd1_h) * get(Field::opd1_w) / (inPrec == isa::kTiuPrecInt4 ? 2 : 1);
    LocalTensor weights = tensor("weights", get(Field::opd1_addr), {1, out.c, 1, perChannel}, bytes, Compact);
    if (checkLocal(weights)) {
      expect(weights.address % chip.local.alignBytes == 0,
             "weights must be a multiple of " + std::to_string(chip.local.alignBytes) + " bytes");
      checkSameLane(weights, result);
    }
  }
  if (!get(Field::opd2_const)) {
    const uint64_t size = isFloat(inPrec) ? 4 : get(Field::tsk_eu_typ) == isa::kConvNormal ? 1 : 2;
    const LocalTensor extra = tensor(isFloat(inPrec) ? "bias" : "kernel zero point", get(Field::opd2_addr), {1, out.c, 1, 1},
                                     size, Compact);
    if (checkLocal(extra))
      checkSameLane(extra, result);
  }
}

void CommandCheck::window() {
  const uint64_t kind = get(Field::tsk_eu_typ), inPrec = get(Field::opd0_prec), bytes = bytesOf(inPrec);
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const Extent in = {out.n, out.c, get(Field::opd0_h), get(Field::opd0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), out, bytesOf(get(Field::res0_prec)), Aligned);
  const LocalTensor input = tensor("input", get(Field::opd0_addr), in, bytes, Aligned);
  if (!checkLocal(result) || !checkLocal(input))
    return;
  checkSameLane(input, result);
  const bool region = kind >= isa::kPordRoiDepthwise;
  if (!region)
    checkWindow(in.h, in.w, chip.limits.maxPoolInsert);
  expect(isFloat(inPrec) == isFloat(get(Field::res0_prec)), "input and result must both be integers or both floating");
  const bool depthwise = kind == isa::kPordDepthwise || kind == isa::kPordDepthwiserelu || kind == isa::kPordRoiDepthwise;
  if (kind == isa::kPordMaxpooling)
    expect(inPrec == get(Field::res0_prec), "a maximum has its input's format");
  if (depthwise && !get(Field::opd1_const)) {
    const LocalTensor weights = tensor("weights", get(Field::opd1_addr),
                                       {1, out.c, get(Field::opd1_h), get(Field::opd1_w)}, bytes, Compact);
    if (checkLocal(weights))
      checkSameLane(weights, result);
  }
  if (depthwise && !get(Field::opd2_const)) {
    const LocalTensor bias = tensor("bias", get(Field::opd2_addr), {1, out.c, 1, 1}, std::max<uint64_t>(bytes, isFloat(inPrec) ? 1 : 4), Compact);
    if (checkLocal(bias))
      checkSameLane(bias, result);
  }
}

void CommandCheck::checkArithmeticFormats(unsigned operands) {
  const uint64_t kind = get(Field::tsk_eu_typ), a = get(Field::opd0_prec), b = get(Field::opd1_prec), r = get(Field::res0_prec);
  const uint64_t rounding = get(Field::opd2_n_str);
  if (kind == isa::kArithCast) {
    expect(rounding <= (isFloat(a) || isFloat(r) ? kLastFloatRounding : kLastIntegerRounding),
           "rounding " + std::to_string(rounding) + " is not allowed in a conversion from or to floating formats");
  } else if (kind == isa::kArithCopy) {
    expect(a == r, "a copy keeps its operand's format");
  } else if (operands >= 2 && kind != isa::kArithSelectGreat && kind != isa::kArithSelectEqual && kind != isa::kArithSelectLess) {
    if (isFloat(a) || isFloat(b) || isFloat(r))
      expect(a == b && a == r, "a floating operation has one format for its operands and its result");
    else if (operands == 3 && kind != isa::kArithMac)
      expect(get(Field::opd2_prec) == isa::kTiuPrecInt8, "the shift operand must be int8");
  }
}

void CommandCheck::arithmetic() {
  const uint64_t kind = get(Field::tsk_eu_typ);
  const unsigned operands = unsigned(get(Field::tsk_opd_num));
  const bool unary = kind == isa::kArithNot || kind == isa::kArithCast || kind == isa::kArithCopy || kind == isa::kArithAbs ||
                     kind == isa::kArithCopyMb || kind == isa::kArithGetFirstOne || kind == isa::kArithGetFirstZero;
  const bool select = kind == isa::kArithSelectGreat || kind == isa::kArithSelectEqual || kind == isa::kArithSelectLess;
  expect(unary ? operands == 1 : select ? operands == 3 : operands >= 2,
         std::string(command.kind()->name) + " cannot have " + std::to_string(operands) + " operands");
  checkArithmeticFormats(operands);
  const Extent shape = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), shape, bytesOf(get(Field::res0_prec)),
                                    uint32_t(get(Field::res0_str)),
                                    {get(Field::res0_n_str), get(Field::res0_c_str), get(Field::res0_h_str), get(Field::res0_w_str)});
  if (!checkLocal(result))
    return;
  checkWritten(result);
  const auto operand = [&](std::string_view name, Field constant, Field address, Field precision, Field layout, const Extent &given) {
    if (get(constant))
      return;
    const LocalTensor t = tensor(name, get(address), shape, bytesOf(get(precision)), uint32_t(get(layout)), given);
    if (checkLocal(t))
      checkSameLane(t, result);
  };
  operand("operand 0", Field::opd0_const, Field::opd0_addr, Field::opd0_prec, Field::opd0_str,
          {get(Field::opd0_n_str), get(Field::opd0_c_str), get(Field::opd0_h_str), get(Field::opd0_w_str)});
  if (operands >= 2)
    operand("operand 1", Field::opd1_const, Field::opd1_addr, Field::opd1_prec, Field::opd1_str,
            {get(Field::opd1_n_str), get(Field::opd1_c_str), get(Field::opd1_h_str), get(Field::opd1_w_str)});
  const int64_t widest = std::max({get(Field::res0_h_str), get(Field::res0_w_str), get(Field::opd0_h_str), get(Field::opd0_w_str),
                                   get(Field::opd1_h_str), get(Field::opd1_w_str)});
  expect(widest <= chip.limits.maxStrideElements, "a stride of " + std::to_string(widest) + " elements is above " +
                                                      std::to_string(chip.limits.maxStrideElements));
}

void CommandCheck::requantise() {
  const uint64_t kind = get(Field::tsk_eu_typ), in = get(Field::opd0_prec), out = get(Field::res0_prec);
  const Extent shape = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), shape, bytesOf(out), Aligned);
  const LocalTensor input = tensor("input", get(Field::opd0_addr), shape, bytesOf(in), Aligned);
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
  expect(kind == isa::kQuantDq0 ? out == isa::kTiuPrecFp32 : !isFloat(out), "the result's format does not fit the operation");
  if (kind == isa::kQuantRq1)
    expect(bytesOf(out) <= 2, "rq1 gives 8 or 16 bits");
  if (!get(Field::opd1_const)) {
    // One entry per channel; entries of one lane are an align unit apart.
    const uint64_t words = viaFloat ? 2 : 3;
    const LocalTensor entries = tensor("quantisation entries", get(Field::opd1_addr), {1, shape.c, 1, words}, 4, Aligned);
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
  const uint64_t kind = get(Field::tsk_eu_typ), bytes = bytesOf(get(Field::res0_prec));
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const bool distribute = kind == isa::kTsbcSDistribute, fromStatic = distribute || kind == isa::kTsbcSBc;
  const LocalTensor result = tensor("result", get(Field::res0_addr), out, bytes, distribute ? Compact : Aligned);
  if (!checkLocal(result))
    return;
  const uint64_t resultLane = laneOf(result.address), lanes = chip.local.lanes;
  if (fromStatic) {
    const uint64_t address = get(Field::opd0_addr), begin = chip.local.staticBase;
    const uint64_t size = (distribute ? out.c : out.w) * bytes;
    expect(address >= begin && address + size <= begin + chip.local.staticBytes, "the source must lie in static memory");
  } else {
    const LocalTensor source = tensor("source", get(Field::opd0_addr), {out.n, get(Field::opd0_c), out.h, get(Field::opd0_w)},
                                      bytes, Aligned);
    if (!checkLocal(source))
      return;
    const uint64_t sourceLane = laneOf(source.address);
    if (kind == isa::kTsbcLCopy)
      expect(sourceLane != resultLane && get(Field::opd0_c) == out.c && get(Field::opd0_w) == out.w,
             "a lane copy needs equal shapes and different lanes");
    if (kind == isa::kTsbcLBc)
      expect(get(Field::opd0_c) == 1 && get(Field::opd0_w) == out.w, "a lane broadcast copies one channel of equal width");
    if (kind == isa::kTsbcCwTs || kind == isa::kTsbcWcTs) {
      expect(get(Field::opd0_c) == out.w && get(Field::opd0_w) == out.c, "a transposition exchanges c and w");
      expect((kind == isa::kTsbcCwTs ? sourceLane : resultLane) == 0,
             kind == isa::kTsbcCwTs ? "the source must start in lane 0" : "the result must start in lane 0");
    }
  }
  if (distribute)
    expect(resultLane == 0, "the result must start in lane 0");
  if (kind == isa::kTsbcLBc || kind == isa::kTsbcSBc)
    expect(resultLane + out.c <= lanes, "a broadcast ends at lane " + std::to_string(resultLane + out.c) + " of " + std::to_string(lanes));
}

void CommandCheck::gather() {
  const uint64_t kind = get(Field::tsk_eu_typ);
  const uint64_t dataBytes = bytesOf(get(Field::res0_prec)), indexBytes = bytesOf(get(Field::opd1_prec));
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), out, dataBytes, Aligned);
  if (!checkLocal(result))
    return;
  const bool conflictFree = kind == isa::kSgPeSGatherD1coor || kind == isa::kSgPeSScatterD1coor;
  const bool perLane = conflictFree || kind == isa::kSgPeSGatherHzd || kind == isa::kSgPeSScatterHzd;
  if (!perLane)
    return; // The notes give no full rule for the others.
  const LocalTensor data = tensor("table", get(Field::opd0_addr), {1, out.c, std::max<uint64_t>(get(Field::opd0_h), 1), get(Field::opd0_w)}, dataBytes,
                                  uint32_t(get(Field::opd0_str)));
  const LocalTensor index = tensor("index", get(Field::opd1_addr), {out.n, get(Field::opd1_c), 1, get(Field::opd1_w)}, indexBytes, Aligned);
  if (!checkLocal(data) || !checkLocal(index))
    return;
  checkSameLane(data, result);
  checkSameLane(index, result);
  expect(indexBytes <= 2 && !isFloat(get(Field::opd1_prec)), "an index has 8 or 16 bits");
  expect(index.shape.c == out.c, "index and result must have the same channels");
  const bool isGather = kind == isa::kSgPeSGatherD1coor || kind == isa::kSgPeSGatherHzd;
  expect(isGather ? index.shape.w == out.w : index.shape.w == data.shape.w, "the index must be as wide as what it moves");
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
    expect(aLast < bFirst || bLast < aFirst, std::string(a.name) + " and " + std::string(b.name) +
                                                 " share a bank, which only the hzd kinds allow");
  };
  apart(data, index);
  apart(data, result);
  apart(index, result);
}

void CommandCheck::matrix() {
  const uint64_t bytes = bytesOf(get(Field::opd0_prec));
  const bool transposed = get(Field::left_tran);
  const Extent left = {get(Field::opd0_n), get(Field::opd0_c), 1, get(Field::opd0_w)};
  const uint64_t leftColumns = left.c ? (left.c - 1) * left.w + get(Field::opd1_w) : 0;
  const uint64_t rows = transposed ? leftColumns : left.n, inner = transposed ? left.n : leftColumns;
  const Extent out = {rows, get(Field::res0_c), 1, get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), out, bytesOf(get(Field::res0_prec)), Aligned);
  const LocalTensor right = tensor("right matrix", get(Field::opd1_addr), {inner, out.c, 1, out.w}, bytes, Aligned);
  if (!checkLocal(result) || !checkLocal(right))
    return;
  checkSameLane(right, result);
  if (!get(Field::opd0_const))
    checkLocal(tensor("left matrix", get(Field::opd0_addr), left, bytes, Aligned));
  expect(isFloat(get(Field::opd0_prec)) == isFloat(get(Field::res0_prec)), "operands and result must both be integers or both floating");
}

void CommandCheck::matrix2() {
  const uint64_t kind = get(Field::tsk_eu_typ), bytes = bytesOf(get(Field::opd0_prec));
  const uint64_t rows = get(Field::res0_c), columns = get(Field::res0_w);
  const uint64_t rightRows = get(Field::opd1_c), rightColumns = get(Field::opd1_w);
  // nn: left r x k, right k x c; nt: right c x k; tt: left k x r, right c x k, result transposed.
  const bool bothTransposed = kind == isa::kMm2Tt;
  const uint64_t inner = kind == isa::kMm2Nn ? rightRows : rightColumns;
  const LocalTensor result = tensor("result", get(Field::res0_addr), {1, rows, 1, columns}, bytesOf(get(Field::res0_prec)), Aligned);
  const LocalTensor right = tensor("right matrix", get(Field::opd1_addr), {1, rightRows, 1, rightColumns}, bytes, Aligned);
  if (!checkLocal(result))
    return;
  expect(laneOf(result.address) == 0, "the result must start in lane 0");
  if (!get(Field::opd1_const) && checkLocal(right))
    expect(laneOf(right.address) == 0, "the right matrix must start in lane 0");
  if (!get(Field::opd0_const) && !bothTransposed) {
    const LocalTensor left = tensor("left matrix", get(Field::opd0_addr), {1, rows, 1, inner}, bytes, Aligned);
    if (checkLocal(left))
      expect(laneOf(left.address) == 0, "the left matrix must start in lane 0");
  }
  if (kind == isa::kMm2Nn)
    expect(rightColumns == columns, "the right matrix must have the result's columns");
  if (kind == isa::kMm2Nt)
    expect(rightRows == columns, "the right matrix must have as many rows as the result has columns");
}

void CommandCheck::elementWise() {
  const uint64_t out = get(Field::res0_prec);
  const Extent shape = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const LocalTensor result = tensor("result", get(Field::res0_addr), shape, bytesOf(out), Aligned);
  const LocalTensor input = tensor("input", get(Field::opd0_addr), shape, bytesOf(get(Field::opd0_prec, out)), Aligned);
  if (checkLocal(result) && checkLocal(input))
    checkSameLane(input, result);
  const uint64_t kind = get(Field::tsk_eu_typ);
  if (command.info->family == "SFU" && (kind == isa::kSfuTaylor || kind == isa::kSfuTaylor4x))
    expect(get(Field::opd1_n) >= 2, "a series needs at least 2 coefficients");
}

} // namespace tpu_mlir::bmodel
