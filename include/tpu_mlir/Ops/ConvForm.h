//===- ConvForm.h - The convolution recipe, shared --------------*- C++ -*-===//
// The one recipe behind tpu.Conv2D and the weight form of tpu.MatMul: which buffers
// there are and which steps. How groups are arranged is Conv/Grouped.h's choice.
#ifndef TPU_MLIR_OPS_CONVFORM_H
#define TPU_MLIR_OPS_CONVFORM_H

#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Recipe/Recipe.h"

namespace tpu_mlir {

struct ConvShape {
  kernel::Window window;
  int64_t group = 1;
  int64_t band = 0; ///< output channels of a block that reads all its groups at once; 0: group by group
  /// Every channel on its own: the form with one filter plane per lane.
  bool isDepthwise(int64_t ic, int64_t oc) const { return group > 1 && group == ic && ic == oc; }
};

ConvShape shapeOfConv(llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<int64_t> pads,
                      llvm::ArrayRef<int64_t> dilations, int64_t group, int64_t band = 0);

/// The format of a bias: that of sums, but of depth-wise sums of floats, which take it in the result's.
kernel::DType biasTypeOf(const NumberFormat &out, bool isDepthwise);

/// Operands: 0 input, 1 filter, 2 bias, 3 quant. `pack`: input channels side by side in the filter's stored order.
Recipe convRecipe(const ConvShape &shape, const Dims &in, const Dims &out, const NumberFormat &inFormat,
                  const NumberFormat &outFormat, bool hasBias, int64_t pack, bool doRelu, double reluLimit);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_CONVFORM_H
