//===- LoopRows.cpp - Loops of which results depend on rows ---------------===//
// Reductions, softmax, running sums and normalisations, all summed in double
// precision, so that no order of additions shows in fp32.
#include "Loops.h"
#include "Threads.h"

#include <cmath>

namespace tpu_mlir::host {

/// Elements that one thread takes at least.
static constexpr int64_t kGrain = 1 << 13;

static int64_t rowsPerThread(int64_t length) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, length)); }

//===- Reductions ---------------------------------------------------------===//

namespace {

/// Reads element i of a row.
template <typename Element> float reduceRow(Reduce::Kind kind, int64_t count, Element element) {
  double y = kind == Reduce::Kind::Prod ? 1 : 0;
  switch (kind) {
  case Reduce::Kind::Mean:
  case Reduce::Kind::Sum:
    for (int64_t i = 0; i < count; ++i)
      y += element(i);
    return float(kind == Reduce::Kind::Mean ? y / double(count) : y);
  case Reduce::Kind::L1:
    for (int64_t i = 0; i < count; ++i)
      y += std::fabs(element(i));
    return float(y);
  case Reduce::Kind::L2:
    for (int64_t i = 0; i < count; ++i)
      y += double(element(i)) * element(i);
    return float(std::sqrt(y));
  case Reduce::Kind::Prod:
    for (int64_t i = 0; i < count; ++i)
      y *= element(i);
    return float(y);
  case Reduce::Kind::Max:
  case Reduce::Kind::Min:
    break;
  }
  // NaN fails every comparison, and stays.
  const bool isMax = kind == Reduce::Kind::Max;
  float best = element(0);
  for (int64_t i = 1; i < count; ++i)
    if (float v = element(i); v != v || (isMax ? v > best : v < best))
      best = v;
  return best;
}

/// Offsets of all positions along the axes of `dims` that `isChosen` says, in row-major order.
std::vector<int64_t> offsetsOf(const Dims &dims, const std::vector<bool> &isChosen) {
  std::vector<int64_t> offsets{0};
  std::vector<int64_t> stride(dims.size(), 1);
  for (size_t axis = dims.size(); axis-- > 1;)
    stride[axis - 1] = stride[axis] * dims[axis];
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (!isChosen[axis] || dims[axis] == 1)
      continue;
    std::vector<int64_t> more;
    more.reserve(offsets.size() * size_t(dims[axis]));
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < dims[axis]; ++i)
        more.push_back(offset + i * stride[axis]);
    offsets = std::move(more);
  }
  return offsets;
}

} // namespace

StepPtr loopReduce(const Reduce &reduce, const Posts &posts, const Dims &in) {
  std::vector<bool> isKept = reduce.isReduced;
  isKept.flip();
  std::vector<int64_t> within = offsetsOf(in, reduce.isReduced), starts = offsetsOf(in, isKept);
  return std::make_unique<LoopStep>([kind = reduce.kind, posts, within = std::move(within),
                                     starts = std::move(starts)](const float *const *x, float *y) {
    shareLoop(int64_t(starts.size()), rowsPerThread(int64_t(within.size())), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        y[i] = reduceRow(kind, int64_t(within.size()),
                         [row = x[0] + starts[i], &within](int64_t j) { return row[within[j]]; });
      applyPosts(posts, y + begin, y + begin, end - begin);
    });
  });
}

//===- Along one axis -----------------------------------------------------===//

/// Calls body(first element, stride) for rows along the middle axis of three, and the posts on what it wrote.
template <typename Body>
static StepPtr alongAxis(int64_t outer, int64_t length, int64_t inner, const Posts &posts, Body body) {
  return std::make_unique<LoopStep>([=](const float *const *in, float *out) {
    shareLoop(outer, rowsPerThread(length * inner), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * inner; row < end * inner; ++row) {
        const int64_t at = row / inner * length * inner + row % inner;
        body(in[0] + at, out + at, inner);
      }
      float *y = out + begin * length * inner;
      applyPosts(posts, y, y, (end - begin) * length * inner);
    });
  });
}

StepPtr loopSoftmax(const Softmax &s, const Posts &posts) {
  return alongAxis(s.outer, s.length, s.inner, posts, [=](const float *x, float *y, int64_t stride) {
    auto scaled = [&](int64_t i) { return s.beta * x[i * stride]; };
    double most = scaled(0), sum = 0;
    for (int64_t i = 1; i < s.length; ++i)
      most = std::fmax(most, scaled(i));
    for (int64_t i = 0; i < s.length; ++i)
      sum += std::exp(scaled(i) - most);
    for (int64_t i = 0; i < s.length; ++i)
      y[i * stride] = float(s.isLog ? scaled(i) - most - std::log(sum) : std::exp(scaled(i) - most) / sum);
  });
}

StepPtr loopCumSum(const CumSum &c, const Posts &posts) {
  return alongAxis(c.outer, c.length, c.inner, posts, [=](const float *x, float *y, int64_t stride) {
    double sum = 0;
    for (int64_t i = 0; i < c.length; ++i)
      y[i * stride] = float(sum += x[i * stride]);
  });
}

//===- Normalisations -----------------------------------------------------===//

StepPtr loopNormalize(const Normalize &n, const Posts &posts, const Dims &dims) {
  int64_t count = 1;
  for (int64_t size : dims)
    count *= size;
  return std::make_unique<LoopStep>([=](const float *const *in, float *out) {
    shareLoop(count / n.length, rowsPerThread(n.length), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float *x = in[0] + row * n.length;
        float *y = out + row * n.length;
        double mean = 0, square = 0;
        for (int64_t i = 0; n.isCentred && i < n.length; ++i)
          mean += x[i];
        mean /= double(n.length);
        for (int64_t i = 0; i < n.length; ++i)
          square += (x[i] - mean) * (x[i] - mean);
        const double factor = 1 / std::sqrt(square / double(n.length) + n.eps);
        for (int64_t i = 0; i < n.length; ++i) {
          const auto entry = size_t((row * n.length + i) / n.inner);
          const double weight = n.weight.empty() ? 1 : n.weight[entry % n.weight.size()],
                       bias = n.bias.empty() ? 0 : n.bias[entry % n.bias.size()];
          y[i] = float((x[i] - mean) * factor * weight + bias);
        }
        applyPosts(posts, y, y, n.length);
      }
    });
  });
}

} // namespace tpu_mlir::host
