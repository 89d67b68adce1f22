//===- LoopProducts.cpp - Windows and products without a library ----------===//
// Pools, and convolutions and matrix products on the chip's own kernels.
#include "Loops.h"
#include "Threads.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include <algorithm>
#include <cmath>

namespace tpu_mlir::host {
using kernel::DType;

//===- Pool ---------------------------------------------------------------===//

namespace {

/// The part of one window along one axis that lies in the input, and how many positions its mean counts.
struct Reach {
  int64_t begin, end, counted;
};

std::vector<Reach> reaches(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t before, int64_t after,
                           int64_t ceil, bool countsPadding) {
  std::vector<Reach> list;
  for (int64_t o = 0; o < out; ++o) {
    int64_t begin = o * stride - before, end = begin + kernel;
    Reach r{std::max<int64_t>(begin, 0), std::min(end, in), 0};
    r.counted = countsPadding ? std::min(end, in + after - ceil) - begin : r.end - r.begin;
    list.push_back(r);
  }
  return list;
}

void poolPlane(const Pool &pool, const std::vector<Reach> &rows, const std::vector<Reach> &columns, const float *x,
               int64_t width, float *y) {
  for (const Reach &r : rows)
    for (const Reach &c : columns) {
      float best = -INFINITY;
      double sum = 0;
      for (int64_t h = r.begin; h < r.end; ++h)
        for (int64_t w = c.begin; w < c.end; ++w) {
          float v = x[h * width + w];
          best = v > best || std::isnan(v) ? v : best;
          sum += v;
        }
      *y++ = pool.isMax ? best : static_cast<float>(sum / static_cast<double>(r.counted * c.counted));
    }
}

} // namespace

StepPtr loopPool(const Pool &pool, const Posts &posts, const Dims &in, const Dims &out) {
  const kernel::Window &w = pool.window;
  auto rows = reaches(in[2], out[2], w.kh, w.strideH, w.padTop, w.padBottom, pool.ceilBottom, pool.countsPadding);
  auto columns = reaches(in[3], out[3], w.kw, w.strideW, w.padLeft, w.padRight, pool.ceilRight, pool.countsPadding);
  int64_t inPlane = in[2] * in[3], outPlane = out[2] * out[3], width = in[3];
  return std::make_unique<LoopStep>([=, planes = in[0] * in[1]](const float *const *x, float *y) {
    shareLoop(planes, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        poolPlane(pool, rows, columns, x[0] + p * inPlane, width, y + p * outPlane);
        applyPosts(posts, y + p * outPlane, y + p * outPlane, outPlane);
      }
    });
  });
}

//===- Convolution --------------------------------------------------------===//

/// `posts` of a whole tensor, shared among the threads.
static void finish(const Posts &posts, float *y, int64_t count) {
  if (!posts.empty())
    shareLoop(count, 1 << 13,
              [&](int64_t begin, int64_t end) { applyPosts(posts, y + begin, y + begin, end - begin); });
}

StepPtr loopConv(const Item &item, const Dims &in, const Dims &out, bool hasBias) {
  const Conv &conv = std::get<Conv>(item.work);
  auto split = item.posts.begin() + static_cast<std::ptrdiff_t>(item.residual < 0 ? 0 : item.postsBeforeResidual);
  Posts before(item.posts.begin(), split), after(split, item.posts.end());
  bool isDepthwise = conv.group > 1 && conv.group == in[1] && in[1] == out[1];
  int64_t group = isDepthwise ? 1 : conv.group, ic = in[1] / group, oc = out[1] / group;
  int64_t inPlane = in[2] * in[3], outPlane = out[2] * out[3];
  int64_t taps = (isDepthwise ? 1 : ic) * conv.window.kh * conv.window.kw, count = countOf(out);
  return std::make_unique<LoopStep>(
      [=, window = conv.window, hasResidual = item.residual >= 0](const float *const *x, float *y) {
        std::vector<float> residual;
        if (hasResidual)
          residual.assign(y, y + count);
        const float *bias = hasBias ? x[2] : nullptr;
        for (int64_t n = 0; n < in[0]; ++n)
          for (int64_t g = 0; g < group; ++g) {
            kernel::Tensor o{DType::F32, {1, oc, out[2], out[3]}, y + (n * out[1] + g * oc) * outPlane};
            kernel::ConstTensor i(DType::F32, {1, ic, in[2], in[3]}, x[0] + (n * in[1] + g * ic) * inPlane);
            if (isDepthwise) {
              kernel::ConstTensor f(DType::F32, {1, ic, window.kh, window.kw}, x[1]);
              kernel::depthwise(o, i, f, bias, window);
            } else {
              kernel::ConstTensor f(DType::F32, {oc, ic, window.kh, window.kw}, x[1] + g * oc * taps);
              kernel::convF32(o, i, f, bias ? bias + g * oc : nullptr, window);
            }
          }
        finish(before, y, count);
        for (int64_t i = 0; hasResidual && i < count; ++i)
          y[i] += residual[i];
        finish(after, y, count);
      });
}

//===- Matrix product -----------------------------------------------------===//

/// [rows, columns] of a matrix stored as [columns, rows].
static std::vector<float> transposed(const float *x, int64_t rows, int64_t columns) {
  std::vector<float> y(rows * columns);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      y[r * columns + c] = x[c * rows + r];
  return y;
}

/// Which matrix of an operand belongs to matrix `batch` of the result.
static int64_t matrixOf(const Dims &operand, const Dims &out, int64_t batch) {
  int64_t index = 0, stride = 1;
  for (size_t i = 3; i <= out.size(); ++i) {
    int64_t position = batch % out[out.size() - i];
    batch /= out[out.size() - i];
    if (i > operand.size())
      continue;
    int64_t size = operand[operand.size() - i];
    index += (size == 1 ? 0 : position) * stride;
    stride *= size;
  }
  return index;
}

StepPtr loopMatMul(const MatMul &matmul, const Posts &posts, const Dims &left, const Dims &right, const Dims &out,
                   bool hasBias) {
  int64_t m = out[out.size() - 2], n = out.back(), k = left[left.size() - (matmul.leftTransposed ? 2 : 1)];
  return std::make_unique<LoopStep>([=, count = countOf(out)](const float *const *x, float *y) {
    for (int64_t b = 0; b < count / (m * n); ++b) {
      const float *l = x[0] + matrixOf(left, out, b) * m * k, *r = x[1] + matrixOf(right, out, b) * k * n;
      std::vector<float> turnedLeft, turnedRight;
      if (matmul.leftTransposed)
        l = (turnedLeft = transposed(l, m, k)).data();
      if (matmul.rightTransposed)
        r = (turnedRight = transposed(r, k, n)).data();
      float *o = y + b * m * n;
      kernel::matmul({DType::F32, {1, 1, m, n}, o}, {DType::F32, {1, 1, m, k}, l}, {DType::F32, {1, 1, k, n}, r});
      for (int64_t i = 0; hasBias && i < m * n; ++i)
        o[i] += x[2][i % n];
    }
    finish(posts, y, count);
  });
}

} // namespace tpu_mlir::host
