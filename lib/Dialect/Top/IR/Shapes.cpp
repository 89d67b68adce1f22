//===- Shapes.cpp - Shape inference shared by the Top ops -----------------===//
// The frame of shape inference and its verification; knows no op.
#include "tpu_mlir/Dialect/Top/IR/Shapes.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <cassert>
#include <limits>

using namespace mlir;

namespace tpu_mlir::top {

std::string shapeText(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + (ShapedType::isDynamic(size) ? std::string("?") : std::to_string(size));
  return text;
}

int64_t saturatingProduct(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

int64_t elementCount(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count = saturatingProduct(count, size);
  return count;
}

bool isPossible(ArrayRef<int64_t> shape) {
  return llvm::all_of(shape, [](int64_t size) { return size >= 1; }) && elementCount(shape) <= kMostElements;
}

bool hasStaticShape(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.hasStaticShape();
}

bool hasStaticShapes(Operation *op) {
  auto isKnown = [](Value value) { return isNone(value) || hasStaticShape(value); };
  return llvm::all_of(op->getOperands(), isKnown) && llvm::all_of(op->getResults(), isKnown);
}

int64_t elementCount(Value value) { return hasStaticShape(value) ? elementCount(shapeOf(value)) : 0; }

ArrayRef<int64_t> shapeOf(Value value) {
  assert(hasStaticShape(value));
  return cast<RankedTensorType>(value.getType()).getShape();
}

bool isNone(Value value) { return isa<NoneType>(value.getType()); }

bool isReturned(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) { return user->hasTrait<OpTrait::IsTerminator>(); });
}

FailureOr<Shape> broadcast(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Shape shape(a);
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t &size = shape[a.size() - 1 - i], other = b[b.size() - 1 - i];
    if (size == 1)
      size = other;
    else if (other != size && other != 1)
      return failure();
  }
  return shape;
}

int64_t windowCount(int64_t size, int64_t kernel, int64_t stride, int64_t padBefore, int64_t padAfter,
                    int64_t dilation) {
  int64_t extent = dilation * (kernel - 1) + 1, room = size + padBefore + padAfter - extent;
  return room < 0 ? 0 : room / stride + 1;
}

LogicalResult verifyList(Operation *op, StringRef name, ArrayRef<int64_t> list, size_t count, int64_t least) {
  if (list.size() != count)
    return op->emitOpError("'") << name << "' must have " << count << " elements, but it has " << list.size();
  // No tensor is longer; larger numbers would overflow the arithmetic on shapes.
  constexpr int64_t most = int64_t(1) << 31;
  for (int64_t value : list)
    if (value < least || value > most)
      return op->emitOpError("'") << name << "' has the element " << value << "; "
                                  << (value < least ? "the least possible is " : "the largest possible is ")
                                  << (value < least ? least : most);
  return success();
}

namespace detail {

/// "filter", or "inputs[2]" for the operands of a variadic group.
static std::string operandName(Operation *op, OperandNames names, unsigned index) {
  if (op->getNumOperands() <= names.size())
    return names[index].str();
  unsigned last = names.size() - 1;
  return index < last ? names[index].str() : (names[last] + "[" + Twine(index - last) + "]").str();
}

static std::optional<unsigned> firstUnknown(Operation *op) {
  for (OpOperand &operand : op->getOpOperands())
    if (!isNone(operand.get()) && !hasStaticShape(operand.get()))
      return operand.getOperandNumber();
  return std::nullopt;
}

static LogicalResult checkShape(Operation *op, StringRef name, ArrayRef<int64_t> shape) {
  if (isPossible(shape))
    return success();
  bool isEmpty = llvm::any_of(shape, [](int64_t size) { return size < 1; });
  return op->emitOpError("'") << name << "' has shape " << shapeText(shape) << ", which is "
                              << (isEmpty ? "empty" : "larger than 2^40 elements");
}

/// The result's shape by the rule of an op whose operands are all known.
static FailureOr<Shape> apply(Operation *op, OperandNames names, Rule rule) {
  for (OpOperand &operand : op->getOpOperands())
    if (!isNone(operand.get()) &&
        failed(checkShape(op, operandName(op, names, operand.getOperandNumber()), shapeOf(operand.get()))))
      return failure();
  FailureOr<Shape> shape = rule();
  if (failed(shape) || failed(checkShape(op, "output", *shape)))
    return failure();
  return shape;
}

LogicalResult verifyResult(Operation *op, OperandNames names, Rule rule) {
  if (firstUnknown(op))
    return success();
  FailureOr<Shape> shape = apply(op, names, rule);
  if (failed(shape))
    return failure();
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || succeeded(verifyCompatibleShape(type.getShape(), *shape)))
    return success();
  return op->emitOpError("'output' has shape ")
         << shapeText(type.getShape()) << " but operands and attributes give " << shapeText(*shape);
}

LogicalResult inferResult(Operation *op, OperandNames names, Rule rule) {
  if (auto unknown = firstUnknown(op))
    return op->emitOpError("'") << operandName(op, names, *unknown) << "' has type "
                                << op->getOperand(*unknown).getType()
                                << ", but shape inference needs every size of every operand";
  FailureOr<Shape> shape = apply(op, names, rule);
  if (failed(shape))
    return failure();
  Value result = op->getResult(0);
  result.setType(RankedTensorType::get(*shape, cast<TensorType>(result.getType()).getElementType()));
  return success();
}

LogicalResult verifyRelu(Operation *op, bool doRelu, double limit) {
  if (!doRelu && limit != -1)
    return op->emitOpError("'relu_limit' is ") << limit << " but 'do_relu' is false";
  if (limit > 0 || limit == -1)
    return success();
  return op->emitOpError("'relu_limit' is ") << limit << "; it must be positive, or -1 for no limit";
}

static FailureOr<Shape> inputShape(Operation *op) { return Shape(shapeOf(op->getOperand(0))); }

LogicalResult verifySameShape(Operation *op) {
  return verifyResult(op, {"input"}, [&] { return inputShape(op); });
}

LogicalResult inferSameShape(Operation *op) {
  return inferResult(op, {"input"}, [&] { return inputShape(op); });
}

} // namespace detail
} // namespace tpu_mlir::top
