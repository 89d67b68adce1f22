//===- DepthwiseInt.h - Depth-wise convolution of integers ------*- C++ -*-===//
// The integer half of depthwise() and the share of planes that a thread takes.
#ifndef TPU_MLIR_LIB_KERNEL_DEPTHWISEINT_H
#define TPU_MLIR_LIB_KERNEL_DEPTHWISEINT_H

#include "InnerBytes.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include <algorithm>

namespace tpu_mlir::kernel {

inline int64_t planeGrain(const Dims &out, int64_t taps) {
  return std::max<int64_t>(1, (1 << 18) / std::max<int64_t>(1, out.h * out.w * taps));
}

/// depthwise() for 8-bit inputs and I32 sums; bias may be null.
void depthwiseInt(const Tensor &out, const ConstTensor &in, const ConstTensor &filter, const int32_t *bias,
                  const Window &win, int padValue);

/// The same in bytes; false, and nothing done, where a weight is no signed byte or the window's columns are too far apart.
bool depthwiseBytes(const ByteLoops &loops, const Tensor &out, const ConstTensor &in, const ConstTensor &filter,
                    const int32_t *bias, const Window &win, int padValue);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_DEPTHWISEINT_H
