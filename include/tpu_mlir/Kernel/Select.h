//===- Select.h - Comparisons that choose -----------------------*- C++ -*-===//
// Comparisons give no booleans on these engines: they choose between two values.
#ifndef TPU_MLIR_KERNEL_SELECT_H
#define TPU_MLIR_KERNEL_SELECT_H

#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir::kernel {

enum class Comparison { Greater, Equal, Less };
/// out = a holds against b ? yes : no. a and b: both floats or both integers, of any formats; NaN holds against
/// nothing. yes and no are bits as wide as out's. Each dimension of an operand equals out's or is 1.
void select(Comparison holds, const Tensor &out, const ConstTensor &a, const ConstTensor &b, const ConstTensor &yes,
            const ConstTensor &no);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_SELECT_H
