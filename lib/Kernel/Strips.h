//===- Strips.h - Tensors in strips of elements -----------------*- C++ -*-===//
// How element-wise kernels walk a result and its operands: broadcasts resolved,
// work shared among threads, and a strip at a time widened to one of the types
// that inner loops compute in. What is computed is the kernels' affair.
#ifndef TPU_MLIR_LIB_KERNEL_STRIPS_H
#define TPU_MLIR_LIB_KERNEL_STRIPS_H

#include "Inner.h"
#include "tpu_mlir/Kernel/Parallel.h"
#include "tpu_mlir/Kernel/Visit.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace tpu_mlir::kernel {

constexpr int64_t kGrain = 1 << 14; ///< elements a thread takes at a time, a multiple of kStrip

inline const uint8_t *at(const void *data, int64_t element, DType t) {
  return static_cast<const uint8_t *>(data) + element * byteSize(t);
}
inline uint8_t *at(void *data, int64_t element, DType t) {
  return static_cast<uint8_t *>(data) + element * byteSize(t);
}

/// Iteration space of a result with the strides of N operands, adjacent dimensions merged where all allow it.
template <size_t N> struct Loops {
  std::array<int64_t, 4> size;
  std::array<std::array<int64_t, 4>, N> step;
  size_t rank = 0;

  Loops(const Dims &out, const std::array<Dims, N> &operands) {
    const int64_t outer[4] = {out.n, out.c, out.h, out.w};
    std::array<std::array<int64_t, 4>, N> stride;
    for (size_t k = 0; k < N; ++k) {
      const int64_t own[4] = {operands[k].n, operands[k].c, operands[k].h, operands[k].w};
      int64_t next = 1;
      for (size_t i = 4; i-- > 0; next *= own[i]) {
        assert(own[i] == outer[i] || own[i] == 1);
        stride[k][i] = own[i] == 1 ? 0 : next;
      }
    }
    for (size_t i = 0; i < 4; ++i) {
      if (outer[i] == 1)
        continue;
      bool merges = rank > 0;
      for (size_t k = 0; k < N && merges; ++k)
        merges = step[k][rank - 1] == stride[k][i] * outer[i];
      if (!merges)
        size[rank++] = 1;
      size[rank - 1] *= outer[i];
      for (size_t k = 0; k < N; ++k)
        step[k][rank - 1] = stride[k][i];
    }
    if (rank == 0) {
      size[rank++] = 1;
      for (size_t k = 0; k < N; ++k)
        step[k][0] = 0;
    }
  }
};

/// Where a strip lies: the first element of the result and of each operand, and the operands' steps, 0 or 1 apart.
template <size_t N> struct Strip {
  int64_t out, n;
  std::array<int64_t, N> at, step;
};

/// Runs f(strip) for strips of at most `longest` elements.
template <size_t N, typename F> void forDenseStrips(const Loops<N> &l, int64_t longest, F f) {
  int64_t length = l.size[l.rank - 1], outer = 1;
  for (size_t i = 0; i + 1 < l.rank; ++i)
    outer *= l.size[i];
  // Long rows are cut, short ones grouped, so that a thread's share is about kGrain elements.
  int64_t cuts = (length + kGrain - 1) / kGrain;
  parallelFor(outer * cuts, std::max<int64_t>(1, kGrain / length), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t row = i / cuts, rest = row;
      std::array<int64_t, N> first = {};
      for (size_t d = l.rank - 1; d-- > 0;) {
        int64_t position = rest % l.size[d];
        rest /= l.size[d];
        for (size_t k = 0; k < N; ++k)
          first[k] += position * l.step[k][d];
      }
      Strip<N> s;
      for (size_t k = 0; k < N; ++k)
        s.step[k] = l.step[k][l.rank - 1];
      int64_t x = i % cuts * kGrain, last = std::min(x + kGrain, length);
      for (; x < last; x += longest) {
        s.out = row * length + x, s.n = std::min(longest, last - x);
        for (size_t k = 0; k < N; ++k)
          s.at[k] = first[k] + x * s.step[k];
        f(s);
      }
    }
  });
}

