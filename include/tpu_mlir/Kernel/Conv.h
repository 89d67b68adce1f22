//===- Conv.h - Convolutions ------------------------------------*- C++ -*-===//
// Dense and depth-wise convolutions. The order of float sums is part of each
// contract. Layouts of filters in local memory are not decided here.
#ifndef TPU_MLIR_KERNEL_CONV_H
#define TPU_MLIR_KERNEL_CONV_H

#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir::kernel {

/// out[n,oc,oh,ow] (I32) = Σ x · (w − kernelZeroPoint), exact modulo 2^32; `padValue` stands outside the input.
/// in: I8 or U8 [n, ic, h, w]; filter: I8 or U8 [oc, ic, kh, kw]. One group. If `accumulate`, adds to out.
/// The planes of out and in may be apart, and so may be the filter's rows, which its planes number as channels. With
/// `group` > 1, an even number, the filter's rows hold that many input channels together, as [oc, ceil(ic / group), kh,
/// kw, group]; what stands for channels past the last is not read.
void convInt(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const Window &win, int padValue = 0,
             int kernelZeroPoint = 0, bool accumulate = false, int64_t group = 1);

/// sums[n,oc,oh,ow] −= zeroPoints[oc] · Σ x, modulo 2^32: a kernel zero point for each output channel, I8 or U8. All
/// dense.
void subtractKernelZeroPoints(const Tensor &sums, const ConstTensor &in, const Window &win, int padValue,
                              const ConstTensor &zeroPoints);

/// out (F32) = bias[oc] + Σ x·w, accumulated in fp32 from the bias in the order ic, kh, kw (padding positions are
/// skipped), each step one fused multiply-add (std::fma semantics). bias may be null (then it starts from +0).
/// in and filter may both be F16 or both BF16, out that or F32: products and sums are those of F32, rounded once at the
/// end (model: the chip's width is inferred, its order unknown).
void convF32(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const float *bias, const Window &win);

/// Depth-wise: channel c of the output sees only channel c. filter [1, c, kh, kw] or, with count 1, one constant
/// weight. Integers: I8/U8 × I8/U8 → I32 + bias[c] (I32, null for 0), planes of out and in
/// may be apart. Floats: as convF32 in the order kh, kw; bias is F32.
void depthwise(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const void *bias, const Window &win,
               int padValue = 0);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_CONV_H
