//===- InnerFused.h - Element-wise commands in one pass ---------*- C++ -*-===//
// Loops that load, compute, round, saturate and store without strips between,
// for machines whose vectors have masks, so that short planes have no rest.
#ifndef TPU_MLIR_LIB_KERNEL_INNERFUSED_H
#define TPU_MLIR_LIB_KERNEL_INNERFUSED_H

#include "tpu_mlir/Kernel/Kernels.h"

namespace tpu_mlir::kernel {

/// An operand: its elements are `step` apart, 0 or 1.
struct Stream {
  DType type;
  const void *data;
  int64_t step;
};

struct FusedLoops {
  /// out[i] = a[i] + b[i], saturated; all I32.
  void (*add32)(int32_t *out, Stream a, Stream b, int64_t n);
  /// `binary` on formats of at most 16 bits where the result of `op` and a shift of −30 to 0 stay within 32 bits. out: I8
  /// to I32.
  void (*small)(BinaryOp op, Stream a, Stream b, int shift, Round round, DType to, void *out, int64_t n);
  /// `requant` of n elements, from and to I8 to I32, where the shift is −1 to −62.
  void (*requant)(DType from, const void *in, DType to, void *out, QuantEntry entry, Round round, int64_t n);
};

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_INNERFUSED_H
