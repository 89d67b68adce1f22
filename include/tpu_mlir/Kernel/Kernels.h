//===- Kernels.h - The arithmetic of the chip, once -------------*- C++ -*-===//
// Pure numerics on NCHW spans, one header for each kind. The Tpu interpreter
// runs these over whole tensors, the simulator over what an instruction reads.
// Float accumulation order is part of each contract, so that both give the same
// bits. No MLIR, no chip names, no layouts.
#ifndef TPU_MLIR_KERNEL_KERNELS_H
#define TPU_MLIR_KERNEL_KERNELS_H

#include "tpu_mlir/Kernel/Cast.h"
#include "tpu_mlir/Kernel/Conv.h"
#include "tpu_mlir/Kernel/Elementwise.h"
#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Kernel/Matmul.h"
#include "tpu_mlir/Kernel/Move.h"
#include "tpu_mlir/Kernel/Pool.h"
#include "tpu_mlir/Kernel/Quant.h"
#include "tpu_mlir/Kernel/Round.h"
#include "tpu_mlir/Kernel/Select.h"
#include "tpu_mlir/Kernel/Special.h"
#include "tpu_mlir/Kernel/Table.h"

#endif // TPU_MLIR_KERNEL_KERNELS_H
