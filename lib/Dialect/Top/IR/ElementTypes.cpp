//===- ElementTypes.cpp - What the elements of a tensor are ---------------===//
// One list of the element types that tensors of a network have.
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"

using namespace mlir;

namespace tpu_mlir::top {
using host::Element;

static constexpr Element kAll[] = {Element::F32, Element::I64, Element::I32, Element::I8, Element::U8, Element::Bool};

Type typeOf(MLIRContext *context, Element element) {
  switch (element) {
  case Element::F32:
    return Float32Type::get(context);
  case Element::I64:
  case Element::I32:
  case Element::I8:
    return IntegerType::get(context, host::sizeOf(element) * 8);
  case Element::U8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case Element::Bool:
    break;
  }
  return IntegerType::get(context, 1);
}

std::optional<Element> elementOf(Type tensorType) {
  auto shaped = dyn_cast<ShapedType>(tensorType);
  if (!shaped)
    return std::nullopt;
  Type type = shaped.getElementType();
  if (isa<quant::QuantizedType, FloatType>(type))
    return Element::F32;
  for (Element element : kAll)
    if (typeOf(type.getContext(), element) == type)
      return element;
  return std::nullopt;
}

std::optional<Element> elementNamed(StringRef name) {
  for (Element element : kAll)
    if (name == host::nameOf(element))
      return element;
  return std::nullopt;
}

LogicalResult verifyElement(Operation *op, StringRef name, Value v, Element wanted) {
  if (elementOf(v) == wanted)
    return success();
  return op->emitOpError("'") << name << "' has type " << v.getType() << "; expected elements of "
                              << typeOf(op->getContext(), wanted);
}

LogicalResult verifySameElement(Operation *op, StringRef aName, Value a, StringRef bName, Value b) {
  if (elementOf(a) && elementOf(a) == elementOf(b))
    return success();
  return op->emitOpError("'") << aName << "' has type " << a.getType() << " and '" << bName << "' has type "
                              << b.getType() << "; expected elements of one type";
}

} // namespace tpu_mlir::top
