//===- WindowOf.h - The window that attributes describe ---------*- C++ -*-===//
// Sliding windows as kernels and recipes take them, from the lists that ops of Top
// and Tpu have. Their lengths have been verified.
#ifndef TPU_MLIR_OPS_WINDOWOF_H
#define TPU_MLIR_OPS_WINDOWOF_H

#include "mlir/Support/LLVM.h"
#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir {

/// Lists in the order h, w; pads top, left, bottom, right.
inline kernel::Window windowOf(mlir::ArrayRef<int64_t> kernel, mlir::ArrayRef<int64_t> strides,
                               mlir::ArrayRef<int64_t> pads, mlir::ArrayRef<int64_t> dilations) {
  return {kernel[0], kernel[1], strides[0], strides[1], dilations[0], dilations[1], pads[0], pads[1], pads[2], pads[3]};
}

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_WINDOWOF_H
