//===- Dnnl.h - Steps on oneDNN ---------------------------------*- C++ -*-===//
// Makes steps whose work oneDNN does, and says in which layouts it does it best.
// A maker that answers with nothing leaves the work to the loops. Without oneDNN
// in the build there is no context.
#ifndef TPU_MLIR_LIB_HOST_DNNL_H
#define TPU_MLIR_LIB_HOST_DNNL_H

#include "Loops.h"

#include <functional>
#include <optional>
#include <span>

namespace tpu_mlir::host {

/// The library's engine and the weights that were packed for it. Used by one thread at a time.
class DnnlContext {
public:
  /// Null where this build has no oneDNN.
  static std::unique_ptr<DnnlContext> create();
  /// Told which constant was packed, and is read no more.
  std::function<void(std::span<const uint8_t>)> onPacked;
  ~DnnlContext();

  /// A step, the layouts of its first input and of its output, and which of the item's inputs it reads (the others are
  /// constants that it holds already).
  struct Made {
    StepPtr step;
    Layout in, out;
    std::vector<int> reads;
  };
  /// Convolution with posts. `at` is the layout in which its input is there, `residual` that of what is added to it.
  std::optional<Made> conv(const Item &item, const std::vector<Tensor> &tensors, Layout at,
                           std::optional<Layout> residual);
  /// Matrix product with posts, everything row-major.
  std::optional<Made> matMul(const Item &item, const std::vector<Tensor> &tensors);
  /// Pooling with posts.
  std::optional<Made> pool(const Item &item, const std::vector<Tensor> &tensors, Layout in);
  /// The functions, element by element, in any layout; null where the library lacks one.
  StepPtr unary(const Posts &functions, const Dims &dims, Layout layout);
  StepPtr reorder(const Dims &dims, Layout from, Layout to);
  /// Whether the function can be one of an item's posts.
  static bool hasFunction(const UnaryFunction &function);

private:
  DnnlContext();
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_DNNL_H
