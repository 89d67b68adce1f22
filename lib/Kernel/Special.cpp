//===- Special.cpp - What the special function unit computes --------------===//
// The documented model of operations whose bits no public source states.

#include "tpu_mlir/Kernel/Special.h"
#include "Strips.h"

#include <cmath>

namespace tpu_mlir::kernel {

void polynomial(const Tensor &out, const ConstTensor &in, const float *coefficients, int64_t count) {
  assert(out.dtype == DType::F32 && in.dtype == DType::F32 && count > 0);
  forStrips(
      out,
      [&](const Strip<1> &s) {
        const float *x = in.as<float>() + s.at[0];
        float sum[kStrip];
        std::fill_n(sum, s.n, coefficients[count - 1]);
        for (int64_t k = count - 1; k-- > 0;)
          for (int64_t i = 0; i < s.n; ++i)
            sum[i] = sum[i] * x[i * s.step[0]] + coefficients[k];
        std::memcpy(out.as<float>() + s.out, sum, size_t(s.n) * sizeof(float));
      },
      in);
}

void divide(const Tensor &out, const ConstTensor &a, const ConstTensor &b) {
  assert(out.dtype == DType::F32 && a.dtype == DType::F32 && b.dtype == DType::F32);
  forStrips(
      out,
      [&](const Strip<2> &s) {
        const float *x = a.as<float>() + s.at[0], *y = b.as<float>() + s.at[1];
        for (int64_t i = 0; i < s.n; ++i)
          out.as<float>()[s.out + i] = x[i * s.step[0]] / y[i * s.step[1]];
      },
      a, b);
}

void inverseRoot(const Tensor &out, const ConstTensor &in) {
  assert(out.dtype == DType::F32 && in.dtype == DType::F32);
  forStrips(
      out,
      [&](const Strip<1> &s) {
        // The error of the two roundings to double is 2^-52: only ties of F32 could tell, and 1/√x is never near one.
        for (int64_t i = 0; i < s.n; ++i)
          out.as<float>()[s.out + i] = float(1 / std::sqrt(double(in.as<float>()[s.at[0] + i * s.step[0]])));
      },
      in);
}

void exponentOf(const Tensor &out, const ConstTensor &in) {
  assert(out.dtype == DType::I32 && in.dtype == DType::F32);
  forStrips(
      out,
      [&](const Strip<1> &s) {
        for (int64_t i = 0; i < s.n; ++i)
          out.as<int32_t>()[s.out + i] = int32_t(in.as<uint32_t>()[s.at[0] + i * s.step[0]] >> 23 & 255) - 127;
      },
      in);
}

void mantissaOf(const Tensor &out, const ConstTensor &in) {
  assert(out.dtype == DType::F32 && in.dtype == DType::F32);
  forStrips(
      out,
      [&](const Strip<1> &s) {
        for (int64_t i = 0; i < s.n; ++i)
          out.as<uint32_t>()[s.out + i] = (in.as<uint32_t>()[s.at[0] + i * s.step[0]] & 0x807fffffu) | 0x3f800000u;
      },
      in);
}

} // namespace tpu_mlir::kernel
