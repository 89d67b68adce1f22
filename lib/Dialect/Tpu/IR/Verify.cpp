//===- Verify.cpp - Checks that Tpu verifiers share -----------------------===//
// Sentences that several verifiers share, so that one mistake has one wording.
// Sizes are bounded here once, so that arithmetic on them cannot overflow.
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <limits>

using namespace mlir;

namespace tpu_mlir {

/// Sizes beyond this would overflow the arithmetic on them; no tensor of the chip comes near.
static constexpr int64_t kMostElements = int64_t(1) << 40;

std::string whyNoFormat(Type element, bool mayBeInt32) {
  if (element.isF32() || element.isF16() || element.isBF16())
    return "";
  unsigned width = 0;
  if (auto q = dyn_cast<quant::UniformQuantizedType>(element)) {
    if (!(q.getScale() >= kSmallestScale && q.getScale() <= kLargestScale))
      return "its scale is no number between 1e-30 and 1e30";
    if (q.getZeroPoint() < q.getStorageTypeMin() || q.getZeroPoint() > q.getStorageTypeMax())
      return "its zero point is none of its integers";
    width = q.getStorageTypeIntegralWidth();
    bool isWhole = q.getStorageTypeMin() == quant::QuantizedType::getDefaultMinimumForInteger(q.isSigned(), width) &&
                   q.getStorageTypeMax() == quant::QuantizedType::getDefaultMaximumForInteger(q.isSigned(), width);
    if (!isWhole)
      return "its storage range is not that of its storage type";
  } else if (auto integer = dyn_cast<IntegerType>(element)) {
    width = integer.getWidth();
  }
  if (width == 8 || (mayBeInt32 && width == 32))
    return "";
  return mayBeInt32 ? "they are neither floats (f32, f16, bf16) nor integers of 8 or 32 bits"
                    : "they are neither floats (f32, f16, bf16) nor integers of 8 bits";
}

LogicalResult verifyTensors(Operation *op, ArrayRef<unsigned> int32) {
  auto check = [&](Value v, const Twine &what, bool mayBeInt32) -> LogicalResult {
    if (isa<NoneType>(v.getType()))
      return success();
    auto type = dyn_cast<RankedTensorType>(v.getType());
    if (!type || !type.hasStaticShape() || type.getRank() == 0)
      return op->emitOpError() << what << " needs a static shape of rank 1 or more, got " << v.getType();
    int64_t count = 1;
    for (int64_t d : type.getShape()) {
      if (d < 1 || d > kMostElements / count)
        return op->emitOpError() << what << " has a size that no tensor can have: " << type;
      count *= d;
    }
    if (std::string why = whyNoFormat(type.getElementType(), mayBeInt32); !why.empty())
      return op->emitOpError() << what << " has elements of " << type.getElementType() << ": " << why;
    auto address = dyn_cast_or_null<IntegerAttr>(type.getEncoding());
    if (type.getEncoding() && (!address || !address.getType().isSignlessInteger(64)))
      return op->emitOpError() << what << " has the encoding " << type.getEncoding() << "; an address is an i64";
    return success();
  };
  for (OpOperand &operand : op->getOpOperands())
    if (failed(check(operand.get(), "operand " + Twine(operand.getOperandNumber()),
                     llvm::is_contained(int32, operand.getOperandNumber()))))
      return failure();
  for (OpResult result : op->getResults())
    if (failed(check(result, "'output'", false)))
      return failure();
  return success();
}

LogicalResult verifyOneKind(Operation *op) {
  for (Value v : op->getOperands())
    if (isPresent(v) && !formatOf(v).isOneKindWith(formatOf(op->getResult(0))))
      return op->emitOpError() << "operands and 'output' are all integers or all floats of one format, got "
                               << v.getType() << " and " << op->getResult(0).getType();
  return success();
}

LogicalResult verifyOneKind(Operation *op, Value input, Value output) {
  if (!formatOf(input).isOneKindWith(formatOf(output)))
    return op->emitOpError() << "'input' and 'output' are both integers or both floats of one format, got "
                             << input.getType() << " and " << output.getType();
  return success();
}

LogicalResult verifyType(Operation *op, StringRef name, Value value, kernel::DType type) {
  if (isPresent(value) && formatOf(value).dtype != type)
    return op->emitOpError() << "'" << name << "' has elements of " << kernel::name(type) << " here, got "
                             << value.getType();
  return success();
}

LogicalResult verifySameShape(Operation *op, Value input, Value output) {
  if (shapeOf(input) != shapeOf(output))
    return op->emitOpError() << "'input' and 'output' have one shape, got " << input.getType() << " and "
                             << output.getType();
  return success();
}

LogicalResult verifyFloatMap(Operation *op, Value input, Value output) {
  if (failed(verifyTensors(op)) || failed(verifySameShape(op, input, output)))
    return failure();
  if (formatOf(input).isQuantized())
    return op->emitOpError() << "'input' has float elements here, got " << input.getType();
  return verifyOneKind(op, input, output);
}

LogicalResult verifySameFormat(Operation *op, Value input, Value output) {
  if (formatOf(input) != formatOf(output))
    return op->emitOpError() << "'input' and 'output' have one number format, got " << input.getType() << " and "
                             << output.getType();
  return success();
}

LogicalResult verifyArray(Operation *op, StringRef name, ArrayRef<int64_t> values, size_t count, int64_t least) {
  if (values.size() != count)
    return op->emitOpError() << "'" << name << "' has " << count << " entries, got " << values.size();
  for (int64_t v : values)
    if (v < least || v > std::numeric_limits<int32_t>::max())
      return op->emitOpError() << "'" << name << "' has entries of " << least << " or more, got " << v;
  return success();
}

LogicalResult verifyWindow(Operation *op, Value input, Value output, ArrayRef<int64_t> kernel,
                           ArrayRef<int64_t> strides, ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations) {
  if (failed(verifyArray(op, "kernel_shape", kernel, 2, 1)) || failed(verifyArray(op, "strides", strides, 2, 1)) ||
      failed(verifyArray(op, "pads", pads, 4, 0)) || failed(verifyArray(op, "dilations", dilations, 2, 1)))
    return failure();
  kernel::Dims in = nchwOf(input), out = nchwOf(output);
  if (in.n != out.n)
    return op->emitOpError() << "'input' has batch " << in.n << " but 'output' has " << out.n;
  kernel::Window w{kernel[0],    kernel[1], strides[0], strides[1], dilations[0],
                   dilations[1], pads[0],   pads[1],    pads[2],    pads[3]};
  bool fits = in.h + w.padTop + w.padBottom >= w.dilationH * (w.kh - 1) + 1 &&
              in.w + w.padLeft + w.padRight >= w.dilationW * (w.kw - 1) + 1;
  if (!fits || w.outH(in.h) != out.h || w.outW(in.w) != out.w)
    return op->emitOpError() << "the window takes " << in.h << " x " << in.w << " to " << (fits ? w.outH(in.h) : 0)
                             << " x " << (fits ? w.outW(in.w) : 0) << " but 'output' has " << out.h << " x " << out.w;
  return success();
}

LogicalResult verifyBroadcast(Operation *op, ValueRange inputs, Value output) {
  if (inputs.empty())
    return op->emitOpError() << "needs at least one input";
  ArrayRef<int64_t> out = shapeOf(output);
  for (Value v : inputs) {
    ArrayRef<int64_t> in = shapeOf(v);
    bool fits = in.size() <= out.size();
    for (size_t i = 0; fits && i < in.size(); ++i) {
      int64_t size = in[in.size() - 1 - i];
      fits = size == 1 || size == out[out.size() - 1 - i];
    }
    if (!fits)
      return op->emitOpError() << "an input of type " << v.getType() << " does not broadcast to " << output.getType();
  }
  return success();
}

LogicalResult verifyRequant(Operation *op, int64_t multiplier, int64_t rshift) {
  if (multiplier < std::numeric_limits<int32_t>::min() || multiplier > std::numeric_limits<int32_t>::max())
    return op->emitOpError() << "'multiplier' fits int32, got " << multiplier;
  if (rshift < -31 || rshift > 64)
    return op->emitOpError() << "'rshift' is between -31 and 64, got " << rshift
                             << ": the scales of what it reads and what it makes lie too far apart";
  return success();
}

} // namespace tpu_mlir
