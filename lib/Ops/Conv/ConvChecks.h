//===- ConvChecks.h - What the convolutions of Top ask for ------*- C++ -*-===//
// Which operands and attributes of a convolution over some axes fit together,
// and what it costs: the same for Conv, Conv3D and, but for its shape, Deconv.
#ifndef TPU_MLIR_LIB_OPS_CONV_CONVCHECKS_H
#define TPU_MLIR_LIB_OPS_CONV_CONVCHECKS_H

#include "tpu_mlir/Dialect/Top/IR/Shapes.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

namespace tpu_mlir::top::detail {

inline constexpr llvm::StringRef kConvOperands[] = {"input", "filter", "bias"};

/// What lies side by side along one of the last `axes` axes, with a blank before it.
inline llvm::StringRef unitOf(size_t axis, size_t axes) {
  static constexpr llvm::StringRef kUnits[] = {" planes", " rows", " columns"};
  return kUnits[std::size(kUnits) - axes + axis];
}

/// Input and filter have `axes` axes behind channels.
template <typename OpTy> mlir::LogicalResult verifyConvRanks(OpTy op, size_t axes) {
  for (auto [name, shape] : {std::pair("input", shapeOf(op.getInput())), std::pair("filter", shapeOf(op.getFilter()))})
    if (shape.size() != axes + 2)
      return op.emitOpError("'") << name << "' must have " << axes + 2 << " dimensions, but its shape is "
                                 << shapeText(shape);
  return mlir::success();
}

/// The kernel is the filter's, and the bias has an element for each of `channels` of the result.
template <typename OpTy> mlir::LogicalResult verifyKernelAndBias(OpTy op, int64_t channels) {
  llvm::ArrayRef<int64_t> kernel = shapeOf(op.getFilter()).drop_front(2);
  if (kernel != op.getKernelShape())
    return op.emitOpError("'filter' is ")
           << shapeText(kernel) << " but 'kernel_shape' is " << shapeText(op.getKernelShape());
  if (!isNone(op.getBias()) && elementCount(op.getBias()) != channels)
    return op.emitOpError("'filter' has ")
           << channels << " output channels but 'bias' has " << elementCount(op.getBias()) << " elements";
  return mlir::success();
}

/// The lists of attributes are as long as there are axes, and groups positive.
template <typename OpTy> mlir::LogicalResult verifyConvAttributes(OpTy op, size_t axes) {
  if (failed(verifyList(op, "kernel_shape", op.getKernelShape(), axes, 1)) ||
      failed(verifyList(op, "strides", op.getStrides(), axes, 1)) ||
      failed(verifyList(op, "pads", op.getPads(), 2 * axes, 0)) ||
      failed(verifyList(op, "dilations", op.getDilations(), axes, 1)))
    return mlir::failure();
  if (static_cast<int64_t>(op.getGroup()) < 1)
    return op.emitOpError("'group' is ") << op.getGroup() << "; it must be positive";
  return mlir::success();
}

/// The result of a convolution over `axes` axes.
template <typename OpTy> mlir::FailureOr<Shape> convShape(OpTy op, size_t axes) {
  if (failed(verifyConvRanks(op, axes)))
    return mlir::failure();
  llvm::ArrayRef<int64_t> in = shapeOf(op.getInput()), filter = shapeOf(op.getFilter());
  const int64_t group = op.getGroup(), channels = filter[0];
  if (in[1] % group || in[1] / group != filter[1])
    return op.emitOpError("'input' has ")
           << in[1] << " channels in " << group << " groups but 'filter' has " << filter[1] << " channels per group";
  if (channels % group)
    return op.emitOpError("'filter' has ")
           << channels << " output channels, which " << group << " groups do not divide";
  if (failed(verifyKernelAndBias(op, channels)))
    return mlir::failure();
  Shape out{in[0], channels};
  for (size_t axis = 0; axis < axes; ++axis) {
    const int64_t before = op.getPads()[axis], after = op.getPads()[axis + axes];
    const int64_t count =
        windowCount(in[2 + axis], filter[2 + axis], op.getStrides()[axis], before, after, op.getDilations()[axis]);
    if (count < 1)
      return op.emitOpError("'filter' spans ")
             << op.getDilations()[axis] * (filter[2 + axis] - 1) + 1 << unitOf(axis, axes)
             << " but the padded 'input' has " << in[2 + axis] + before + after;
    out.push_back(count);
  }
  return out;
}

/// A product and a sum for each tap of each element, and what follows them.
template <typename OpTy> int64_t convFlops(OpTy op) {
  if (!hasStaticShape(op.getFilter()))
    return 0;
  const int64_t perElement =
      2 * elementCount(shapeOf(op.getFilter()).drop_front()) + !isNone(op.getBias()) + op.getDoRelu();
  return saturatingProduct(perElement, elementCount(op.getOutput()));
}

} // namespace tpu_mlir::top::detail

#endif // TPU_MLIR_LIB_OPS_CONV_CONVCHECKS_H