/// The same over dense tensors of a result's dimensions or broadcast to them.
template <typename F, typename... Operands> void forStrips(const Tensor &out, F f, const Operands &...operands) {
  constexpr size_t kCount = sizeof...(Operands);
  assert(!out.planes && (!operands.planes && ...));
  forDenseStrips(Loops<kCount>(out.dims, {operands.dims...}), kStrip, f);
}

/// The same on two operands whose planes, and the result's, may be apart.
template <typename F>
void forPlaneStrips(const Tensor &out, const ConstTensor &a, const ConstTensor &b, int64_t longest, F f) {
  if (!out.planes && !a.planes && !b.planes)
    return forDenseStrips(Loops<2>(out.dims, {a.dims, b.dims}), longest, f);
  const Dims &d = out.dims;
  auto onePlane = [](const Dims &dims) { return Dims{1, 1, dims.h, dims.w}; };
  const Loops<2> space(onePlane(d), {onePlane(a.dims), onePlane(b.dims)});
  parallelFor(d.n * d.c, std::max<int64_t>(1, kGrain / (d.h * d.w)), [&](int64_t begin, int64_t end) {
    PlaneWalk walkOut(d, d, out.planes, begin), walkA(d, a.dims, a.planes, begin), walkB(d, b.dims, b.planes, begin);
    for (int64_t i = begin; i < end; ++i, walkOut.next(), walkA.next(), walkB.next()) {
      int64_t atOut = walkOut.offset(), atA = walkA.offset(), atB = walkB.offset();
      if (space.rank == 1) {
        int64_t length = space.size[0], sa = space.step[0][0], sb = space.step[1][0];
        for (int64_t x = 0; x < length; x += longest)
          f(Strip<2>{atOut + x, std::min(longest, length - x), {atA + x * sa, atB + x * sb}, {sa, sb}});
        continue;
      }
      forDenseStrips(space, longest, [&](Strip<2> s) {
        s.out += atOut, s.at[0] += atA, s.at[1] += atB;
        f(s);
      });
    }
  });
}

//===- Elements of a strip ------------------------------------------------===//
// n elements from `element` on, or that one n times where the step is 0.

template <typename T> void repeatFirst(T *strip, int64_t step, int64_t n) {
  if (!step)
    std::fill(strip + 1, strip + n, strip[0]);
}

inline void loadStrip(const InnerLoops &loops, const ConstTensor &t, int64_t element, int64_t step, int32_t *to,
                      int64_t n) {
  loops.widen32(t.dtype, at(t.data, element, t.dtype), to, step ? n : 1);
  repeatFirst(to, step, n);
}

/// Of floats, the bits.
inline void loadStrip(const InnerLoops &loops, const ConstTensor &t, int64_t element, int64_t step, int64_t *to,
                      int64_t n) {
  loops.widen64(isFloat(t.dtype) ? bitsOf(t.dtype) : t.dtype, at(t.data, element, t.dtype), to, step ? n : 1);
  repeatFirst(to, step, n);
}

/// Of a float format.
inline void loadStrip(const ConstTensor &t, int64_t element, int64_t step, float *to, int64_t n) {
  const int64_t count = step ? n : 1;
  const uint8_t *from = at(t.data, element, t.dtype);
  if (t.dtype == DType::F32)
    std::memcpy(to, from, size_t(count) * sizeof(float));
  else
    visit(t.dtype, [&]<typename T>() {
      for (int64_t i = 0; i < count; ++i)
        to[i] = float(reinterpret_cast<const T *>(from)[i]);
    });
  repeatFirst(to, step, n);
}

/// Rounds once to nearest even.
inline void storeStrip(const float *from, const Tensor &t, int64_t element, int64_t n) {
  uint8_t *to = at(t.data, element, t.dtype);
  if (t.dtype == DType::F32) {
    std::memcpy(to, from, size_t(n) * sizeof(float));
    return;
  }
  auto *halves = reinterpret_cast<uint16_t *>(to);
  for (int64_t i = 0; i < n; ++i)
    halves[i] = t.dtype == DType::F16 ? f32ToF16(from[i]) : f32ToBf16(from[i]);
}

/// The low bits, without saturation.
inline void storeBits(const int64_t *from, const Tensor &t, int64_t element, int64_t n) {
  visitBits(t.dtype, [&]<typename T>() {
    T *to = t.as<T>() + element;
    for (int64_t i = 0; i < n; ++i)
      to[i] = T(from[i]);
  });
}

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_STRIPS_H
