//===- Quant.h - Changes of scale -------------------------------*- C++ -*-===//
// Requantisation and dequantisation by the engine's four known commands, and
// what a host does with the numbers that it hands in and takes out.
#ifndef TPU_MLIR_KERNEL_QUANT_H
#define TPU_MLIR_KERNEL_QUANT_H

#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Kernel/Round.h"

namespace tpu_mlir::kernel {

/// One entry of a requantisation: as in `requantOne`.
struct QuantEntry {
  int32_t multiplier, shift, zeroPoint;
};
/// rq1. out[n,c,h,w] = requantOne(in, entries[c or 0]); `entries` has `count` = 1 or out.dims.c items. Planes may be
/// apart.
void requant(const Tensor &out, const ConstTensor &in, const QuantEntry *entries, int64_t count, Round round);

/// rq0: sat(round(fl(fl(x) · scale) + offset)) in fp32.
struct FloatEntry {
  float scale, offset;
};
void requantFloat(const Tensor &out, const ConstTensor &in, const FloatEntry *entries, int64_t count, Round round);

/// dq0: fl(x − zeroPoint) · scale in fp32. out: F32.
struct ScaleEntry {
  int32_t zeroPoint;
  float scale;
};
void dequantFloat(const Tensor &out, const ConstTensor &in, const ScaleEntry *entries, int64_t count);

/// dq1: requantOne(x − zeroPoint, multiplier, shift, 0).
struct DequantEntry {
  int32_t zeroPoint, multiplier, shift;
};
void dequantInteger(const Tensor &out, const ConstTensor &in, const DequantEntry *entries, int64_t count, Round round);

/// A host's numbers into a tensor's format. To integers: sat(HA(fl(value · factor)) + zeroPoint), HA half away from
/// zero; to floats: as `cast`.
void quantise(DType t, const float *values, int64_t count, float factor, int32_t zeroPoint, void *out);
/// fl(fl(stored − zeroPoint) · scale), or the floats themselves.
void dequantise(DType t, const void *stored, int64_t count, float scale, int32_t zeroPoint, float *out);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_QUANT_H
