//===- OperandsWindow.cpp - Operands of windows and matrices --------------===//
// Source: ISA notes §3 and §5. A window counts as reading its whole input, also
// the rows that its stride skips.

#include "Operands.h"

#include <algorithm>

namespace tpu_mlir::safety {

using isa::Field;

namespace {
bool isFloat(uint64_t precision) {
  return precision == isa::kTiuPrecFp16 || precision == isa::kTiuPrecFp32 || precision == isa::kTiuPrecBf16;
}
constexpr uint64_t kWordBytes = 4;
} // namespace

bool Operands::convolution() {
  const uint64_t precision = get(Field::opd0_prec), bytes = tiuBytes(precision);
  const uint64_t resultBytes = tiuBytes(get(Field::res0_prec)), channels = get(Field::res0_c);
  local("opd0", false, get(Field::opd0_addr),
        {get(Field::res0_n), get(Field::opd0_c), get(Field::opd0_h), get(Field::opd0_w)}, bytes, get(Field::opd0_str),
        {get(Field::opd0_n_str), get(Field::opd0_c_str), get(Field::opd0_h_str), get(Field::opd0_w_str)});
  if (!flag(Field::opd1_const)) {
    const uint64_t together = uint64_t(bytes == 1   ? chip.compute.icParallel8
                                       : bytes == 2 ? chip.compute.icParallel16
                                                    : chip.compute.icParallel32);
    const uint64_t perChannel =
        (get(Field::opd0_c) + together - 1) / together * together * get(Field::opd1_h) * get(Field::opd1_w);
    local("opd1", false, get(Field::opd1_addr), {1, channels, 1, perChannel}, bytes, isa::kLayoutCompact);
  }
  // Bias in floating formats, else kernel zero point, or the bias of the requantising kinds.
  const uint64_t extraBytes = isFloat(precision) ? kWordBytes : kind == isa::kConvNormal ? 1 : 2;
  if (!flag(Field::opd2_const))
    local("opd2", false, get(Field::opd2_addr), {1, channels, 1, 1}, extraBytes, isa::kLayoutCompact);
  if (!flag(Field::opd3_const)) {
    if (kind == isa::kConvNormal)
      return false; // the layout of a padding value per channel is not public
    local("opd3", false, get(Field::opd3_addr), {1, channels, 1, 1}, 1, isa::kLayoutCompact);
  }
  if (flag(Field::res_add))
    local("res0", false, get(Field::res0_addr), resultShape(), resultBytes, isa::kLayoutAligned);
  result(resultBytes);
  return true;
}

bool Operands::window() {
  const uint64_t precision = get(Field::opd0_prec), bytes = tiuBytes(precision), channels = get(Field::res0_c);
  const bool depthwise = kind == isa::kPordDepthwise || kind == isa::kPordDepthwiserelu,
             average = kind == isa::kPordAvgpooling, maximum = kind == isa::kPordMaxpooling;
  if (!depthwise && !average && !maximum)
    return false; // regions
  if (!flag(Field::opd3_const) || (average && !flag(Field::opd1_const)))
    return false;
  local("opd0", false, get(Field::opd0_addr), {get(Field::res0_n), channels, get(Field::opd0_h), get(Field::opd0_w)},
        bytes, isa::kLayoutAligned);
  if (depthwise && !flag(Field::opd1_const))
    local("opd1", false, get(Field::opd1_addr), {1, channels, get(Field::opd1_h), get(Field::opd1_w)}, bytes,
          isa::kLayoutCompact);
  if (depthwise && !flag(Field::opd2_const))
    local("opd2", false, get(Field::opd2_addr), {1, channels, 1, 1}, isFloat(precision) ? bytes : kWordBytes,
          isa::kLayoutCompact);
  result(tiuBytes(get(Field::res0_prec)));
  return true;
}

/// Rows lie in n, columns in sections of w, one section per channel; the last section may be partly used.
bool Operands::matrix() {
  const uint64_t precision = get(Field::opd0_prec), bytes = tiuBytes(precision);
  const uint64_t resultBytes = tiuBytes(get(Field::res0_prec));
  if (kind != isa::kMmNormal || (!flag(Field::opd2_const) && !isFloat(precision)))
    return false;
  const Four left = {get(Field::opd0_n), get(Field::opd0_c), 1, get(Field::opd0_w)};
  if (!left.c)
    return true; // refused as a shape
  const uint64_t columns = (left.c - 1) * left.w + get(Field::opd1_w);
  const bool transposed = flag(Field::left_tran);
  const uint64_t rows = transposed ? columns : left.n, inner = transposed ? left.n : columns;
  if (!flag(Field::opd0_const)) {
    const uint64_t unit = uint64_t(chip.local.alignBytes) / bytes, lanes = uint64_t(chip.local.lanes),
                   laneStride = uint64_t(chip.local.laneStride), start = get(Field::opd0_addr),
                   section = (left.w + unit - 1) / unit * unit, lane = start / laneStride;
    const Four stride = {(lane + left.c + lanes - 1) / lanes * section, section, 0, 1};
    if (left.c > 1)
      strided("opd0", false, start, {left.n, left.c - 1, 1, left.w}, stride, bytes);
    const uint64_t last = lane + left.c - 1;
    strided("opd0", false, last % lanes * laneStride + start % laneStride + last / lanes * section * bytes,
            {left.n, 1, 1, get(Field::opd1_w)}, stride, bytes);
  }
  const Four out = {rows, get(Field::res0_c), 1, get(Field::res0_w)};
  local("opd1", false, get(Field::opd1_addr), {inner, out.c, 1, out.w}, bytes, isa::kLayoutAligned);
  if (!flag(Field::opd2_const))
    local("opd2", false, get(Field::opd2_addr), {1, out.c, 1, out.w}, kWordBytes, isa::kLayoutAligned);
  if (flag(Field::res_add))
    local("res0", false, get(Field::res0_addr), out, resultBytes, isa::kLayoutAligned);
  local("res0", true, get(Field::res0_addr), out, resultBytes, isa::kLayoutAligned);
  return true;
}

bool Operands::matrix2() {
  if (kind != isa::kMm2Nn && kind != isa::kMm2Nt)
    return false; // how both transposed lie is not public
  const uint64_t bytes = tiuBytes(get(Field::opd0_prec)), resultBytes = tiuBytes(get(Field::res0_prec));
  const Four out = {1, get(Field::res0_c), 1, get(Field::res0_w)};
  const uint64_t inner = kind == isa::kMm2Nn ? get(Field::opd1_c) : get(Field::opd1_w);
  if (!flag(Field::opd0_const))
    local("opd0", false, get(Field::opd0_addr), {1, out.c, 1, inner}, bytes, isa::kLayoutAligned);
  if (!flag(Field::opd1_const))
    local("opd1", false, get(Field::opd1_addr), {1, get(Field::opd1_c), 1, get(Field::opd1_w)}, bytes,
          isa::kLayoutAligned);
  // The right matrix's zero points are repeated in every lane.
  if (!flag(Field::opd2_const) && !isFloat(get(Field::opd0_prec)))
    local("opd2", false, get(Field::opd2_addr), {1, uint64_t(chip.local.lanes), 1, out.w}, 1, isa::kLayoutAligned);
  if (flag(Field::res_add))
    local("res0", false, get(Field::res0_addr), out, resultBytes, isa::kLayoutAligned);
  local("res0", true, get(Field::res0_addr), out, resultBytes, isa::kLayoutAligned);
  return true;
}

} // namespace tpu_mlir::safety
