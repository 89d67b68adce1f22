//===- CheckWindows.cpp - Rules of convolutions, pools and matrices -------===//
// The commands that multiply and accumulate or slide a window: result sizes,
// weights, start lanes and formats. Source: ISA notes §3, §5 and §10. Where the
// notes leave a detail open, nothing is refused.

#include "CheckRules.h"

#include <algorithm>

namespace tpu_mlir::bmodel {

using isa::Field;

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
  const uint64_t h = windowResult(inH, Field::opd0_y_ins0, Field::opd0_up_pad, Field::opd0_dn_pad, Field::opd1_y_ins0,
                                  kh, Field::res_op_y_str);
  const uint64_t w = windowResult(inW, Field::opd0_x_ins0, Field::opd0_lf_pad, Field::opd0_rt_pad, Field::opd1_x_ins0,
                                  kw, Field::res_op_x_str);
  expect(h == get(Field::res0_h) && w == get(Field::res0_w),
         "the window gives " + std::to_string(h) + " x " + std::to_string(w) + " results but the result has " +
             std::to_string(get(Field::res0_h)) + " x " + std::to_string(get(Field::res0_w)));
}

void CommandCheck::convolution() {
  const uint64_t inPrec = get(Field::opd0_prec), bytes = bytesOfPrecision(inPrec);
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const Extent in = {out.n, get(Field::opd0_c), get(Field::opd0_h), get(Field::opd0_w)};
  const LocalTensor result =
      tensor("result", get(Field::res0_addr), out, bytesOfPrecision(get(Field::res0_prec)), Aligned);
  const LocalTensor input =
      tensor("input", get(Field::opd0_addr), in, bytes, uint32_t(get(Field::opd0_str)),
             {get(Field::opd0_n_str), get(Field::opd0_c_str), get(Field::opd0_h_str), get(Field::opd0_w_str)});
  if (!checkLocal(result) || !checkLocal(input))
    return;
  checkWindow(in.h, in.w, chip.limits.maxConvInsert);
  checkStrides({Field::opd0_n_str, Field::opd0_c_str, Field::opd0_h_str, Field::opd0_w_str});
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
    const uint64_t perChannel =
        roundUp(in.c, together) * get(Field::opd1_h) * get(Field::opd1_w) / (inPrec == isa::kTiuPrecInt4 ? 2 : 1);
    LocalTensor weights = tensor("weights", get(Field::opd1_addr), {1, out.c, 1, perChannel}, bytes, Compact);
    if (checkLocal(weights)) {
      expect(weights.address % chip.local.alignBytes == 0,
             "weights must be a multiple of " + std::to_string(chip.local.alignBytes) + " bytes");
      checkSameLane(weights, result);
    }
  }
  if (!get(Field::opd2_const)) {
    const uint64_t size = isFloat(inPrec) ? 4 : get(Field::tsk_eu_typ) == isa::kConvNormal ? 1 : 2;
    const LocalTensor extra =
        tensor(isFloat(inPrec) ? "bias" : "kernel zero point", get(Field::opd2_addr), {1, out.c, 1, 1}, size, Compact);
    if (checkLocal(extra))
      checkSameLane(extra, result);
  }
}

void CommandCheck::window() {
  const uint64_t kind = get(Field::tsk_eu_typ), inPrec = get(Field::opd0_prec), bytes = bytesOfPrecision(inPrec);
  const Extent out = {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)};
  const Extent in = {out.n, out.c, get(Field::opd0_h), get(Field::opd0_w)};
  const LocalTensor result =
      tensor("result", get(Field::res0_addr), out, bytesOfPrecision(get(Field::res0_prec)), Aligned);
  const LocalTensor input = tensor("input", get(Field::opd0_addr), in, bytes, Aligned);
  if (!checkLocal(result) || !checkLocal(input))
    return;
  checkSameLane(input, result);
  const bool region = kind >= isa::kPordRoiDepthwise;
  if (!region)
    checkWindow(in.h, in.w, chip.limits.maxPoolInsert);
  expect(isFloat(inPrec) == isFloat(get(Field::res0_prec)), "input and result must both be integers or both floating");
  const bool depthwise =
      kind == isa::kPordDepthwise || kind == isa::kPordDepthwiserelu || kind == isa::kPordRoiDepthwise;
  if (kind == isa::kPordMaxpooling)
    expect(inPrec == get(Field::res0_prec), "a maximum has its input's format");
  if (depthwise && !get(Field::opd1_const)) {
    const LocalTensor weights =
        tensor("weights", get(Field::opd1_addr), {1, out.c, get(Field::opd1_h), get(Field::opd1_w)}, bytes, Compact);
    if (checkLocal(weights))
      checkSameLane(weights, result);
  }
  if (depthwise && !get(Field::opd2_const)) {
    const LocalTensor bias = tensor("bias", get(Field::opd2_addr), {1, out.c, 1, 1},
                                    std::max<uint64_t>(bytes, isFloat(inPrec) ? 1 : 4), Compact);
    if (checkLocal(bias))
      checkSameLane(bias, result);
  }
}

void CommandCheck::matrix() {
  const uint64_t bytes = bytesOfPrecision(get(Field::opd0_prec));
  const bool transposed = get(Field::left_tran);
  const Extent left = {get(Field::opd0_n), get(Field::opd0_c), 1, get(Field::opd0_w)};
  const uint64_t leftColumns = left.c ? (left.c - 1) * left.w + get(Field::opd1_w) : 0;
  const uint64_t rows = transposed ? leftColumns : left.n, inner = transposed ? left.n : leftColumns;
  const Extent out = {rows, get(Field::res0_c), 1, get(Field::res0_w)};
  const LocalTensor result =
      tensor("result", get(Field::res0_addr), out, bytesOfPrecision(get(Field::res0_prec)), Aligned);
  const LocalTensor right = tensor("right matrix", get(Field::opd1_addr), {inner, out.c, 1, out.w}, bytes, Aligned);
  if (!checkLocal(result) || !checkLocal(right))
    return;
  checkSameLane(right, result);
  if (!get(Field::opd0_const))
    checkLocal(tensor("left matrix", get(Field::opd0_addr), left, bytes, Aligned));
  expect(isFloat(get(Field::opd0_prec)) == isFloat(get(Field::res0_prec)),
         "operands and result must both be integers or both floating");
}

void CommandCheck::matrix2() {
  const uint64_t kind = get(Field::tsk_eu_typ), bytes = bytesOfPrecision(get(Field::opd0_prec));
  const uint64_t rows = get(Field::res0_c), columns = get(Field::res0_w);
  const uint64_t rightRows = get(Field::opd1_c), rightColumns = get(Field::opd1_w);
  // nn: left r x k, right k x c; nt: right c x k; tt: left k x r, right c x k, result transposed.
  const bool bothTransposed = kind == isa::kMm2Tt;
  const uint64_t inner = kind == isa::kMm2Nn ? rightRows : rightColumns;
  const LocalTensor result =
      tensor("result", get(Field::res0_addr), {1, rows, 1, columns}, bytesOfPrecision(get(Field::res0_prec)), Aligned);
  const LocalTensor right =
      tensor("right matrix", get(Field::opd1_addr), {1, rightRows, 1, rightColumns}, bytes, Aligned);
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
} // namespace tpu_mlir::bmodel
