//===- ExecWindow.h - Sliding windows of conv and pooling -------*- C++ -*-===//
// Reads the window fields that convolutions and pools share and prepares the
// input: zero insertion, checks of the result's size.
#ifndef TPU_MLIR_LIB_SIM_EXECWINDOW_H
#define TPU_MLIR_LIB_SIM_EXECWINDOW_H

#include "Exec.h"

namespace tpu_mlir::sim {

/// The window of the command; UserError for strides of 0 and pad modes that are not built.
kernel::Window windowOf(const Exec &e);

/// Input size [h, w] after zero insertion.
Dims insertedDims(const Exec &e, Dims in);
/// The input with zeros inserted between its elements, or the input itself.
Tensor insertZeros(Exec &e, const Tensor &in);

/// UserError unless the result's height and width follow from the input's.
void checkResultSize(const Dims &out, const Dims &in, const kernel::Window &win);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_EXECWINDOW_H
