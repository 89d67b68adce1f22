//===- Matmul.cpp - Matrix products ---------------------------------------===//
// Rows of the left matrix are pixels, columns of the right one are panels. The
// depth is walked in order, so float sums keep the contract's order.

#include "Product.h"
#include "Widened.h"
#include "tpu_mlir/Kernel/Parallel.h"
#include "tpu_mlir/Kernel/Visit.h"

#include <cassert>
#include <cstring>

namespace tpu_mlir::kernel {
namespace {

struct MatmulShape {
  int64_t batch, rows, depth, columns;
};

/// `left` holds rows of `channels` taps, `weights` all panels of all batches; both already packed for P.
template <typename P>
void multiply(const InnerLoops &loops, const MatmulShape &s, const typename P::In *left, int64_t channels,
              const typename P::In *weights, typename P::Acc *out) {
  using Acc = typename P::Acc;
  constexpr int64_t kTileRows = 384;
  int64_t width = loops.panelWidth, panels = (s.columns + width - 1) / width,
          tiles = (s.rows + kTileRows - 1) / kTileRows;
  Taps taps;
  for (int64_t k = 0; k < channels; ++k) {
    taps.offset.push_back(int32_t(k));
    taps.row.push_back(int32_t(k));
  }
  int64_t tasks = s.batch * panels * tiles;
  parallelFor(tasks, s.batch * s.rows * s.depth * s.columns < (1 << 20) ? tasks : 1, [&](int64_t begin, int64_t end) {
    std::vector<Acc> acc;
    for (int64_t t = begin; t < end; ++t) {
      int64_t b = t / (panels * tiles), panel = t / tiles % panels, row = t % tiles * kTileRows;
      int64_t rows = std::min(kTileRows, s.rows - row), columns = std::min(width, s.columns - panel * width);
      acc.assign(size_t(rows * width), Acc(0));
      std::vector<Segment<P>> segments = {{left + (b * s.rows + row) * channels * P::kWords, channels, rows, 0, &taps}};
      accumulate(loops, segments, channels, weights + (b * panels + panel) * channels * width * P::kWords, acc.data());
      for (int64_t r = 0; r < rows; ++r)
        std::memcpy(out + (b * s.rows + row + r) * s.columns + panel * width, acc.data() + r * width,
                    size_t(columns) * sizeof(Acc));
    }
  });
}

/// Pads the columns of each right matrix to whole panels.
void packFloat(const float *right, const MatmulShape &s, int64_t width, float *to) {
  int64_t panels = (s.columns + width - 1) / width;
  parallelFor(s.batch * panels, s.depth * s.columns < (1 << 18) ? s.batch * panels : 1,
              [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                  int64_t b = i / panels, column = i % panels * width, columns = std::min(width, s.columns - column);
                  for (int64_t k = 0; k < s.depth; ++k) {
                    float *row = to + (i * s.depth + k) * width;
                    std::memcpy(row, right + (b * s.depth + k) * s.columns + column, size_t(columns) * sizeof(float));
                    std::fill(row + columns, row + width, 0.0f);
                  }
                }
              });
}

template <typename T> void packPairs(const T *right, const MatmulShape &s, int64_t width, int zeroPoint, int16_t *to) {
  int64_t panels = (s.columns + width - 1) / width, pairs = (s.depth + 1) / 2;
  parallelFor(s.batch * panels, s.depth * s.columns < (1 << 18) ? s.batch * panels : 1,
              [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                  int64_t b = i / panels, column = i % panels * width, columns = std::min(width, s.columns - column);
                  for (int64_t k = 0; k < 2 * pairs; ++k) {
                    const T *from = right + (b * s.depth + k) * s.columns + column;
                    int16_t *row = to + (i * pairs + k / 2) * width * 2 + k % 2;
                    for (int64_t j = 0; j < width; ++j)
                      row[2 * j] = k < s.depth && j < columns ? int16_t(from[j] - zeroPoint) : int16_t(0);
                  }
                }
              });
}

template <typename T> void packRows(const T *left, int64_t rows, int64_t depth, int16_t *to) {
  int64_t padded = (depth + 1) / 2 * 2;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t k = 0; k < depth; ++k)
      to[r * padded + k] = left[r * depth + k];
    if (padded > depth)
      to[r * padded + depth] = 0;
  }
}

} // namespace

void matmul(const Tensor &out, const ConstTensor &left, const ConstTensor &right, int rightZeroPoint) {
  MatmulShape s{out.dims.n * out.dims.c, out.dims.h, left.dims.w, out.dims.w};
  assert(left.dims.h == s.rows && right.dims.h == s.depth && right.dims.w == s.columns);
  assert(left.dims.n * left.dims.c == s.batch && right.dims.n * right.dims.c == s.batch);
  if (isFloat(left.dtype) && left.dtype != DType::F32)
    return narrowed(out, [&](const Tensor &wide) { matmul(wide, Widened(left), Widened(right)); });
  const InnerLoops &loops = inner();
  int64_t width = loops.panelWidth, panels = (s.columns + width - 1) / width;
  if (out.dtype == DType::F32) {
    assert(left.dtype == DType::F32 && right.dtype == DType::F32);
    std::unique_ptr<float[]> weights(new float[size_t(s.batch * panels * s.depth * width)]);
    packFloat(right.as<float>(), s, width, weights.get());
    return multiply<FloatProduct>(loops, s, left.as<float>(), s.depth, weights.get(), out.as<float>());
  }
  assert(out.dtype == DType::I32 && bitWidth(left.dtype) == 8 && bitWidth(right.dtype) == 8);
  int64_t pairs = (s.depth + 1) / 2;
  std::unique_ptr<int16_t[]> weights(new int16_t[size_t(s.batch * panels * pairs * width * 2)]);
  std::unique_ptr<int16_t[]> rows(new int16_t[size_t(s.batch * s.rows * pairs * 2)]);
  if (right.dtype == DType::I8)
    packPairs(right.as<int8_t>(), s, width, rightZeroPoint, weights.get());
  else
    packPairs(right.as<uint8_t>(), s, width, rightZeroPoint, weights.get());
  if (left.dtype == DType::I8)
    packRows(left.as<int8_t>(), s.batch * s.rows, s.depth, rows.get());
  else
    packRows(left.as<uint8_t>(), s.batch * s.rows, s.depth, rows.get());
  multiply<PairProduct>(loops, s, rows.get(), pairs, weights.get(), out.as<int32_t>());
}

void subtractColumnZeroPoints(const Tensor &sums, const ConstTensor &left, const ConstTensor &zeroPoints) {
  const int64_t rows = sums.dims.h, columns = sums.dims.w, depth = left.dims.w;
  for (int64_t r = 0; r < rows; ++r) {
    uint32_t rowSum = 0;
    for (int64_t k = 0; k < depth; ++k)
      rowSum += uint32_t(integerAt(left.dtype, left.data, r * depth + k));
    for (int64_t c = 0; c < columns; ++c) {
      int32_t &sum = sums.as<int32_t>()[r * columns + c];
      sum = int32_t(uint32_t(sum) - uint32_t(integerAt(zeroPoints.dtype, zeroPoints.data, c)) * rowSum);
    }
  }
}

void accumulate(const Tensor &sums, const ConstTensor &more) {
  assert(sums.dtype == DType::I32 && more.dtype == DType::I32 && sums.dims.count() == more.dims.count());
  for (int64_t i = 0, count = sums.dims.count(); i < count; ++i)
    sums.as<uint32_t>()[i] += more.as<uint32_t>()[i];
}

} // namespace tpu_mlir::kernel
