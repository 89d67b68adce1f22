//===- Window.h - Convolution, depth-wise sums and maxima -------*- C++ -*-===//
// What slides a window over rows and columns. Windows that no command holds
// are taken apart before a step is made.
#ifndef TPU_MLIR_PRIMITIVE_WINDOW_H
#define TPU_MLIR_PRIMITIVE_WINDOW_H

#include "tpu_mlir/Primitive/Primitive.h"

namespace tpu_mlir::primitive {

/// Sums over all channels of a group and a window of kh x kw, in int32 or fp32, the latter rounded once to the format
/// of floats. Source 0: elements; 1: packed filter; 2: bias (floats alone, in fp32).
const Primitive &conv();
/// Sums over the window of each channel by itself. Source 0: elements; 1: filter, or none where every weight is a
/// constant; 2: bias (floats alone, in their format).
const Primitive &depthwise();
/// The largest element of each window. Source 0.
const Primitive &maxPool();

struct WindowAttributes {
  kernel::Window window = {}; ///< of the whole tensor
  int padValue = 0;           ///< of integers; maxima of floats pad with -infinity
  double constant = 0;        ///< depth-wise without a filter: every weight
  DType constantType = DType::F32;
};

Step conv(int dst, int in, int filter, const kernel::Window &window, int bias = -1, int64_t padValue = 0);
Step depthwise(int dst, int in, int filter, const kernel::Window &window, int bias = -1, int64_t padValue = 0);
/// Every weight is `constant`, of format `type`.
Step windowSum(int dst, int in, const kernel::Window &window, double constant, DType type, int64_t padValue = 0);
Step maxPool(int dst, int in, const kernel::Window &window, int padValue);

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_PRIMITIVE_WINDOW_H
