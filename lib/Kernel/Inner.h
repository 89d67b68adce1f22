//===- Inner.h - The vectorised inner loops, one table per CPU level ------===//
// Inner.inc implements these loops; it is compiled once per CPU level. All
// levels give the same bits. Drivers fetch the table with inner() on the
// calling thread, before any parallelFor.
#ifndef TPU_MLIR_LIB_KERNEL_INNER_H
#define TPU_MLIR_LIB_KERNEL_INNER_H

#include "InnerBytes.h"
#include "InnerFused.h"
#include "tpu_mlir/Kernel/CpuLevel.h"
#include "tpu_mlir/Kernel/Kernels.h"
#include "tpu_mlir/Kernel/Visit.h"

namespace tpu_mlir::kernel {

/// Elements that element-wise drivers hand to the loops at a time: strips of them stay in the first-level cache.
constexpr int64_t kStrip = 1024;

struct InnerLoops {
  CpuLevel level;
  /// Columns of a panel, see below.
  int panelWidth;

  /// acc[p·panelWidth + j] += Σ_{k<count} in[p·step + offset[k]] · panel[row[k]·panelWidth + j] for p < pixels: in the
  /// order of k, one fused multiply-add per step.
  void (*productF32)(int64_t count, const int32_t *offset, const int32_t *row, const float *in, int64_t step,
                     int64_t pixels, const float *panel, float *acc);
  /// The same on pairs of int16: in[2i], in[2i+1] against panel[2j], panel[2j+1] of a row of 2·panelWidth; offset and
  /// step count pairs. Sums are int32 modulo 2^32.
  void (*productPairs)(int64_t count, const int32_t *offset, const int32_t *row, const int16_t *in, int64_t step,
                       int64_t pixels, const int16_t *panel, int32_t *acc);

  /// Squares of `lanes` by `lanes`, from and to the operands of productPairs; steps count array elements. Rows of
  /// 2·lanes 8-bit weights, less the zero point: pair p of row j to to[p·step + 2j].
  int lanes;
  void (*packRows)(DType from, const void *in, int64_t rowLength, int zeroPoint, int16_t *to, int64_t step);
  /// 2·lanes planes of `lanes` 8-bit pixels: pair p of pixel x to to[x·step + 2p].
  void (*packPlanes)(DType from, const void *in, int64_t plane, int16_t *to, int64_t step);
  /// Sum c of pixel p, sums[p·step + c], to to[c·plane + p], added to what is there if `add`.
  void (*turnSums)(const int32_t *sums, int64_t step, int32_t *to, int64_t plane, bool add);

  /// Widens n elements of an integer format (any but U32 for widen32).
  void (*widen32)(DType from, const void *in, int32_t *out, int64_t n);
  void (*widen64)(DType from, const void *in, int64_t *out, int64_t n);
  /// Narrows with saturation; out may be any integer format.
  void (*narrow32)(const int32_t *in, DType to, void *out, int64_t n);
  void (*narrow64)(const int64_t *in, DType to, void *out, int64_t n);
  /// a = op(a, b); 32 bits wrap, so the caller uses it only where results fit.
  void (*binary32)(BinaryOp op, int32_t *a, const int32_t *b, int64_t n);
  void (*binary64)(BinaryOp op, int64_t *a, const int64_t *b, int64_t n);
  void (*binaryF32)(BinaryOp op, float *out, const float *a, const float *b, int64_t n);
  /// shiftRound on each element.
  void (*shift32)(int32_t *v, int shift, Round round, int64_t n);
  void (*shift64)(int64_t *v, int shift, Round round, int64_t n);
  /// out = shiftRound(in · multiplier, shift, round) + zeroPoint, in 64 bits.
  void (*scale)(const int32_t *in, int64_t *out, QuantEntry entry, Round round, int64_t n);

  /// out[i] = floatToInt(in[i], to, round), held in 64 bits.
  void (*floatToInt)(const float *in, DType to, Round round, int64_t *out, int64_t n);
  void (*intToFloat)(const int64_t *in, float *out, int64_t n);

  /// acc[i] = fma(in[i·step], w, acc[i]).
  void (*rowF32)(const float *in, int64_t step, float w, float *acc, int64_t n);
  /// out[i] = bias + Σ_t in[offset[t] + i] · weight[t] modulo 2^32. Up to a vector behind the last element is touched.
  void (*windowInt)(const int16_t *in, const int32_t *offset, const int32_t *weight, int64_t taps, int32_t bias,
                    int32_t *out, int64_t n);
  /// acc[i] = in[i·step] > acc[i] ? in[i·step] : acc[i], all in format t.
  void (*rowMax)(DType t, const void *in, int64_t step, void *acc, int64_t n);

  /// Loops of one pass, null where the machine has no masks.
  const FusedLoops *fused;
  /// Loops on bytes, null where the machine has no instructions for them.
  const ByteLoops *bytes;
};

/// The table of the highest level that machine and CpuLevelLimit allow.
const InnerLoops &inner();

extern const InnerLoops kInnerPortable;
#if defined(__x86_64__)
extern const InnerLoops kInnerAvx2, kInnerAvx512, kInnerAvx512Vnni;
#endif

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_INNER_H
