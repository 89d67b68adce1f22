//===- Window.cpp - Convolution, depth-wise sums and maxima ---------------===//
// One command each (a convolution's grouping and padding already settled).
// Only forms that vendor streams show or that the notes state.
// Source: shared ISA notes, isa.md §5, and the vendor-compiled stream.
#include "tpu_mlir/Primitive/Window.h"
#include "Row.h"

#include <cmath>

namespace tpu_mlir::backend::tiu_gdma {
using primitive::WindowAttributes;

namespace {

template <typename T> void setWindow(T &c, const kernel::Window &w, const LocalView &in) {
  c.opd1_h = w.kh, c.opd1_w = w.kw;
  c.res_op_y_str = w.strideH, c.res_op_x_str = w.strideW;
  c.opd1_y_ins0 = w.dilationH - 1, c.opd1_x_ins0 = w.dilationW - 1;
  c.opd0_up_pad = in.padBefore[0], c.opd0_dn_pad = in.padAfter[0];
  c.opd0_lf_pad = in.padBefore[1], c.opd0_rt_pad = in.padAfter[1];
}

/// What stands around an operand of integers, in its own format; 0 around floats.
uint32_t padBits(DType type, int value) {
  return kernel::isFloat(type) ? 0 : uint32_t(value) & uint32_t((uint64_t(1) << kernel::bitWidth(type)) - 1);
}

struct ConvRow final : FamilyRow {
  ConvRow() : FamilyRow(primitive::conv(), {}, false, {"conv.normal"}) {}
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const override {
    // The input may have strides of its own.
    return isNatural(views[step.dst], memory) && reaches(views[step.sources[0]], memory);
  }
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const auto &with = attributesOf<WindowAttributes>(step);
    const LocalView &in = views[step.sources[0]], &filter = views[step.sources[1]], &out = views[step.dst];
    isa::SCONV c;
    c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SCONV, "conv.normal");
    setResult(c, out);
    setWindow(c, with.window, in);
    c.opd0_c = in.dims.c, c.opd0_h = in.dims.h, c.opd0_w = in.dims.w;
    c.opd0_addr = in.offset, c.opd1_addr = filter.offset;
    c.opd0_prec = precisionOf(in.dtype), c.res0_prec = precisionOf(out.dtype);
    c.opd0_sign = isSigned(in.dtype), c.opd1_sign = isSigned(filter.dtype);
    c.opd3_const = 1, c.opd3_addr = padBits(in.dtype, with.padValue);
    setSourceStrides(c, in, to.machine.memory);
    if (!step.has(2)) {
      c.opd2_const = 1; // kernel zero point 0 (integers), bias 0 (floats)
      return to.issue(c, {to.read(in), to.read(filter), to.write(out)});
    }
    const LocalView &bias = views[step.sources[2]];
    c.opd2_addr = bias.offset, c.opd2_sign = 1;
    to.issue(c, {to.read(in), to.read(filter), to.read(bias), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    const kernel::Window &w = attributesOf<WindowAttributes>(shape.step).window;
    const Buffer &a = shape.source(0);
    const AxisMap &map = a.map[1];
    const Dims &d = shape.dims;
    const double bytes = double(kernel::byteSize(a.dtype));
    auto conv = [&](Range out) {
      const double ic = double(needOf(map, out, a.dims.c).range.size());
      return timing::convCycles(
          chip, {double(d.n), ic, double(out.size()), double(d.h), double(d.w), double(w.kh), double(w.kw), bytes});
    };
    // Groups and blocks take an instruction each.
    const int64_t block = blockOf(map);
    const Range &channels = shape.region[1];
    double cycles = 0;
    for (int64_t c = channels.begin, end; c < channels.end; c = end) {
      end = block ? std::min(channels.end, (c / block + 1) * block) : channels.end;
      cycles += conv({c, end}) + (end < channels.end ? double(chip.time.issueCycles) : 0);
    }
    return cycles;
  }
};

/// Depth-wise sums and maxima are one instruction with two operations.
struct PoolRow : FamilyRow {
  using FamilyRow::FamilyRow;
  bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const final {
    return isPlain(step, views, memory, 1);
  }
  static isa::SPORD command(const Step &step, const LocalView &in, const LocalView &out, const CommandEmitter &to,
                            std::string_view kind) {
    isa::SPORD c;
    c.tsk_eu_typ = kindOf(to.table, isa::CommandId::SPORD, kind);
    setResult(c, out);
    setWindow(c, attributesOf<WindowAttributes>(step).window, in);
    c.opd0_h = in.dims.h, c.opd0_w = in.dims.w, c.opd0_addr = in.offset;
    c.opd0_prec = precisionOf(in.dtype), c.res0_prec = precisionOf(out.dtype);
    c.opd0_sign = isSigned(in.dtype);
    c.opd3_const = 1;
    return c;
  }
  static timing::WindowShape priced(const StepShape &shape) {
    const kernel::Window &w = attributesOf<WindowAttributes>(shape.step).window;
    return {shape.result, double(w.kh), double(w.kw), double(kernel::byteSize(shape.source(0).dtype)),
            double(kernel::byteSize(shape.target().dtype))};
  }
};

struct DepthwiseRow final : PoolRow {
  DepthwiseRow() : PoolRow(primitive::depthwise(), {}, false, {"pord.depthwise"}) {}
  bool needsRowsInPlace(const Step &step) const override { return attributesOf<WindowAttributes>(step).window.kh > 1; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const auto &with = attributesOf<WindowAttributes>(step);
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    isa::SPORD c = command(step, in, out, to, "pord.depthwise");
    c.opd3_addr = padBits(in.dtype, with.padValue);
    if (!step.has(1)) {
      c.opd1_const = 1, c.opd1_addr = kernel::bitsIn(with.constantType, with.constant);
      c.opd1_sign = isSigned(with.constantType);
      c.opd2_const = 1;
      return to.issue(c, {to.read(in), to.write(out)});
    }
    const LocalView &filter = views[step.sources[1]];
    c.opd1_addr = filter.offset, c.opd1_sign = isSigned(filter.dtype);
    if (!step.has(2)) {
      c.opd2_const = 1;
      return to.issue(c, {to.read(in), to.read(filter), to.write(out)});
    }
    const LocalView &bias = views[step.sources[2]];
    c.opd2_addr = bias.offset, c.opd2_sign = 1;
    to.issue(c, {to.read(in), to.read(filter), to.read(bias), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    return timing::depthwiseCycles(chip, priced(shape));
  }
};

struct MaxPoolRow final : PoolRow {
  MaxPoolRow() : PoolRow(primitive::maxPool(), {}, false, {"pord.maxpooling"}) {}
  bool needsRowsInPlace(const Step &) const override { return false; }
  void encode(const Step &step, std::span<const LocalView> views, CommandEmitter &to) const override {
    const LocalView &in = views[step.sources[0]], &out = views[step.dst];
    isa::SPORD c = command(step, in, out, to, "pord.maxpooling");
    const int pad = attributesOf<WindowAttributes>(step).padValue;
    c.opd3_addr = kernel::isFloat(in.dtype) ? kernel::bitsIn(in.dtype, -INFINITY) : padBits(in.dtype, pad);
    to.issue(c, {to.read(in), to.write(out)});
  }
  double cycles(const StepShape &shape, const target::Chip &chip) const override {
    return timing::poolCycles(chip, priced(shape));
  }
};

} // namespace

const Row &convRow() { return only<ConvRow>(); }
const Row &depthwiseRow() { return only<DepthwiseRow>(); }
const Row &maxPoolRow() { return only<MaxPoolRow>(); }

} // namespace tpu_mlir::backend::tiu_gdma
