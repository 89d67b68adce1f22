//===- Window.h - Which taps of a sliding window are real -------*- C++ -*-===//
// Private to convolution and pooling: the part of a window that lies inside the
// input, and the part of an output row that one tap reaches.
#ifndef TPU_MLIR_LIB_KERNEL_WINDOW_H
#define TPU_MLIR_LIB_KERNEL_WINDOW_H

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tpu_mlir::kernel {

/// Taps [first, second) of the window at output position `o` that lie inside an input of `size` elements.
inline std::pair<int64_t, int64_t> validTaps(int64_t o, int64_t stride, int64_t pad, int64_t dilation, int64_t taps,
                                             int64_t size) {
  int64_t origin = o * stride - pad;
  int64_t begin = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
  int64_t end = size > origin ? std::min(taps, (size - origin + dilation - 1) / dilation) : 0;
  return {std::min(begin, end), end};
}

/// Output positions [first, second) of a row of `outputs` whose tap `tap` lies inside the input.
inline std::pair<int64_t, int64_t> validOutputs(int64_t tap, int64_t stride, int64_t pad, int64_t dilation,
                                                int64_t outputs, int64_t size) {
  int64_t origin = tap * dilation - pad; // input position for output 0
  int64_t begin = origin < 0 ? (-origin + stride - 1) / stride : 0;
  int64_t end = size > origin ? std::min(outputs, (size - origin + stride - 1) / stride) : 0;
  return {std::min(begin, end), end};
}

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_WINDOW_H
