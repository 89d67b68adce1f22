//===- Bench.h - One command on random memory -------------------*- C++ -*-===//
// Places tensors in local memory element by element with the address formulas
// of the ISA notes, written out again and naively, and runs single commands.
#ifndef TPU_MLIR_TEST_UNIT_SIM_BENCH_H
#define TPU_MLIR_TEST_UNIT_SIM_BENCH_H

#include "Exec.h"
#include "Reference.h"

#include <functional>
#include <gtest/gtest.h>

namespace tpu_mlir::test {

using isa::Field;

enum class Layout { Aligned, Compact, ChannelScalar, Explicit, Shared };

/// A tensor's place: start lane and byte offset, strides in elements for Layout::Explicit.
struct Place {
  Layout layout = Layout::Aligned;
  int64_t lane = 0, offset = 0;
  int64_t ns = 0, cs = 0, hs = 0, ws = 0;
  uint32_t address() const { return uint32_t(lane << 18 | offset); }
};

/// Lane and byte offset of one element. Source: shared ISA notes, isa.md §3.
inline std::pair<int64_t, int64_t> addressOf(const Place &p, const Dims &d, int64_t size, int64_t n, int64_t c,
                                             int64_t h, int64_t w) {
  int64_t lane = (p.lane + c) % 64, group = (p.lane + c) / 64, groups = (p.lane + d.c + 63) / 64, element = 0;
  int64_t rounded = d.h * d.w;
  while (rounded * size % 64)
    ++rounded;
  switch (p.layout) {
  case Layout::Aligned:
    element = n * groups * rounded + group * rounded + h * d.w + w;
    break;
  case Layout::Compact:
    element = n * groups * d.h * d.w + group * d.h * d.w + h * d.w + w;
    break;
  case Layout::ChannelScalar:
    element = group;
    break;
  case Layout::Explicit:
    element = n * p.ns + group * p.cs + h * p.hs + w * p.ws;
    break;
  case Layout::Shared:
    element = h * d.w + w;
    break;
  }
  return {lane, p.offset + element * size};
}

class Bench {
public:
  Bench() : chip(target::lookup("bm1684x")), table(isa::tableFor("bm1684x")), memory(chip.local) {}

  const target::Chip &chip;
  const isa::Table &table;
  sim::Memory memory;

  void put(const Buffer &b, const Place &p) {
    each(b.dims, [&](int64_t i, auto... at) {
      auto [lane, offset] = addressOf(p, b.dims, kernel::byteSize(b.dtype), at...);
      std::memcpy(memory.lane(lane) + offset, b.bytes.data() + i * kernel::byteSize(b.dtype),
                  size_t(kernel::byteSize(b.dtype)));
    });
  }
  Buffer fetch(DType dtype, Dims dims, const Place &p) const {
    Buffer b(dtype, dims);
    each(dims, [&](int64_t i, auto... at) {
      auto [lane, offset] = addressOf(p, dims, kernel::byteSize(dtype), at...);
      std::memcpy(b.bytes.data() + i * kernel::byteSize(dtype), memory.lane(lane) + offset,
                  size_t(kernel::byteSize(dtype)));
    });
    return b;
  }

  void run(const isa::Command &command) {
    sim::Exec exec(command, chip, memory, arena);
    sim::execute(exec);
  }
  template <typename T> void run(const T &typed) { run(isa::encode(table, typed)); }

  /// The refusal of a command, "" when it runs.
  template <typename T> std::string refusal(const T &typed) {
    try {
      run(typed);
    } catch (const UserError &error) {
      return error.what();
    }
    return "";
  }

private:
  template <typename F> static void each(const Dims &d, F f) {
    int64_t i = 0;
    for (int64_t n = 0; n < d.n; ++n)
      for (int64_t c = 0; c < d.c; ++c)
        for (int64_t h = 0; h < d.h; ++h)
          for (int64_t w = 0; w < d.w; ++w)
            f(i++, n, c, h, w);
  }
  sim::Arena arena;
};

/// The TIU's format code.
inline uint32_t precision(DType t) {
  switch (t) {
  case DType::F16:
    return 1;
  case DType::F32:
    return 2;
  case DType::I16:
  case DType::U16:
    return 3;
  case DType::I32:
  case DType::U32:
    return 4;
  case DType::BF16:
    return 5;
  default:
    return 0;
  }
}

/// Gives a typed command a result's shape.
template <typename T> void setResult(T &c, const Dims &d) {
  c.res0_n = uint32_t(d.n), c.res0_c = uint32_t(d.c), c.res0_h = uint32_t(d.h), c.res0_w = uint32_t(d.w);
}

template <typename T> void setWindow(T &c, const Window &w) {
  c.opd1_h = uint32_t(w.kh), c.opd1_w = uint32_t(w.kw);
  c.res_op_y_str = uint32_t(w.strideH), c.res_op_x_str = uint32_t(w.strideW);
  c.opd1_y_ins0 = uint32_t(w.dilationH - 1), c.opd1_x_ins0 = uint32_t(w.dilationW - 1);
  c.opd0_up_pad = uint32_t(w.padTop), c.opd0_dn_pad = uint32_t(w.padBottom);
  c.opd0_lf_pad = uint32_t(w.padLeft), c.opd0_rt_pad = uint32_t(w.padRight);
}

/// A random short or long form of the same command: copies every field both forms have.
inline isa::Command longForm(const isa::Table &table, const isa::Command &command, isa::CommandId id) {
  isa::Command other = isa::Command::make(isa::require(table, id));
  for (const isa::FieldInfo &row : command.info->fields)
    if (!row.reserved && row.id != Field::cmd_short && other.has(row.id))
      other.set(row.id, command.get(row));
  return other;
}

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_SIM_BENCH_H
