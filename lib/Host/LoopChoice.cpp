//===- LoopChoice.cpp - Loops that compare and choose ---------------------===//
// Comparisons and choices between tensors, the largest elements of an axis, and
// elements by computed indices. NaN comes behind every number.
#include "Loops.h"
#include "Threads.h"
#include "WithType.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace tpu_mlir::host {

static constexpr int64_t kGrain = 1 << 12;
static constexpr size_t kMostInputs = 3;

namespace {

using Offsets = std::array<int64_t, kMostInputs>;

/// Walks a result element by element, and with it operands that broadcast to it.
class Walk {
public:
  Walk(const std::vector<Dims> &inputs, const Dims &out) : out(out), steps(out.size()) {
    for (size_t k = 0; k < inputs.size(); ++k) {
      int64_t stride = 1;
      for (size_t i = 0; i < inputs[k].size(); ++i) {
        const int64_t size = inputs[k][inputs[k].size() - 1 - i];
        steps[out.size() - 1 - i][k] = size == 1 ? 0 : stride;
        stride *= size;
      }
    }
  }

  /// body(i, at) for the elements [begin, end) of the result: `at` is where each operand's element lies.
  template <typename Body> void run(int64_t begin, int64_t end, Body body) const {
    Dims place(out.size());
    Offsets at = {};
    int64_t rest = begin;
    for (size_t axis = out.size(); axis-- > 0; rest /= out[axis])
      move(at, axis, place[axis] = rest % out[axis]);
    for (int64_t i = begin; i < end; ++i) {
      body(i, at);
      for (size_t axis = out.size(); axis-- > 0;) {
        move(at, axis, 1);
        if (++place[axis] < out[axis])
          break;
        move(at, axis, -out[axis]);
        place[axis] = 0;
      }
    }
  }

private:
  void move(Offsets &at, size_t axis, int64_t places) const {
    for (size_t k = 0; k < kMostInputs; ++k)
      at[k] += steps[axis][k] * places;
  }

  Dims out;
  std::vector<Offsets> steps; ///< by axis, of each operand
};

} // namespace

StepPtr loopCompare(const Compare &compare, Element element, Element result, const std::vector<Dims> &inputs,
                    const Dims &out) {
  return withType(element, [&]<typename T>(T) {
    return withType(result, [&]<typename R>(R) -> StepPtr {
      return std::make_unique<ValueStep>([=, walk = Walk(inputs, out)](const void *const *in, void *const *results) {
        auto *a = static_cast<const T *>(in[0]), *b = compare.constant ? nullptr : static_cast<const T *>(in[1]);
        auto *y = static_cast<R *>(results[0]);
        const T constant = compare.constant ? T(*compare.constant) : T(0);
        shareLoop(countOf(out), kGrain, [&](int64_t begin, int64_t end) {
          walk.run(begin, end, [&](int64_t i, const Offsets &at) {
            y[i] = R(holds(compare.kind, a[at[0]], b ? b[at[1]] : constant));
          });
        });
      });
    });
  });
}

StepPtr loopSelect(const Select &select, Element condition, Element element, const std::vector<Dims> &inputs,
                   const Dims &out) {
  return withType(condition, [&]<typename C>(C) {
    return withType(element, [&]<typename T>(T) -> StepPtr {
      return std::make_unique<ValueStep>([=, walk = Walk(inputs, out)](const void *const *in, void *const *results) {
        auto *c = static_cast<const C *>(in[0]);
        const size_t no = select.yes ? 1 : 2; // the second branch's input
        auto *a = select.yes ? nullptr : static_cast<const T *>(in[1]);
        auto *b = select.no ? nullptr : static_cast<const T *>(in[no]);
        auto *y = static_cast<T *>(results[0]);
        const T yes = select.yes ? T(*select.yes) : T(0), other = select.no ? T(*select.no) : T(0);
        shareLoop(countOf(out), kGrain, [&](int64_t begin, int64_t end) {
          walk.run(begin, end, [&](int64_t i, const Offsets &at) {
            y[i] = c[at[0]] != C(0) ? (a ? a[at[1]] : yes) : (b ? b[at[no]] : other);
          });
        });
      });
    });
  });
}

StepPtr loopExtremes(const Extremes &extremes, const Dims &in) {
  const auto axis = static_cast<size_t>(extremes.axis);
  int64_t outer = 1, inner = 1;
  const int64_t size = in[axis], count = extremes.count;
  for (size_t i = 0; i < in.size(); ++i)
    (i < axis ? outer : inner) *= i == axis ? 1 : in[i];
  return std::make_unique<LoopStep>([=](const float *const *x, float *y) {
    shareLoop(outer * inner, std::max<int64_t>(1, kGrain / size), [&](int64_t begin, int64_t end) {
      std::vector<int64_t> order(static_cast<size_t>(size));
      for (int64_t line = begin; line < end; ++line) {
        const float *first = x[0] + line / inner * size * inner + line % inner;
        float *to = y + line / inner * count * inner + line % inner;
        auto comesFirst = [&](int64_t a, int64_t b) {
          const float l = first[a * inner], r = first[b * inner];
          if (std::isnan(l) || std::isnan(r) || l == r)
            return std::isnan(l) == std::isnan(r) ? (extremes.takesLast ? a > b : a < b) : std::isnan(r);
          return extremes.isLargest ? l > r : l < r;
        };
        std::iota(order.begin(), order.end(), 0);
        std::partial_sort(order.begin(), order.begin() + count, order.end(), comesFirst);
        for (int64_t k = 0; k < count; ++k)
          to[k * inner] = extremes.givesIndices ? static_cast<float>(order[k]) : first[order[k] * inner];
      }
    });
  });
}

StepPtr loopTake(const Take &take, const Dims &in, int64_t indices) {
  const auto axis = static_cast<size_t>(take.axis);
  int64_t outer = 1, inner = 1;
  const int64_t size = in[axis];
  for (size_t i = 0; i < in.size(); ++i)
    (i < axis ? outer : inner) *= i == axis ? 1 : in[i];
  return std::make_unique<LoopStep>([=](const float *const *x, float *y) {
    shareLoop(outer * indices, std::max<int64_t>(1, kGrain / inner), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        float index = x[1][row % indices];
        index = index < 0 ? index + static_cast<float>(size) : index;
        // An element is there only for whole numbers within the axis; NaN fails both comparisons.
        const bool isThere = index >= 0 && index < static_cast<float>(size) && index == std::floor(index);
        float *to = y + row * inner;
        if (!isThere)
          std::fill(to, to + inner, 0.0f);
        else
          std::copy_n(x[0] + (row / indices * size + static_cast<int64_t>(index)) * inner, inner, to);
      }
    });
  });
}

} // namespace tpu_mlir::host
