//===- Show.cpp - Commands, operands and tensors as text ------------------===//
// Words for layouts, lanes and values as the debugger and comparisons print
// them. Reads memory and changes nothing.

#include "tpu_mlir/Sim/Show.h"
#include "tpu_mlir/Kernel/Visit.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace tpu_mlir::sim {

using kernel::Dims;
using kernel::DType;

namespace {

std::string text(const Dims &d) {
  return "[" + std::to_string(d.n) + ", " + std::to_string(d.c) + ", " + std::to_string(d.h) + ", " +
         std::to_string(d.w) + "]";
}

std::string range(int64_t begin, int64_t size) {
  return std::to_string(begin) + (size > 1 ? "-" + std::to_string(begin + size - 1) : "");
}

std::string lanesText(int64_t first, int64_t channels, int64_t lanes) {
  if (channels >= lanes)
    return "all " + std::to_string(lanes) + " lanes (channel 0 in lane " + std::to_string(first) + ")";
  return (channels > 1 ? "lanes " : "lane ") + std::to_string(first) +
         (channels > 1 ? "-" + std::to_string((first + channels - 1) % lanes) : "");
}

/// The name of the layout that has these strides, or the strides.
std::string layoutText(const Operand &o, const Memory &memory) {
  auto has = [&](const Strides &s) {
    // The stride of an axis of length 1 is never used.
    int64_t groups = groupsOf(o.dims, o.start.lane, memory);
    return (o.dims.n == 1 || s.n == o.strides.n) && (groups == 1 || s.c == o.strides.c) &&
           (o.dims.h == 1 || s.h == o.strides.h) && (o.dims.w == 1 || s.w == o.strides.w);
  };
  if (o.isLocal && o.start.offset % memory.alignBytes() == 0 &&
      has(alignedStrides(o.dims, o.dtype, o.start.lane, memory)))
    return "aligned";
  if (o.isLocal && has(compactStrides(o.dims, o.start.lane, memory)))
    return "compact";
  const Dims &d = o.dims;
  if (!o.isLocal && (d.w == 1 || o.strides.w == 1) && (d.h == 1 || o.strides.h == d.w) &&
      (d.c == 1 || o.strides.c == d.h * d.w) && (d.n == 1 || o.strides.n == d.c * d.h * d.w))
    return "contiguous";
  return "strides n " + std::to_string(o.strides.n) + ", c " + std::to_string(o.strides.c) + ", h " +
         std::to_string(o.strides.h) + ", w " + std::to_string(o.strides.w);
}

std::string padded(const std::string &text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

} // namespace

std::string show(const Operand &o, const Memory &memory) {
  std::string place = o.isLocal ? "in " + lanesText(o.start.lane, o.dims.c, memory.lanes()) + " from offset " +
                                      hex(uint64_t(o.start.offset))
                                : "in global memory at " + hex(o.address);
  return std::string(kernel::name(o.dtype)) + " " + text(o.dims) + " " + place + ", " + layoutText(o, memory);
}

std::string show(const TensorEntry &tensor, const TensorPiece &p) {
  constexpr const char *kAxes[] = {"n ", "c ", "d ", "h ", "w "};
  std::string box, whole;
  for (size_t a = 0; a < 5; ++a) {
    if (a == 2 && p.whole[2] == 1)
      continue;
    box += (a ? ", " : "") + std::string(kAxes[a]) + range(p.begin[a], p.size[a]);
    whole += (a ? ", " : "") + std::to_string(p.whole[a]);
  }
  constexpr const char *kLayouts[] = {"contiguous", "aligned", "compact", "with strides"};
  std::string place = p.isLocal() ? "in local memory from lane " + std::to_string(p.lane) + ", offset " +
                                        hex(uint64_t(p.offset)) + ", " + kLayouts[int(p.layout)]
                                  : "in global memory at " + hex(p.address);
  return std::string(kernel::name(tensor.dtype)) + " " + (p.count() == tensor.count() ? "whole, " : "") + box +
         " of [" + whole + "] " + place;
}

std::string showValue(DType dtype, const uint8_t *at) {
  return kernel::visit(dtype, [&]<typename T>() -> std::string {
    T value;
    std::memcpy(&value, at, sizeof value);
    if constexpr (std::is_integral_v<T>)
      return std::to_string(value);
    char out[32];
    std::snprintf(out, sizeof out, "%.6g", double(float(value)));
    return out;
  });
}

std::string showTable(DType dtype, const Dims &dims, const uint8_t *values, const Window &w,
                      const std::string &indent) {
  std::string out;
  int64_t item = kernel::byteSize(dtype);
  for (int64_t n = w.begin.n; n < w.begin.n + w.size.n; ++n)
    for (int64_t c = w.begin.c; c < w.begin.c + w.size.c; ++c) {
      std::vector<std::vector<std::string>> rows(1, {"h\\w"});
      for (int64_t x = w.begin.w; x < w.begin.w + w.size.w; ++x)
        rows[0].push_back(std::to_string(x));
      for (int64_t y = w.begin.h; y < w.begin.h + w.size.h; ++y) {
        rows.push_back({std::to_string(y)});
        for (int64_t x = w.begin.w; x < w.begin.w + w.size.w; ++x) {
          int64_t at = denseIndex(dims, {n, c, y, x});
          std::string value = showValue(dtype, values + at * item);
          rows.back().push_back(at == w.marked ? "[" + value + "]" : value);
        }
      }
      size_t width = 3;
      for (const auto &row : rows)
        for (const std::string &cell : row)
          width = std::max(width, cell.size());
      out += indent + "n " + std::to_string(n) + ", c " + std::to_string(c) + "\n";
      for (const auto &row : rows) {
        out += indent + "  " + padded(row[0], 3) + " |";
        for (size_t i = 1; i < row.size(); ++i)
          out += " " + padded(row[i], width);
        out += "\n";
      }
    }
  return out;
}

Window around(const Dims &dims, const Dims &e, int64_t most, bool marks) {
  auto cut = [&](int64_t at, int64_t length) {
    return std::pair(std::max<int64_t>(0, std::min(at - most / 2, length - most)), std::min(most, length));
  };
  auto [h, rows] = cut(e.h, dims.h);
  auto [w, columns] = cut(e.w, dims.w);
  return {{e.n, e.c, h, w}, {1, 1, rows, columns}, marks ? denseIndex(dims, e) : -1};
}

Dims elementIn(const isa::Command &command, const Dims &resultDims, const Dims &e, const Dims &dims) {
  using isa::Field;
  if (dims == resultDims)
    return e;
  Dims at = e;
  // A window's operand: where the window of this element begins.
  if (command.has(Field::res_op_y_str) && dims.h * dims.w > 1 && command.get(Field::res_op_y_str)) {
    at.h = e.h * int64_t(command.get(Field::res_op_y_str)) - int64_t(command.get(Field::opd0_up_pad));
    at.w = e.w * int64_t(command.get(Field::res_op_x_str)) - int64_t(command.get(Field::opd0_lf_pad));
  }
  auto clamp = [](int64_t value, int64_t length) { return std::max<int64_t>(0, std::min(value, length - 1)); };
  return {clamp(at.n, dims.n), dims.c == resultDims.c ? e.c : 0, clamp(at.h, dims.h), clamp(at.w, dims.w)};
}

std::string showOperands(const isa::Command &command, const std::vector<OperandValue> &operands, const Dims &element,
                         bool marks, const Memory &memory, const std::string &indent) {
  constexpr int64_t kMost = 6;
  std::string out;
  Dims result = element;
  for (const OperandValue &v : operands)
    if (v.operand.isWrite)
      result = v.operand.dims;
  for (const OperandValue &v : operands) {
    const Operand &o = v.operand;
    Dims at = elementIn(command, result, element, o.dims);
    out += indent + std::string(o.name) + (o.isWrite ? " writes " : " reads ") + show(o, memory) + "\n";
    out += showTable(o.dtype, o.dims, v.values.data(), around(o.dims, at, kMost, marks && o.dims == result),
                     indent + "  ");
  }
  return out;
}

} // namespace tpu_mlir::sim
