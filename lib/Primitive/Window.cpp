//===- Window.cpp - Convolution, depth-wise sums and maxima ---------------===//
// The filter operand of a convolution is row-major [oc, ic / group, kh, kw] on
// the host; the recipe's buffer describes the packed form that a chip loads.
#include "tpu_mlir/Primitive/Window.h"
#include "Row.h"

#include <cstring>

namespace tpu_mlir::primitive {
using kernel::ConstTensor;
using kernel::Tensor;

namespace {

/// Columns that all windows share.
struct WindowPrimitive : Row {
  using Row::Row;
  Reach reach(const Step &) const final { return Reach::Window; }
  bool movesChannels(const Step &) const final { return false; }
  void describe(const Step &step, std::vector<int64_t> &numbers) const final {
    const kernel::Window &w = attributesOf<WindowAttributes>(step).window;
    numbers.insert(numbers.end(), {w.kh, w.kw, w.strideH, w.strideW, w.dilationH, w.dilationW});
  }
};

/// Whether sums of `sources` are `result`s: of bytes in int32, of floats in their own format. The third source, where
/// there is one, is a bias of format `bias`.
bool sums(DType result, std::span<const DType> sources, DType bias) {
  const auto factors = sources.first(std::min<size_t>(2, sources.size()));
  if (!kernel::isFloat(result))
    return result == DType::I32 && std::all_of(factors.begin(), factors.end(), isByte);
  return std::all_of(factors.begin(), factors.end(), [&](DType t) { return t == result; }) &&
         (sources.size() < 3 || sources[2] == bias);
}

template <typename T> const uint8_t *at(const T &t, int64_t elements) {
  return static_cast<const uint8_t *>(t.data) + elements * kernel::byteSize(t.dtype);
}

struct ConvPrimitive final : WindowPrimitive {
  ConvPrimitive() : WindowPrimitive("conv", Evidence::Verified, {Role::Elements, Role::PackedFilter, Role::Bias}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return sums(result, sources, DType::F32);
  }
  int64_t macs(const Recipe &recipe, const Step &step) const override {
    const Buffer &in = recipe.buffers[step.sources[0]];
    const AxisMap &map = in.map[1];
    const kernel::Window &w = attributesOf<WindowAttributes>(step).window;
    return recipe.buffers[step.dst].dims.count() * (blockOf(map) ? map.inPerGroup : in.dims.c) * w.kh * w.kw;
  }
  void run(const Step &step, HostStep &host) const override;
};

/// Block by block of output channels that read the same inputs. A filter's row is as long as the widest block's.
void ConvPrimitive::run(const Step &step, HostStep &host) const {
  const auto &with = attributesOf<WindowAttributes>(step);
  const kernel::Window &window = with.window;
  const ConstTensor in = host.source(0), filters = host.source(1);
  const Tensor out = host.result();
  const AxisMap &map = host.buffer(0).map[1];
  const int64_t block = blockOf(map) ? blockOf(map) : out.dims.c;
  const int64_t width =
      map.kind == AxisMap::Kind::Band ? bandWidth(map, in.dims.c) : needOf(map, {0, block}, in.dims.c).range.size();
  const int64_t taps = window.kh * window.kw, item = kernel::byteSize(filters.dtype);
  const int64_t inPlane = in.dims.h * in.dims.w, outPlane = out.dims.h * out.dims.w;
  const float *bias = step.has(2) ? static_cast<const float *>(host.source(2).data) : nullptr;
  auto *rows = static_cast<const uint8_t *>(filters.data);
  for (int64_t c = 0; c < out.dims.c; c += block) {
    const int64_t count = std::min(block, out.dims.c - c);
    const Range range = needOf(map, {c, c + count}, in.dims.c).range;
    const uint8_t *weights = rows + c * width * taps * item;
    const int64_t own = range.size() * taps * item;
    std::vector<uint8_t> packed;
    if (range.size() < width) {
      packed.resize(count * own);
      for (int64_t o = 0; o < count; ++o)
        std::memcpy(packed.data() + o * own, weights + o * width * taps * item, own);
      weights = packed.data();
    }
    ConstTensor f(filters.dtype, {count, range.size(), window.kh, window.kw}, weights);
    // What reads all channels takes all images at once.
    const int64_t images = block == out.dims.c && range.size() == in.dims.c ? out.dims.n : 1;
    for (int64_t n = 0; n < out.dims.n; n += images) {
      ConstTensor i(in.dtype, {images, range.size(), in.dims.h, in.dims.w},
                    at(in, (n * in.dims.c + range.begin) * inPlane));
      Tensor o{out.dtype,
               {images, count, out.dims.h, out.dims.w},
               const_cast<uint8_t *>(at(out, (n * out.dims.c + c) * outPlane))};
      if (kernel::isFloat(o.dtype))
        kernel::convF32(o, i, f, bias ? bias + c : nullptr, window);
      else
        kernel::convInt(o, i, f, window, with.padValue);
    }
  }
}

struct DepthwisePrimitive final : WindowPrimitive {
  DepthwisePrimitive() : WindowPrimitive("depthwise", Evidence::Inferred, {Role::Elements, Role::Filter, Role::Bias}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return sums(result, sources, result) ||
           (isByte(result) && sums(DType::I32, sources, DType::I32)); // selections fit their operand
  }
  int64_t macs(const Recipe &recipe, const Step &step) const override {
    const kernel::Window &w = attributesOf<WindowAttributes>(step).window;
    return recipe.buffers[step.dst].dims.count() * w.kh * w.kw;
  }
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<WindowAttributes>(step);
    const Tensor out = host.result();
    const ConstTensor a = host.repeated(0);
    const void *bias = step.has(2) ? host.source(2).data : nullptr;
    std::vector<float> wideBias; // a float bias has the operands' format, the kernel sums in fp32
    if (bias && kernel::isFloat(out.dtype)) {
      const ConstTensor narrow = host.source(2);
      wideBias.resize(narrow.dims.count());
      kernel::cast({DType::F32, narrow.dims, wideBias.data()}, narrow, Round::HalfToEven);
      bias = wideBias.data();
    }
    if (step.has(1) && kernel::byteSize(out.dtype) == 1) { // sums that fit their operands' format
      std::vector<int32_t> sums(out.dims.count());
      Tensor wide{DType::I32, out.dims, sums.data()};
      kernel::depthwise(wide, a, host.source(1), bias, with.window, with.padValue);
      const kernel::QuantEntry same{1, 0, 0};
      return kernel::requant(out, wide, &same, 1, host.roundings().shifts);
    }
    if (step.has(1))
      return kernel::depthwise(out, a, host.source(1), bias, with.window, with.padValue);
    const uint32_t bits = kernel::bitsIn(with.constantType, with.constant);
    const ConstTensor one(with.constantType, {1, 1, 1, 1}, &bits);
    kernel::depthwise(out, a, one, bias, with.window, with.padValue);
  }
};

struct MaxPoolPrimitive final : WindowPrimitive {
  MaxPoolPrimitive() : WindowPrimitive("max_pool", Evidence::Verified, {Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override { return sources[0] == result; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<WindowAttributes>(step);
    kernel::maxPool(host.result(), host.source(0), with.window, with.padValue);
  }
};

WindowAttributes over(const kernel::Window &window, int64_t padValue) {
  WindowAttributes with;
  with.window = window, with.padValue = int(padValue);
  return with;
}

} // namespace

const Primitive &conv() { return only<ConvPrimitive>(); }
Step conv(int dst, int in, int filter, const kernel::Window &window, int bias, int64_t padValue) {
  return makeStep(conv(), dst, {in, filter, bias}, over(window, padValue));
}

const Primitive &depthwise() { return only<DepthwisePrimitive>(); }
Step depthwise(int dst, int in, int filter, const kernel::Window &window, int bias, int64_t padValue) {
  return makeStep(depthwise(), dst, {in, filter, bias}, over(window, padValue));
}
Step windowSum(int dst, int in, const kernel::Window &window, double constant, DType type, int64_t padValue) {
  WindowAttributes with = over(window, padValue);
  with.constant = constant, with.constantType = type;
  return makeStep(depthwise(), dst, {in}, with);
}

const Primitive &maxPool() { return only<MaxPoolPrimitive>(); }
Step maxPool(int dst, int in, const kernel::Window &window, int padValue) {
  return makeStep(maxPool(), dst, {in}, over(window, padValue));
}

} // namespace tpu_mlir::primitive
