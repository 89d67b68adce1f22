//===- QuantizedFilter.cpp - int8 filters ---------------------------------===//
// One step for each output channel, from its largest weight, or from its bias where
// that dwarfs the weights. Refuses channels whose sums could leave int32.
#include "tpu_mlir/Ops/QuantizedFilter.h"
#include "tpu_mlir/Kernel/Parallel.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tpu_mlir {
using kernel::DType;

/// Calls use(first, count) for blocks of `filter` in the order of the file: rows of the array, which are channels, or
/// taps where channels are last. Rows of one block are shared among threads by `use`.
template <typename F> static void inBlocks(const FilterView &filter, int64_t rows, F use) {
  constexpr int64_t kBlockElements = int64_t(1) << 20;
  int64_t width = int64_t(filter.elements.size()) / rows, step = std::max<int64_t>(1, kBlockElements / width);
  for (int64_t at = 0; at < rows; at += step) {
    int64_t count = std::min(step, rows - at);
    use(at, count);
    if (filter.done)
      filter.done(filter.elements.slice(at * width, count * width));
  }
}

FailureOr<QuantizedFilter> quantizeFilter(Operation *op, const FilterView &filter, ArrayRef<float> bias, int64_t oc,
                                          const NumberFormat &in, const NumberFormat &out, double levels) {
  constexpr int64_t kGrain = 64;
  QuantizedFilter q;
  const float *data = filter.elements.data();
  int64_t taps = filter.elements.size() / oc, rows = filter.channelsLast ? taps : oc;
  int64_t xmax = in.dtype == DType::U8 ? 255 : 128;
  q.filter.resize(filter.elements.size());
  q.bias.resize(bias.empty() && in.zeroPoint == 0 ? 0 : oc);
  std::vector<double> largest(oc, 0), scales(oc);
  std::vector<int64_t> bounds(oc, 0), sums(oc, 0);
  // Two walks over the file, whose elements may be more than memory should hold: the ranges, then the integers.
  inBlocks(filter, rows, [&](int64_t first, int64_t count) {
    if (!filter.channelsLast)
      return kernel::parallelFor(count, kGrain, [&](int64_t begin, int64_t end) {
        for (int64_t c = first + begin; c < first + end; ++c)
          for (int64_t k = 0; k < taps; ++k)
            largest[c] = std::max(largest[c], std::fabs(static_cast<double>(data[c * taps + k])));
      });
    kernel::parallelFor(oc, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t k = first; k < first + count; ++k)
        for (int64_t c = begin; c < end; ++c)
          largest[c] = std::max(largest[c], std::fabs(static_cast<double>(data[k * oc + c])));
    });
  });
  for (int64_t c = 0; c < oc; ++c) {
    scales[c] = largest[c] / levels;
    // A bias that dwarfs its weights widens their step, so that it stays far inside int32.
    if (!bias.empty())
      scales[c] = std::max(scales[c], std::fabs(static_cast<double>(bias[c])) / in.scale / (1 << 30));
    if (scales[c] == 0)
      scales[c] = 1;
  }
  auto quantize = [&](int64_t c, int64_t k, float v) {
    int8_t integer = quantizeOne(v, scales[c], DType::I8);
    q.filter[c * taps + k] = integer;
    bounds[c] += std::abs(int64_t(integer)) * xmax;
    sums[c] += integer;
  };
  inBlocks(filter, rows, [&](int64_t first, int64_t count) {
    if (!filter.channelsLast)
      return kernel::parallelFor(count, kGrain, [&](int64_t begin, int64_t end) {
        for (int64_t c = first + begin; c < first + end; ++c)
          for (int64_t k = 0; k < taps; ++k)
            quantize(c, k, data[c * taps + k]);
      });
    kernel::parallelFor(oc, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c)
        for (int64_t k = first; k < first + count; ++k)
          quantize(c, k, data[k * oc + c]);
    });
  });
  for (int64_t c = 0; c < oc; ++c) {
    double scale = scales[c];
    int64_t bound = bounds[c];
    if (!q.bias.empty()) {
      const int64_t real = bias.empty() ? 0 : quantizeOne(bias[c], scale * in.scale, DType::I32);
      const int64_t whole = real - in.zeroPoint * sums[c];
      q.bias[c] = int32_t(whole); // beyond int32 only where the bound is, too
      bound += std::abs(whole);
    }
    if (bound > std::numeric_limits<int32_t>::max())
      return op->emitOpError() << "output channel " << c << " can sum to " << bound << ", beyond int32's "
                               << std::numeric_limits<int32_t>::max()
                               << "; keep this op in F32 or split its input channels";
    Multiplier m = multiplierOf(in.scale * scale / out.scale);
    if (m.rshift < -31)
      return op->emitOpError() << "output channel " << c
                               << " needs a multiplier beyond int32; its output's range is too "
                               << "small for its input's and its weights'";
    q.quant.insert(q.quant.end(), {int32_t(m.multiplier), int32_t(-m.rshift), int32_t(out.zeroPoint)});
  }
  return q;
}

} // namespace tpu_mlir
