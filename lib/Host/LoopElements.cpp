//===- LoopElements.cpp - Element-wise fp32 loops -------------------------===//
// Activations, affine maps per channel, and arithmetic between tensors.
#include "Loops.h"
#include "Threads.h"

#include <algorithm>
#include <cmath>

namespace tpu_mlir::host {

/// Elements that one thread takes at least, and that a loop of several passes handles at a time (in the first cache).
static constexpr int64_t kGrain = 1 << 13, kChunk = 1 << 11;

bool keepZeros(const Posts &functions) {
  return std::all_of(functions.begin(), functions.end(), [](const UnaryFunction &f) { return evalUnary(f, 0) == 0; });
}

template <typename Function> static void each(const float *x, float *y, int64_t count, Function function) {
  for (int64_t i = 0; i < count; ++i)
    y[i] = function(x[i]);
}

/// Comparisons are written so that NaN stays NaN.
static void applyOne(const UnaryFunction &f, const float *x, float *y, int64_t count) {
  auto a = static_cast<float>(f.a), b = static_cast<float>(f.b);
  switch (f.kind) {
  case UnaryKind::Relu: {
    float limit = f.a > 0 ? a : INFINITY;
    return each(x, y, count, [=](float v) { return v < 0 ? 0 : v > limit ? limit : v; });
  }
  case UnaryKind::Clip:
    return each(x, y, count, [=](float v) {
      float low = v < a ? a : v;
      return low > b ? b : low;
    });
  case UnaryKind::LeakyRelu:
    return each(x, y, count, [=](float v) { return v > 0 ? v : a * v; });
  case UnaryKind::Abs:
    return each(x, y, count, [](float v) { return std::fabs(v); });
  case UnaryKind::Sqrt:
    return each(x, y, count, [](float v) { return std::sqrt(v); });
  default:
    return each(x, y, count, [&f](float v) { return static_cast<float>(evalUnary(f, v)); });
  }
}

void applyPosts(const Posts &functions, const float *x, float *y, int64_t count) {
  for (const UnaryFunction &f : functions) {
    applyOne(f, x, y, count);
    x = y;
  }
}

StepPtr loopUnary(const Posts &functions, int64_t count) {
  return std::make_unique<LoopStep>([=](const float *const *in, float *out) {
    shareLoop(count, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += kChunk)
        applyPosts(functions, in[0] + i, out + i, std::min(kChunk, end - i));
    });
  });
}

StepPtr loopAffine(const Affine &affine, const Posts &posts, const Dims &dims, Layout layout) {
  Extents e = extentsOf(dims, layout);
  int64_t channels = dims.size() < 2 ? 1 : dims[1], padded = e.blocks * e.block;
  // Channels that are only padding get 0 * 0 + 0.
  std::vector<float> scale(padded), offset(padded);
  for (int64_t c = 0; c < channels; ++c) {
    scale[c] = affine.scale[affine.scale.size() == 1 ? 0 : c];
    offset[c] = affine.offset[affine.offset.size() == 1 ? 0 : c];
  }
  // A piece: some positions of one block of channels.
  int64_t most = std::max<int64_t>(1, kChunk / e.block), pieces = (e.inner + most - 1) / most;
  return std::make_unique<LoopStep>([=](const float *const *in, float *out) {
    shareLoop(e.outer * e.blocks * pieces, std::max<int64_t>(1, kGrain / kChunk), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        int64_t slab = p / pieces, from = p % pieces * most, count = std::min(most, e.inner - from);
        const float *a = &scale[slab % e.blocks * e.block], *b = &offset[slab % e.blocks * e.block];
        const float *x = in[0] + (slab * e.inner + from) * e.block;
        float *y = out + (slab * e.inner + from) * e.block;
        if (e.block == 1)
          each(x, y, count, [a = *a, b = *b](float v) { return v * a + b; });
        else
          for (int64_t i = 0; i < count * e.block; i += e.block)
            for (int64_t c = 0; c < e.block; ++c)
              y[i + c] = x[i + c] * a[c] + b[c];
        applyPosts(posts, y, y, count * e.block);
      }
    });
  });
}

//===- Arithmetic between tensors -----------------------------------------===//

