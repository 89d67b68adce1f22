//===- WideWindow.h - Windows beyond what a command holds -------*- C++ -*-===//
// A command slides its window with few bits of stride, dilation and padding.
// Wider ones are laid out in global memory first: padding becomes part of the
// tensor, and each window, or each tap, rows of their own. Every input element
// stays what it was, so results are those of the window itself.
#ifndef TPU_MLIR_OPS_WIDEWINDOW_H
#define TPU_MLIR_OPS_WIDEWINDOW_H

#include "tpu_mlir/Ops/Moves.h"

namespace tpu_mlir {

/// Whether no command can hold the window's strides, or its dilations.
bool hasWideStride(const Lowering &lowering, const kernel::Window &window);
bool hasWideDilation(const Lowering &lowering, const kernel::Window &window);

/// Inserts a tpu.Pad of `value` before a window whose padding no command can hold, and clears the window's padding.
mlir::Value padWhereTooWide(Lowering &lowering, mlir::Value input, kernel::Window &window, mlir::Operation *op,
                            double value);
/// The same also where some position of the window may see padding alone, so that no tile can be cut from there.
mlir::Value padWhereTooLarge(Lowering &lowering, mlir::Value input, kernel::Window &window, mlir::Operation *op,
                             double value);

/// Both axes of a window of an input [n, c, h, w] laid out: [n, c, oh, kh, ow, kw], with `value` as padding. `out`: of
/// the window's result. An axis of which `windowsH`, `windowsW` says no stays as it is, with 1 for its kernel.
mlir::Value layOutWindows(Moves &moves, mlir::Value input, const kernel::Window &window, const kernel::Dims &out,
                          double value, bool windowsH = true, bool windowsW = true);

/// Whether along some axis a window has fewer taps than layOutWindows would copy parts for: it is dilated, and its
/// steps are short.
bool hasFewerTaps(const kernel::Window &window, const kernel::Dims &out);
/// The taps of a window that ever see the input, as row-major positions in the kernel; the first one where none does.
llvm::SmallVector<int64_t> liveTaps(const kernel::Window &window, const kernel::Dims &in, const kernel::Dims &out);
/// What each of `taps` sees, zero outside the input: [n, c, taps, oh * ow].
mlir::Value stackTaps(Moves &moves, mlir::Value input, const kernel::Window &window, const kernel::Dims &out,
                      llvm::ArrayRef<int64_t> taps);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_WIDEWINDOW_H
