//===- Formats.cpp - Number formats and shapes of Tpu values --------------===//
// The one place where element types of MLIR become number formats and back.
// Which formats an op accepts is its verifier's.
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;

namespace tpu_mlir {
using kernel::DType;

static DType integerFormat(unsigned width, bool isSigned) {
  switch (width) {
  case 1: // a byte, 0 or 1
    return DType::U8;
  case 4:
    return isSigned ? DType::I4 : DType::U4;
  case 8:
    return isSigned ? DType::I8 : DType::U8;
  case 16:
    return isSigned ? DType::I16 : DType::U16;
  default:
    return isSigned ? DType::I32 : DType::U32;
  }
}

NumberFormat formatOf(Type tensorType) {
  Type element = cast<ShapedType>(tensorType).getElementType();
  if (auto q = dyn_cast<quant::UniformQuantizedType>(element))
    return {integerFormat(q.getStorageTypeIntegralWidth(), q.isSigned()), q.getScale(), q.getZeroPoint()};
  if (auto i = dyn_cast<IntegerType>(element))
    return {integerFormat(i.getWidth(), !i.isUnsigned())};
  if (element.isF16())
    return {DType::F16};
  if (element.isBF16())
    return {DType::BF16};
  return {DType::F32};
}

Type plainTypeOf(MLIRContext *context, DType type) {
  switch (type) {
  case DType::F32:
    return Float32Type::get(context);
  case DType::F16:
    return Float16Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  default:
    return IntegerType::get(context, kernel::bitWidth(type),
                            kernel::isSigned(type) ? IntegerType::Signless : IntegerType::Unsigned);
  }
}

Type elementTypeOf(MLIRContext *context, const NumberFormat &f) {
  if (!f.isQuantized())
    return plainTypeOf(context, f.dtype);
  unsigned width = kernel::bitWidth(f.dtype);
  bool isSigned = kernel::isSigned(f.dtype);
  int64_t low = isSigned ? -(int64_t(1) << (width - 1)) : 0;
  int64_t high = isSigned ? (int64_t(1) << (width - 1)) - 1 : (int64_t(1) << width) - 1;
  return quant::UniformQuantizedType::get(isSigned ? quant::QuantizationFlags::Signed : 0,
                                          IntegerType::get(context, width), Float32Type::get(context), f.scale,
                                          f.zeroPoint, low, high);
}

ArrayRef<int64_t> shapeOf(Value v) { return cast<ShapedType>(v.getType()).getShape(); }

kernel::Dims nchwOf(ArrayRef<int64_t> shape, size_t rank) {
  SmallVector<int64_t> s(rank > shape.size() ? rank - shape.size() : 0, 1);
  s.append(shape.begin(), shape.end());
  if (s.empty())
    return {1, 1, 1, 1};
  if (s.size() == 1)
    return {1, s[0], 1, 1};
  kernel::Dims d{s[0], s[1], 1, 1};
  if (s.size() > 2)
    d.h = s[2];
  for (size_t i = 3; i < s.size(); ++i)
    d.w *= s[i];
  return d;
}

bool isPresent(Value v) { return v && !isa<NoneType>(v.getType()); }

bool isWeight(Value v) { return isa_and_nonnull<top::WeightOp>(v.getDefiningOp()); }

uint64_t addressOf(Value v) {
  if (auto weight = dyn_cast_or_null<top::WeightOp>(v.getDefiningOp()))
    return weight.getAddress().value_or(0);
  auto type = dyn_cast<RankedTensorType>(v.getType());
  auto address = type ? dyn_cast_or_null<IntegerAttr>(type.getEncoding()) : IntegerAttr();
  return address ? address.getInt() : 0;
}

} // namespace tpu_mlir