namespace {

/// Elements of one operand along a run: contiguous, or one element for all.
struct Run {
  const float *data;
  bool isOne;
  float coefficient;
};

template <bool aIsOne, bool bIsOne> void joinRun(Combine::Kind kind, Run a, Run b, float *y, int64_t count) {
  auto left = [&](int64_t i) { return a.data[aIsOne ? 0 : i]; };
  auto right = [&](int64_t i) { return b.data[bIsOne ? 0 : i]; };
  float ca = a.coefficient, cb = b.coefficient;
  bool isScaled = ca != 1 || cb != 1;
  if (kind == Combine::Kind::Max || kind == Combine::Kind::Min) {
    // NaN fails every comparison, and stays whichever side it is on.
    bool isMax = kind == Combine::Kind::Max;
    for (int64_t i = 0; i < count; ++i) {
      float l = left(i), r = right(i);
      y[i] = l != l || (isMax ? l > r : l < r) ? l : r;
    }
    return;
  }
  if (kind == Combine::Kind::Div)
    for (int64_t i = 0; i < count; ++i)
      y[i] = left(i) / right(i);
  else if (kind == Combine::Kind::Rectify)
    for (int64_t i = 0; i < count; ++i)
      y[i] = left(i) > 0 ? left(i) : left(i) * right(i);
  else if (kind == Combine::Kind::Mul && isScaled)
    for (int64_t i = 0; i < count; ++i)
      y[i] = ca * left(i) * (cb * right(i));
  else if (kind == Combine::Kind::Mul)
    for (int64_t i = 0; i < count; ++i)
      y[i] = left(i) * right(i);
  else if (isScaled)
    for (int64_t i = 0; i < count; ++i)
      y[i] = ca * left(i) + cb * right(i);
  else
    for (int64_t i = 0; i < count; ++i)
      y[i] = left(i) + right(i);
}

void joinRuns(Combine::Kind kind, Run a, Run b, float *y, int64_t count) {
  if (a.isOne)
    return b.isOne ? joinRun<true, true>(kind, a, b, y, count) : joinRun<true, false>(kind, a, b, y, count);
  return b.isOne ? joinRun<false, true>(kind, a, b, y, count) : joinRun<false, false>(kind, a, b, y, count);
}

/// y = run 0 op run 1 op run 2 ... and the posts.
void joinAll(Combine::Kind kind, const Posts &posts, const Run *runs, size_t inputs, float *y, int64_t count) {
  joinRuns(kind, runs[0], runs[1], y, count);
  for (size_t i = 2; i < inputs; ++i)
    joinRuns(kind, {y, false, 1}, runs[i], y, count);
  applyPosts(posts, y, y, count);
}

/// A difference is a sum with coefficient -1, exactly.
std::vector<float> coefficientsOf(const Combine &combine, size_t inputs) {
  std::vector<float> all = combine.coefficients;
  all.resize(inputs, combine.kind == Combine::Kind::Sub ? -1.0f : 1.0f);
  if (combine.coefficients.empty())
    all[0] = 1;
  return all;
}

} // namespace

StepPtr loopCombineSame(const Combine &combine, const Posts &posts, size_t inputs, int64_t count) {
  return std::make_unique<LoopStep>(
      [=, kind = combine.kind, coefficients = coefficientsOf(combine, inputs)](const float *const *in, float *out) {
        shareLoop(count, kGrain, [&](int64_t begin, int64_t end) {
          std::vector<Run> runs(inputs);
          for (int64_t i = begin; i < end; i += kChunk) {
            for (size_t k = 0; k < inputs; ++k)
              runs[k] = {in[k] + i, false, coefficients[k]};
            joinAll(kind, posts, runs.data(), inputs, out + i, std::min(kChunk, end - i));
          }
        });
      });
}

StepPtr loopCombine(const Combine &combine, const Posts &posts, const std::vector<Dims> &inputs, const Dims &out) {
  size_t rank = out.size(), count = inputs.size();
  // strides[k][axis]: 0 where input k repeats.
  std::vector<Dims> strides(count, Dims(rank, 0));
  for (size_t k = 0; k < count; ++k) {
    int64_t stride = 1;
    for (size_t i = 0; i < inputs[k].size(); ++i) {
      size_t from = inputs[k].size() - 1 - i, axis = rank - 1 - i;
      strides[k][axis] = inputs[k][from] == 1 ? 0 : stride;
      stride *= inputs[k][from];
    }
  }
  // The last axes over which each input either moves on or stands still are one run.
  std::vector<int> moves(count, -1);
  size_t first = rank;
  int64_t run = 1;
  for (; first > 0; --first) {
    if (out[first - 1] == 1)
      continue;
    std::vector<int> next = moves;
    bool agrees = true;
    for (size_t k = 0; k < count; ++k) {
      int now = strides[k][first - 1] != 0;
      agrees &= next[k] < 0 || next[k] == now;
      next[k] = now;
    }
    if (!agrees)
      break;
    moves = next;
    run *= out[first - 1];
  }
  int64_t rows = 1;
  for (size_t axis = 0; axis < first; ++axis)
    rows *= out[axis];
  return std::make_unique<LoopStep>(
      [=, kind = combine.kind, coefficients = coefficientsOf(combine, count)](const float *const *in, float *y) {
        shareLoop(rows, std::max<int64_t>(1, kGrain / run), [&](int64_t begin, int64_t end) {
          std::vector<Run> runs(count);
          for (int64_t row = begin; row < end; ++row) {
            for (size_t k = 0; k < count; ++k) {
              int64_t rest = row, offset = 0;
              for (size_t axis = first; axis-- > 0; rest /= out[axis])
                offset += rest % out[axis] * strides[k][axis];
              runs[k] = {in[k] + offset, moves[k] != 1, coefficients[k]};
            }
            joinAll(kind, posts, runs.data(), count, y + row * run, run);
          }
        });
      });
}

} // namespace tpu_mlir::host
