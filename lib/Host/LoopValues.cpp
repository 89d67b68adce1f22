//===- LoopValues.cpp - Work on values of any type ------------------------===//
// Changes of type, comparisons, selections, and the moves of tensors that are
// not fp32. Everything here is row-major.
#include "Loops.h"
#include "Threads.h"

#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace tpu_mlir::host {

namespace {

constexpr int64_t kGrain = 1 << 13;

/// Calls `function` with a value of the C++ type of `element`. A bool is a uint8_t.
template <typename Function> auto withType(Element element, Function function) {
  switch (element) {
  case Element::F32:
    return function(float());
  case Element::I64:
    return function(int64_t());
  case Element::I32:
    return function(int32_t());
  case Element::I8:
    return function(int8_t());
  case Element::U8:
  case Element::Bool:
    break;
  }
  return function(uint8_t());
}

/// Calls `function` with an unsigned number of the size of `element`: for what only moves.
template <typename Function> auto withSize(Element element, Function function) {
  switch (sizeOf(element)) {
  case 8:
    return function(uint64_t());
  case 4:
    return function(uint32_t());
  default:
    return function(uint8_t());
  }
}

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

/// Element offsets into operands that broadcast to the result, result element by result element.
class Offsets {
public:
  Offsets(const std::vector<Dims> &operands, const Dims &out) : out(out) {
    for (const Dims &dims : operands) {
      Dims &list = strides.emplace_back(out.size(), 0);
      int64_t stride = 1;
      for (size_t i = 0; i < dims.size(); ++i) {
        size_t from = dims.size() - 1 - i;
        list[out.size() - 1 - i] = dims[from] == 1 ? 0 : stride;
        stride *= dims[from];
      }
    }
  }
  int64_t at(size_t operand, int64_t element) const {
    int64_t offset = 0;
    for (size_t axis = out.size(); axis-- > 0; element /= out[axis])
      offset += element % out[axis] * strides[operand][axis];
    return offset;
  }

private:
  Dims out;
  std::vector<Dims> strides;
};

template <typename T> bool holds(Compare::Kind kind, T a, T b) {
  switch (kind) {
  case Compare::Kind::Equal:
    return a == b;
  case Compare::Kind::NotEqual:
    return a != b;
  case Compare::Kind::Less:
    return a < b;
  case Compare::Kind::LessOrEqual:
    return a <= b;
  case Compare::Kind::Greater:
    return a > b;
  case Compare::Kind::GreaterOrEqual:
    return a >= b;
  }
  assert(false && "unknown comparison");
  return false;
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

StepPtr loopCompare(const Compare &compare, Element element, const std::vector<Dims> &inputs, const Dims &out) {
  return withType(element, [&]<typename T>(T) -> StepPtr {
    return std::make_unique<ValueStep>([offsets = Offsets(inputs, out), kind = compare.kind,
                                        count = countOf(out)](const void *const *in, void *const *result) {
      auto *a = static_cast<const T *>(in[0]), *b = static_cast<const T *>(in[1]);
      auto *y = static_cast<uint8_t *>(result[0]);
      shareLoop(count, kGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          y[i] = holds(kind, a[offsets.at(0, i)], b[offsets.at(1, i)]);
      });
    });
  });
}

StepPtr loopSelect(Element element, const std::vector<Dims> &inputs, const Dims &out) {
  return withSize(element, [&]<typename T>(T) -> StepPtr {
    return std::make_unique<ValueStep>(
        [offsets = Offsets(inputs, out), count = countOf(out)](const void *const *in, void *const *result) {
          auto *condition = static_cast<const uint8_t *>(in[0]);
          auto *a = static_cast<const T *>(in[1]), *b = static_cast<const T *>(in[2]);
          auto *y = static_cast<T *>(result[0]);
          shareLoop(count, kGrain, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i)
              y[i] = condition[offsets.at(0, i)] ? a[offsets.at(1, i)] : b[offsets.at(2, i)];
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
