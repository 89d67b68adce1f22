//===- Shapes.h - Shape inference shared by the Top ops ---------*- C++ -*-===//
// What every op's shape inference has in common: only static shapes, one
// tensor result, a declared shape that must agree with the inferred one, numpy
// broadcasting and the sliding-window formula. The rule of each op is in its
// own file under lib/Ops.
#ifndef TPU_MLIR_DIALECT_TOP_IR_SHAPES_H
#define TPU_MLIR_DIALECT_TOP_IR_SHAPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>

namespace tpu_mlir::top {

using Shape = llvm::SmallVector<int64_t, 6>;
using OperandNames = llvm::ArrayRef<llvm::StringRef>;

/// "1x3x224x224"; "scalar" for rank 0.
std::string shapeText(llvm::ArrayRef<int64_t> shape);
/// a * b, or the largest number where that overflows.
int64_t saturatingProduct(int64_t a, int64_t b);
/// Elements of a static shape; saturates.
int64_t elementCount(llvm::ArrayRef<int64_t> shape);
/// Elements of a tensor of static shape; 0 for `none` and for shapes that are not known.
int64_t elementCount(mlir::Value value);
/// Shape of a tensor whose sizes are all known; asserts that they are.
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
/// Whether `value` is a tensor with a static shape.
bool hasStaticShape(mlir::Value value);
/// Whether the shapes of all operands (but absent ones) and results are known, so that the op's shape rule has been
/// checked.
bool hasStaticShapes(mlir::Operation *op);
/// The most elements a tensor may have; keeps the arithmetic on shapes far from overflow.
inline constexpr int64_t kMostElements = int64_t(1) << 40;
/// Whether a tensor can have that shape: no axis is empty and the elements are not too many.
bool isPossible(llvm::ArrayRef<int64_t> shape);
/// Whether an optional operand is absent.
bool isNone(mlir::Value value);
/// Whether `value` leaves the network: its name must survive rewriting.
bool isReturned(mlir::Value value);

/// numpy's broadcast of two shapes; failure when they do not fit.
mlir::FailureOr<Shape> broadcast(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

/// Positions of a window of `kernel` taps `dilation` apart that moves by `stride` over `size` + pads; below 1 when the
/// window does not fit.
int64_t windowCount(int64_t size, int64_t kernel, int64_t stride, int64_t padBefore, int64_t padAfter,
                    int64_t dilation = 1);

namespace detail {
using Rule = llvm::function_ref<mlir::FailureOr<Shape>()>;
mlir::LogicalResult verifyResult(mlir::Operation *op, OperandNames names, Rule rule);
mlir::LogicalResult inferResult(mlir::Operation *op, OperandNames names, Rule rule);
mlir::LogicalResult verifyRelu(mlir::Operation *op, bool doRelu, double limit);
mlir::LogicalResult verifySameShape(mlir::Operation *op);
mlir::LogicalResult inferSameShape(mlir::Operation *op);
} // namespace detail

/// Fails, with a diagnostic, unless the list attribute `name` has `count` elements of at least `least`.
mlir::LogicalResult verifyList(mlir::Operation *op, llvm::StringRef name, llvm::ArrayRef<int64_t> list, size_t count,
                               int64_t least);

/// Fails, with a diagnostic, when the static result shape is not the one that `rule` gives. Operands whose shape is not
/// known yet end the check. `names` are the ODS operand names; further operands belong to the last name.
template <typename OpTy>
mlir::LogicalResult verifyResult(OpTy op, mlir::FailureOr<Shape> (*rule)(OpTy), OperandNames names) {
  return detail::verifyResult(op, names, [&] { return rule(op); });
}
/// Gives the result the shape that `rule` computes and keeps its element type; operands of unknown shape are refused.
/// The op must verify.
template <typename OpTy>
mlir::LogicalResult inferResult(OpTy op, mlir::FailureOr<Shape> (*rule)(OpTy), OperandNames names) {
  return detail::inferResult(op, names, [&] { return rule(op); });
}
/// The trait of ops that can apply a relu to their own result.
template <typename ConcreteOp> class FusesRelu : public mlir::OpTrait::TraitBase<ConcreteOp, FusesRelu> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    auto concrete = mlir::cast<ConcreteOp>(op);
    return detail::verifyRelu(op, concrete.getDoRelu(), concrete.getReluLimit().convertToDouble());
  }
};

/// The trait of Top_ElementwiseOp: one input, a result of its shape, one operation per element (a transcendental
/// function counts as one) and one more for a fused relu.
template <typename ConcreteOp> class Elementwise : public mlir::OpTrait::TraitBase<ConcreteOp, Elementwise> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) { return detail::verifySameShape(op); }
  mlir::LogicalResult inferShape() { return detail::inferSameShape(this->getOperation()); }
  int64_t flops() {
    int64_t perElement = 1;
    if constexpr (requires(ConcreteOp concrete) { concrete.getDoRelu(); })
      perElement += mlir::cast<ConcreteOp>(this->getOperation()).getDoRelu();
    return saturatingProduct(perElement, elementCount(this->getOperation()->getResult(0)));
  }
};

} // namespace tpu_mlir::top

#endif // TPU_MLIR_DIALECT_TOP_IR_SHAPES_H
