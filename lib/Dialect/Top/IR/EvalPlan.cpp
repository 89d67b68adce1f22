//===- EvalPlan.cpp - A Top module as a graph for the host ----------------===//
// Numbering of tensors, and weights as fp32 arrays.
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Kernel/Float.h"

#include <cstring>

using namespace mlir;

namespace tpu_mlir {

bool EvalPlan::isConstant(Value value) { return value.getDefiningOp<top::WeightOp>() != nullptr; }

/// Element `i` of a weight array as its file stores it.
static double elementOf(const top::WeightArray &array, bool isBf16, int64_t i) {
  auto read = [&]<typename T>(T) {
    T value;
    std::memcpy(&value, static_cast<const uint8_t *>(array.data) + i * sizeof(T), sizeof(T));
    return value;
  };
  switch (array.kind == 'f' ? array.itemBytes : array.kind == 'i' ? 16 + array.itemBytes : 32 + array.itemBytes) {
  case 2:
    return kernel::f16ToF32(read(uint16_t()));
  case 4:
    return read(float());
  case 8:
    return read(double());
  case 17:
    return read(int8_t());
  case 18:
    return read(int16_t());
  case 20:
    return read(int32_t());
  case 24:
    return static_cast<double>(read(int64_t()));
  case 33:
    return read(uint8_t());
  case 34:
    return isBf16 ? kernel::bf16ToF32(read(uint16_t())) : read(uint16_t());
  case 36:
    return read(uint32_t());
  default:
    return static_cast<double>(read(uint64_t()));
  }
}

FailureOr<ArrayRef<float>> EvalPlan::constant(Operation *user, Value value) {
  auto weight = value.getDefiningOp<top::WeightOp>();
  if (!weight && value.getDefiningOp())
    return user->emitOpError("needs '") << top::nameOf(value) << "' to be a weight, but "
                                        << value.getDefiningOp()->getName() << " computes it";
  if (!weight)
    return user->emitOpError("reads an argument of the function, which only top.Input may do");
  StringRef name = top::nameOf(weight);
  const top::WeightArray *array = weights.find(name);
  int64_t count = top::elementCount(value);
  if (!array)
    return weight->emitOpError("has no array '") << name << "' in the weight file";
  if (static_cast<int64_t>(array->bytes) != count * array->itemBytes)
    return weight->emitOpError("has ") << count << " elements but its array has " << array->bytes / array->itemBytes;
  std::optional<ArrayRef<double>> scale = weight.getScale();
  bool isAligned = reinterpret_cast<uintptr_t>(array->data) % alignof(float) == 0;
  if (array->kind == 'f' && array->itemBytes == 4 && !scale && isAligned)
    return ArrayRef<float>(static_cast<const float *>(array->data), count);
  bool isBf16 = cast<TensorType>(value.getType()).getElementType().isBF16();
  std::vector<float> &out = converted.emplace_back(count);
  // One scale for all elements, or one per index of the first axis.
  int64_t perScale = scale && !scale->empty() ? std::max<int64_t>(1, count / scale->size()) : 1;
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(
        elementOf(*array, isBf16, i) *
        (scale && !scale->empty() ? (*scale)[std::min<size_t>(i / perScale, scale->size() - 1)] : 1));
  return ArrayRef<float>(out);
}

int EvalPlan::define(Value value) {
  int number = static_cast<int>(graph.tensors.size());
  graph.tensors.push_back({top::nameOf(value).str(), top::shapeOf(value).vec()});
  // A weight's elements are what its user reads them as; that of other types no network has is checked with their use.
  if (!isConstant(value))
    graph.tensors.back().element = top::elementOf(value).value_or(host::Element::F32);
  numbers[value] = number;
  return number;
}

FailureOr<int> EvalPlan::tensorOf(Operation *user, Value value) {
  if (auto found = numbers.find(value); found != numbers.end())
    return found->second;
  FailureOr<ArrayRef<float>> data = constant(user, value);
  if (failed(data))
    return failure();
  int number = define(value);
  graph.tensors[number].constant = data->data();
  return number;
}

FailureOr<int> EvalPlan::ownConstant(Operation *user, Value value) {
  auto element = top::elementOf(value);
  if (!element || *element == host::Element::F32)
    return tensorOf(user, value);
  if (auto found = ownConstants.find(value); found != ownConstants.end())
    return found->second;
  auto weight = value.getDefiningOp<top::WeightOp>();
  StringRef name = top::nameOf(weight);
  const top::WeightArray *array = weights.find(name);
  if (!array)
    return weight->emitOpError("has no array '") << name << "' in the weight file";
  int64_t bytes = top::elementCount(value) * host::sizeOf(*element);
  if (static_cast<int64_t>(array->bytes) != bytes)
    return weight->emitOpError("needs ") << bytes << " bytes but its array has " << array->bytes;
  int number = define(value);
  numbers.erase(value);
  graph.tensors[number].element = *element;
  graph.tensors[number].constant = array->data;
  if (reinterpret_cast<uintptr_t>(array->data) % host::sizeOf(*element)) {
    // Eight bytes at a time are aligned for every type.
    std::vector<float> &copy = converted.emplace_back(bytes / sizeof(float) + 2);
    auto *at = reinterpret_cast<uint8_t *>(copy.data());
    at += -reinterpret_cast<uintptr_t>(at) % 8;
    std::memcpy(at, array->data, bytes);
    graph.tensors[number].constant = at;
  }
  ownConstants[value] = number;
  return number;
}

LogicalResult EvalPlan::checkElements(Operation *op) {
  const host::Item &item = graph.items.back();
  auto elementOf = [&](int tensor) { return graph.tensors[tensor].element; };
  auto refuse = [&](int tensor, StringRef why) {
    return op->emitOpError() << "'" << top::nameOf(op) << "' " << why << ", but '" << graph.tensors[tensor].name
                             << "' has elements of " << host::nameOf(elementOf(tensor));
  };
  if (std::holds_alternative<host::Convert>(item.work) || std::holds_alternative<host::Compare>(item.work) ||
      std::holds_alternative<host::Select>(item.work) || std::holds_alternative<host::Nms>(item.work))
    return success(); // whose verifiers know their types
  bool isMove = std::holds_alternative<host::View>(item.work) || std::holds_alternative<host::Concat>(item.work) ||
                std::holds_alternative<host::Gather>(item.work);
  host::Element wanted = isMove ? elementOf(item.output) : host::Element::F32;
  if (elementOf(item.output) != wanted || (!item.posts.empty() && wanted != host::Element::F32))
    return refuse(item.output, "computes with floats");
  for (int input : item.inputs)
    if (elementOf(input) != wanted)
      return refuse(input, isMove ? "moves elements as they are" : "computes with floats");
  return success();
}

LogicalResult EvalPlan::append(Operation *op, host::Work what, ArrayRef<Value> operands,
                               std::vector<UnaryFunction> posts) {
  std::vector<int> inputs;
  for (Value operand : operands) {
    if (top::isNone(operand))
      continue;
    bool isTyped = llvm::any_of(op->getResults(), [](Value v) { return top::elementOf(v) != host::Element::F32; }) ||
                   std::holds_alternative<host::Convert>(what);
    FailureOr<int> number = isTyped && isConstant(operand) ? ownConstant(op, operand) : tensorOf(op, operand);
    if (failed(number))
      return failure();
    inputs.push_back(*number);
  }
  return append(op, std::move(what), std::move(inputs), std::move(posts));
}

LogicalResult EvalPlan::append(Operation *op, host::Work what, std::vector<int> inputs,
                               std::vector<UnaryFunction> posts) {
  host::Item item{std::move(what), std::move(inputs), 0, std::move(posts), {}};
  for (Value result : op->getResults())
    if (!top::elementOf(result))
      return op->emitOpError() << "has a result of type " << result.getType() << ", which the host does not compute";
  item.output = define(op->getResult(0));
  for (Value result : op->getResults().drop_front())
    item.moreOutputs.push_back(define(result));
  graph.items.push_back(std::move(item));
  return checkElements(op);
}

int EvalPlan::step(host::Work what, std::vector<int> inputs, std::vector<int64_t> dims,
                   std::vector<UnaryFunction> posts) {
  const int number = static_cast<int>(graph.tensors.size());
  graph.tensors.push_back({"", std::move(dims)});
  graph.items.push_back({std::move(what), std::move(inputs), number, std::move(posts), {}});
  return number;
}

int EvalPlan::addConstant(std::vector<float> elements, std::vector<int64_t> dims) {
  return addConstantView(converted.emplace_back(std::move(elements)), std::move(dims));
}

int EvalPlan::addConstantView(ArrayRef<float> elements, std::vector<int64_t> dims) {
  const int number = static_cast<int>(graph.tensors.size());
  graph.tensors.push_back({"", std::move(dims), host::Element::F32, elements.data()});
  return number;
}

} // namespace tpu_mlir
