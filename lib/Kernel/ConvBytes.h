//===- ConvBytes.h - Convolution of integers in bytes -----------*- C++ -*-===//
// convInt on machines that multiply bytes.
#ifndef TPU_MLIR_LIB_KERNEL_CONVBYTES_H
#define TPU_MLIR_LIB_KERNEL_CONVBYTES_H

#include "InnerBytes.h"
#include "tpu_mlir/Kernel/Kernels.h"

namespace tpu_mlir::kernel {

/// As convInt; false, and nothing done, where a weight less the zero point is no signed byte.
bool convBytes(const ByteLoops &loops, const Tensor &out, const ConstTensor &in, const ConstTensor &filter,
               const Window &win, int padValue, int kernelZeroPoint, bool accumulate, int64_t group);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_CONVBYTES_H
