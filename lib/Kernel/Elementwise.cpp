//===- Elementwise.cpp - Arithmetic element by element --------------------===//
// Each element once, in strips: widen, compute, round, saturate, each step one
// simple loop. 32-bit arithmetic is used only where no intermediate can leave
// 32 bits, so it changes nothing but speed.

#include "Strips.h"

#include <cmath>

namespace tpu_mlir::kernel {
namespace {

/// Whether op on these formats, shifted, stays within 32 bits.
bool fits32(BinaryOp op, DType a, DType b, int shift) {
  if (shift > 0 || shift < -31)
    return false;
  int bits = std::max(bitWidth(a), bitWidth(b));
  if (op == BinaryOp::Mul)
    return bitWidth(a) + bitWidth(b) + !isSigned(a) + !isSigned(b) <= 32;
  if (op == BinaryOp::Max || op == BinaryOp::Min)
    return a != DType::U32 && b != DType::U32;
  return bits <= 16;
}

void binaryFloat(const InnerLoops &loops, BinaryOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b) {
  assert(a.dtype == out.dtype && b.dtype == out.dtype);
  bool isF32 = out.dtype == DType::F32;
  forPlaneStrips(out, a, b, kStrip, [&](const Strip<2> &s) {
    float bufferA[kStrip], bufferB[kStrip];
    const float *pa = a.as<float>() + s.at[0], *pb = b.as<float>() + s.at[1];
    if (!isF32 || s.step[0] != 1)
      loadStrip(a, s.at[0], s.step[0], bufferA, s.n), pa = bufferA;
    if (!isF32 || s.step[1] != 1)
      loadStrip(b, s.at[1], s.step[1], bufferB, s.n), pb = bufferB;
    if (isF32)
      return loops.binaryF32(op, out.as<float>() + s.out, pa, pb, s.n);
    // One operation in fp32 and one rounding equal one operation in a 16-bit format: fp32 has more than twice its bits.
    loops.binaryF32(op, bufferA, pa, pb, s.n);
    storeStrip(bufferA, out, s.out, s.n);
  });
}

} // namespace

void binary(BinaryOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, int shift, Round round) {
  const InnerLoops &loops = inner();
  if (isFloat(out.dtype))
    return binaryFloat(loops, op, out, a, b);
  assert(!isFloat(a.dtype) && !isFloat(b.dtype));
  auto isWide = [](const ConstTensor &t) { return t.dtype == DType::I32; };
  auto stream = [](const ConstTensor &t, int64_t element, int64_t step) {
    return Stream{t.dtype, at(t.data, element, t.dtype), step};
  };
  if (loops.fused && op == BinaryOp::Add && shift == 0 && isWide(out) && isWide(a) && isWide(b))
    return forPlaneStrips(out, a, b, kGrain, [&](const Strip<2> &s) {
      loops.fused->add32(out.as<int32_t>() + s.out, stream(a, s.at[0], s.step[0]), stream(b, s.at[1], s.step[1]), s.n);
    });
  if (loops.fused && fits32(op, a.dtype, b.dtype, shift) && shift >= -30 &&
      std::max(bitWidth(a.dtype), bitWidth(b.dtype)) <= 16 && out.dtype != DType::U32)
    return forPlaneStrips(out, a, b, kGrain, [&](const Strip<2> &s) {
      loops.fused->small(op, stream(a, s.at[0], s.step[0]), stream(b, s.at[1], s.step[1]), shift, round, out.dtype,
                         at(out.data, s.out, out.dtype), s.n);
    });
  if (fits32(op, a.dtype, b.dtype, shift))
    return forPlaneStrips(out, a, b, kStrip, [&](const Strip<2> &s) {
      int32_t bufferA[kStrip], bufferB[kStrip];
      loadStrip(loops, a, s.at[0], s.step[0], bufferA, s.n);
      loadStrip(loops, b, s.at[1], s.step[1], bufferB, s.n);
      loops.binary32(op, bufferA, bufferB, s.n);
      loops.shift32(bufferA, shift, round, s.n);
      loops.narrow32(bufferA, out.dtype, at(out.data, s.out, out.dtype), s.n);
    });
  forPlaneStrips(out, a, b, kStrip, [&](const Strip<2> &s) {
    int64_t bufferA[kStrip], bufferB[kStrip];
    loadStrip(loops, a, s.at[0], s.step[0], bufferA, s.n);
    loadStrip(loops, b, s.at[1], s.step[1], bufferB, s.n);
    loops.binary64(op, bufferA, bufferB, s.n);
    loops.shift64(bufferA, shift, round, s.n);
    loops.narrow64(bufferA, out.dtype, at(out.data, s.out, out.dtype), s.n);
  });
}

void multiplyAdd(const Tensor &out, const ConstTensor &a, const ConstTensor &b) {
  assert(out.dtype == DType::F32 && a.dtype == DType::F32 && b.dtype == DType::F32);
  forStrips(
      out,
      [&](const Strip<2> &s) {
        float *to = out.as<float>() + s.out;
        const float *x = a.as<float>() + s.at[0], *y = b.as<float>() + s.at[1];
        for (int64_t i = 0; i < s.n; ++i)
          to[i] = std::fma(x[i * s.step[0]], y[i * s.step[1]], to[i]);
      },
      a, b);
}

void linear(LinearOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, const ConstTensor &c) {
  assert(out.dtype == DType::F32 && a.dtype == DType::F32 && b.dtype == DType::F32 && c.dtype == DType::F32);
  forStrips(
      out,
      [&](const Strip<3> &s) {
        float *to = out.as<float>() + s.out;
        const float *x = a.as<float>() + s.at[0], *y = b.as<float>() + s.at[1], *z = c.as<float>() + s.at[2];
        for (int64_t i = 0; i < s.n; ++i) {
          const float xi = x[i * s.step[0]], yi = y[i * s.step[1]];
          const float sum = op == LinearOp::SquareOfDifference ? xi - yi : xi + yi;
          to[i] = op == LinearOp::MulAdd ? std::fma(xi, yi, z[i * s.step[2]]) : sum * sum;
        }
      },
      a, b, c);
}

namespace {

/// Magnitudes of integers in 64 bits, saturated; of floats, given as bits, everything but the sign.
void storeMagnitudes(const InnerLoops &loops, int64_t *values, const Tensor &out, int64_t element, int64_t n) {
  if (isFloat(out.dtype)) {
    const int64_t magnitude = (int64_t(1) << (bitWidth(out.dtype) - 1)) - 1;
    for (int64_t i = 0; i < n; ++i)
      values[i] &= magnitude;
    return storeBits(values, out, element, n);
  }
  for (int64_t i = 0; i < n; ++i)
    values[i] = std::abs(values[i]);
  loops.narrow64(values, out.dtype, at(out.data, element, out.dtype), n);
}

} // namespace

void absolute(const Tensor &out, const ConstTensor &a) {
  assert(isFloat(a.dtype) ? a.dtype == out.dtype : !isFloat(out.dtype));
  const InnerLoops &loops = inner();
  forStrips(
      out,
      [&](const Strip<1> &s) {
        int64_t values[kStrip];
        loadStrip(loops, a, s.at[0], s.step[0], values, s.n);
        storeMagnitudes(loops, values, out, s.out, s.n);
      },
      a);
}

void absoluteDifference(const Tensor &out, const ConstTensor &a, const ConstTensor &b, int shift, Round round) {
  if (isFloat(out.dtype)) {
    binary(BinaryOp::Sub, out, a, b);
    return absolute(out, out);
  }
  const InnerLoops &loops = inner();
  forStrips(
      out,
      [&](const Strip<2> &s) {
        int64_t values[kStrip], other[kStrip];
        int32_t difference[kStrip];
        loadStrip(loops, a, s.at[0], s.step[0], values, s.n);
        loadStrip(loops, b, s.at[1], s.step[1], other, s.n);
        loops.binary64(BinaryOp::Sub, values, other, s.n);
        loops.shift64(values, shift, round, s.n);
        loops.narrow64(values, DType::I32, difference, s.n);
        loops.widen64(DType::I32, difference, values, s.n);
        storeMagnitudes(loops, values, out, s.out, s.n);
      },
      a, b);
}

} // namespace tpu_mlir::kernel
