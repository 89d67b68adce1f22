//===- LoopValues.cpp - Work on values of any type ------------------------===//
// Changes of type, and the moves of tensors that are not fp32. Everything here
// is row-major.
#include "Loops.h"
#include "Threads.h"
#include "WithType.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace tpu_mlir::host {

namespace {

constexpr int64_t kGrain = 1 << 13;

template <typename To, typename From> To converted(From value) {
  if constexpr (std::is_same_v<From, float> && !std::is_same_v<To, float>) {
    if (std::isnan(value))
      return 0;
    // The limits as doubles: 2^63 - 1 has none, and rounds up to the first number that does not fit.
    constexpr double low = static_cast<double>(std::numeric_limits<To>::min());
    constexpr double high = static_cast<double>(std::numeric_limits<To>::max());
    double cut = std::trunc(static_cast<double>(value));
    if (cut <= low)
      return std::numeric_limits<To>::min();
    return cut >= high ? std::numeric_limits<To>::max() : static_cast<To>(cut);
  } else {
    return static_cast<To>(value);
  }
}

} // namespace

StepPtr loopConvert(Element from, Element to, int64_t count) {
  return withType(from, [&]<typename From>(From) {
    return withType(to, [&]<typename To>(To) -> StepPtr {
      return std::make_unique<ValueStep>([=, isBool = to == Element::Bool](const void *const *in, void *const *out) {
        auto *x = static_cast<const From *>(in[0]);
        auto *y = static_cast<To *>(out[0]);
        shareLoop(count, kGrain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            y[i] = isBool ? To(x[i] != From(0)) : converted<To>(x[i]);
        });
      });
    });
  });
}

StepPtr loopGatherValues(const Gather &gather, Element element, const Dims &in, const Dims &out) {
  Dims strides(in.size(), 1);
  for (size_t axis = in.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * in[axis];
  return withType(element, [&]<typename T>(T) -> StepPtr {
    return std::make_unique<ValueStep>(
        [gather, strides, out, fill = converted<T>(gather.fill)](const void *const *source, void *const *result) {
          auto *x = static_cast<const T *>(source[0]);
          auto *y = static_cast<T *>(result[0]);
          shareLoop(countOf(out), kGrain, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
              int64_t rest = i, offset = 0;
              bool isFill = false;
              for (size_t axis = out.size(); axis-- > 0; rest /= out[axis]) {
                int64_t index = gather.index[axis][rest % out[axis]];
                isFill |= index < 0;
                offset += index * strides[gather.sourceAxis[axis]];
              }
              y[i] = isFill ? fill : x[offset];
            }
          });
        });
  });
}

StepPtr loopConcatValues(int64_t axis, Element element, const std::vector<Dims> &inputs) {
  int64_t rows = 1;
  std::vector<int64_t> pieces;
  for (int64_t outer = 0; outer < axis; ++outer)
    rows *= inputs[0][outer];
  for (const Dims &dims : inputs)
    pieces.push_back(countOf(dims) / rows * sizeOf(element));
  return std::make_unique<ValueStep>([=](const void *const *in, void *const *out) {
    auto *y = static_cast<uint8_t *>(out[0]);
    for (int64_t row = 0; row < rows; ++row)
      for (size_t k = 0; k < pieces.size(); y += pieces[k++])
        std::memcpy(y, static_cast<const uint8_t *>(in[k]) + row * pieces[k], pieces[k]);
  });
}

} // namespace tpu_mlir::host
