//===- Computes.cpp - Arithmetic of floats inside a lowering --------------===//
// Each makes the op, with its name and shape. What the ops are on a chip is their
// own files'.
#include "tpu_mlir/Ops/Computes.h"
#include "tpu_mlir/Dialect/Top/IR/Shapes.h"

using namespace mlir;

namespace tpu_mlir {

Type Computes::typeOf(ArrayRef<int64_t> shape) const { return RankedTensorType::get(shape, l.builder.getF32Type()); }

Type Computes::broadcastOf(Value a, Value b) const { return typeOf(*top::broadcast(shapeOf(a), shapeOf(b))); }

Value Computes::product(Value x, Value matrix, Value bias, StringRef role) {
  SmallVector<int64_t> shape(shapeOf(x));
  shape.back() = shapeOf(matrix)[0];
  Value none = l.none(op->getLoc());
  return tpu::MatMulOp::create(
      l.builder, l.roleOf(op, role), TypeRange{typeOf(shape)}, ValueRange{x, matrix, bias ? bias : none, none},
      ArrayRef<NamedAttribute>{l.builder.getNamedAttr("weight_form", l.builder.getUnitAttr())});
}

Value Computes::sum(Value a, Value b, StringRef role, bool subtracts) {
  return tpu::AddOp::create(l.builder, l.roleOf(op, role), TypeRange{broadcastOf(a, b)}, ValueRange{a, b},
                            ArrayRef<NamedAttribute>{l.builder.getNamedAttr(
                                "coeff", l.builder.getDenseF64ArrayAttr({1.0, subtracts ? -1.0 : 1.0}))});
}

Value Computes::times(Value a, Value b, StringRef role) {
  return tpu::MulOp::create(l.builder, l.roleOf(op, role), TypeRange{broadcastOf(a, b)}, ValueRange{a, b},
                            ArrayRef<NamedAttribute>{});
}

Value Computes::function(Value x, StringRef name, StringRef role) {
  return tpu::ActiveOp::create(
      l.builder, l.roleOf(op, role), TypeRange{x.getType()}, ValueRange{x},
      ArrayRef<NamedAttribute>{l.builder.getNamedAttr("function", l.builder.getStringAttr(name))});
}

Value Computes::weight(ArrayRef<float> elements, ArrayRef<int64_t> shape, StringRef role) {
  return l.addFloats(op, role, elements, shape, kernel::DType::F32);
}

} // namespace tpu_mlir
