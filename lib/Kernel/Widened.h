//===- Widened.h - 16-bit floats in kernels that sum in F32 -----*- C++ -*-===//
// Products of 16-bit floats are exact in F32, sums are F32's, and the result is
// rounded once: operands are widened as a whole, which a sum's length outweighs.
#ifndef TPU_MLIR_LIB_KERNEL_WIDENED_H
#define TPU_MLIR_LIB_KERNEL_WIDENED_H

#include "tpu_mlir/Kernel/Cast.h"

#include <memory>

namespace tpu_mlir::kernel {

/// A dense float operand in F32.
class Widened {
public:
  explicit Widened(const ConstTensor &t) : values(new float[size_t(t.dims.count())]), dims(t.dims) {
    cast({DType::F32, dims, values.get()}, t, Round::HalfToEven);
  }
  operator ConstTensor() const { return {DType::F32, dims, values.get()}; }

private:
  std::unique_ptr<float[]> values;
  Dims dims;
};

/// Runs f on a result in F32 and rounds it to nearest even.
template <typename F> void narrowed(const Tensor &out, F f) {
  if (out.dtype == DType::F32)
    return f(out);
  std::unique_ptr<float[]> values(new float[size_t(out.dims.count())]);
  const Tensor wide{DType::F32, out.dims, values.get()};
  f(wide);
  cast(out, wide, Round::HalfToEven);
}

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_WIDENED_H
