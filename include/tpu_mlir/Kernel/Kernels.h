//===- Kernels.h - The arithmetic of the chip, once -------------*- C++ -*-===//
// Pure numerics on dense NCHW spans. The Tpu interpreter runs these over whole
// tensors, the simulator over what an instruction reads. Float accumulation
// order is part of each contract, so that both give the same bits. No MLIR, no
// chip names, no layouts.
#ifndef TPU_MLIR_KERNEL_KERNELS_H
#define TPU_MLIR_KERNEL_KERNELS_H

#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Kernel/Round.h"

namespace tpu_mlir::kernel {

/// out[n,oc,oh,ow] (I32) = Σ x · (w − kernelZeroPoint), exact modulo 2^32; `padValue` stands outside the input.
/// in: I8 or U8 [n, ic, h, w]; filter: I8 or U8 [oc, ic, kh, kw]. One group. If `accumulate`, adds to out.
/// The planes of out and in may be apart, and so may be the filter's rows, which its planes number as channels. With `group` > 1, an even number, the filter's rows hold that many input channels
/// together, as [oc, ceil(ic / group), kh, kw, group]; what stands for channels past the last is not read.
void convInt(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const Window &win, int padValue = 0,
             int kernelZeroPoint = 0, bool accumulate = false, int64_t group = 1);

/// out (F32) = bias[oc] + Σ x·w, accumulated in fp32 from the bias in the order ic, kh, kw (padding positions are
/// skipped), each step one fused multiply-add (std::fma semantics). bias may be null (then it starts from +0).
void convF32(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const float *bias, const Window &win);

/// Depth-wise: channel c of the output sees only channel c. filter [1, c, kh, kw] or, with count 1, one constant
/// weight. Integers: I8/U8 × I8/U8 → I32 + bias[c] (I32, null for 0), planes of out and in
/// may be apart. F32: as convF32 in the order kh, kw.
void depthwise(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const void *bias, const Window &win,
               int padValue = 0);

/// Maximum over the window; padding positions hold `padValue` (integers) or are skipped (F32, NaN propagates not).
void maxPool(const Tensor &out, const ConstTensor &in, const Window &win, int padValue);

enum class BinaryOp { Add, Sub, Mul, Max, Min };
/// out = op(a, b). Each dimension of a and b equals out's or is 1 (broadcast).
/// Integers: computed in 64 bits, shiftRound(v, shift, round), saturated to out's format (any mix of integer formats).
/// F32: one IEEE operation; shift and round are ignored.
void binary(BinaryOp op, const Tensor &out, const ConstTensor &a, const ConstTensor &b, int shift = 0,
            Round round = Round::HalfUp);

/// One entry of a requantisation: as in `requantOne`.
struct QuantEntry {
  int32_t multiplier, shift, zeroPoint;
};
/// out[n,c,h,w] = requantOne(in, entries[c or 0]); `entries` has `count` = 1 or out.dims.c items.
void requant(const Tensor &out, const ConstTensor &in, const QuantEntry *entries, int64_t count, Round round);

/// Converts between formats: float→int rounds by `round` and saturates, int→int saturates, int→float rounds to nearest
/// even.
void cast(const Tensor &out, const ConstTensor &in, Round round);

/// out[i] = table[byte of in[i]]: 8-bit in (its bit pattern indexes), table of 256 entries of out's format.
void lookup(const Tensor &out, const ConstTensor &in, const void *table);

/// The same with a table for each channel: tables [1, c, 1, at least 256]. Planes of all may be apart.
void lookupRows(const Tensor &out, const ConstTensor &in, const ConstTensor &tables);

/// out[b, m, n] = Σ_k left[b, m, k] · (right[b, k, n] − rightZeroPoint). Integers: I8/U8 → I32. F32: in order of k, fma
/// from +0. Dims hold {1, batch, rows, columns}.
void matmul(const Tensor &out, const ConstTensor &left, const ConstTensor &right, int rightZeroPoint = 0);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_KERNELS_H
