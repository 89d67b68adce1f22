//===- TpuInterpreter.cpp - The Tpu dialect on the host -------------------===//
// Runs the form of each op on kernels over whole tensors: the same arithmetic
// that code generation emits over tiles; and ops of the host as lib/Host does.
// Values are freed after their last use unless all are kept.
#include "tpu_mlir/Interpreter/TpuInterpreter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Dialect/Top/IR/CountedNames.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Host/Evaluator.h"
#include "tpu_mlir/Host/Stored.h"
#include "tpu_mlir/Interpreter/HostWeights.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Support/Memory.h"

#include "llvm/ADT/SetVector.h"

#include <cstring>

using namespace mlir;

namespace tpu_mlir {

namespace {

using Bytes = std::shared_ptr<std::vector<uint8_t>>;

/// An op of the host, with the numbers of its operands and results in its graph.
struct HostStep {
  std::unique_ptr<EvalPlan> plan;
  std::unique_ptr<host::Evaluator> evaluator;
};

class TpuInterpreter : public Interpreter {
public:
  explicit TpuInterpreter(func::FuncOp function) : function(function) {
    for (Operation &op : function.getBody().front()) {
      if (isa<top::InputOp>(op)) {
        inputs.push_back(top::nameOf(&op).str());
        add(op.getResult(0));
      } else if (isa<FormInterface>(op) || top::isHostOp(&op)) {
        ops.push_back(&op);
        for (Value result : op.getResults())
          add(result);
      }
    }
    for (const host::CountedName &name : top::countedNames(function->getParentOfType<ModuleOp>()))
      if (values.contains(name.tensor) && values.contains(name.by))
        counted[name.tensor] = name;
    for (Value v : function.getBody().front().getTerminator()->getOperands())
      outputs.push_back(top::nameOf(v).str());
  }

  /// Fails, with a diagnostic, when a weight is missing.
  LogicalResult prepare() {
    for (Operation *op : ops) {
      if (top::isHostOp(op)) {
        forms.emplace_back(View{});
        if (failed(prepareHost(op)))
          return failure();
        continue;
      }
      forms.push_back(cast<FormInterface>(op).form());
      if (auto *recipe = std::get_if<Recipe>(&forms.back()))
        setRoundings(*recipe, targetOf(op));
      for (Value v : op->getOperands())
        if (auto weight = dyn_cast_or_null<top::WeightOp>(v.getDefiningOp()))
          if (failed(weights.check(weight)))
            return failure();
    }
    return success();
  }

  const std::vector<std::string> &inputNames() const override { return inputs; }
  const std::vector<std::string> &outputNames() const override { return outputs; }
  const std::vector<std::string> &tensorNames() const override { return names; }

  std::optional<HostTensor> tensor(StringRef name) override {
    auto found = values.find(name);
    if (found == values.end())
      return std::nullopt;
    Value v = found->second;
    NumberFormat format = formatOf(v);
    auto data = stored.find(v);
    HostTensor tensor;
    tensor.dtype = format.dtype, tensor.shape = shapeOf(v).vec();
    tensor.scale = format.scale, tensor.zeroPoint = format.zeroPoint;
    if (isOwnInteger(v))
      tensor.own = *top::elementOf(v);
    tensor.data = data == stored.end() ? nullptr : data->second->data();
    if (auto found = counted.find(name); found != counted.end())
      if (auto count = stored.find(values.lookup(found->second.by)); count != stored.end()) {
        tensor.countedAxis = found->second.axis;
        int32_t number;
        std::memcpy(&number, count->second->data(), sizeof number);
        tensor.valid = number;
      }
    return tensor;
  }

  void setInputBytes(StringRef name, const void *data) override {
    auto bytes = static_cast<const uint8_t *>(data);
    stored[values[name]] = std::make_shared<std::vector<uint8_t>>(bytes, bytes + tensor(name)->bytes());
  }

  LogicalResult invoke(bool keepAll) override {
    for (const std::string &name : inputs)
      if (!stored.contains(values[name]))
        stored[values[name]] = std::make_shared<std::vector<uint8_t>>(tensor(name)->bytes());
    llvm::DenseMap<Value, int> uses;
    for (Operation *op : ops)
      for (Value v : op->getOperands())
        ++uses[v];
    for (const std::string &name : outputs)
      ++uses[values[name]];
    for (const std::string &name : inputs)
      ++uses[values[name]];
    for (const auto &entry : counted)
      ++uses[values[entry.second.by]];
    for (auto [op, form] : llvm::zip(ops, forms)) {
      if (top::isHostOp(op)) {
        if (failed(runHost(op)))
          return failure();
      } else {
        run(op, form);
      }
      for (Value v : op->getOperands()) {
        if (auto weight = dyn_cast_or_null<top::WeightOp>(v.getDefiningOp()))
          weights.release(weight);
        if (--uses[v] == 0 && !keepAll)
          stored.erase(v);
      }
    }
    return success();
  }

private:
  void add(Value v) {
    names.push_back(top::nameOf(v).str());
    values[names.back()] = v;
  }

  /// Integers of the network itself, which only the host touches. Those of lowered ops are quantised types.
  static bool isOwnInteger(Value v) {
    auto element = top::elementOf(v);
    return element && *element != host::Element::F32;
  }

  LogicalResult prepareHost(Operation *op) {
    HostStep step;
    auto &store = op->getContext()->getLoadedDialect<top::TopDialect>()->weights();
    step.plan = std::make_unique<EvalPlan>(store);
    for (Value v : llvm::SetVector<Value>(op->operand_begin(), op->operand_end()))
      if (isPresent(v) && !isWeight(v))
        step.plan->addInput(v);
    if (failed(cast<EvalInterface>(op).plan(*step.plan)))
      return failure();
    for (Value v : op->getResults())
      step.plan->addOutput(*step.plan->tensorOf(op, v));
    step.evaluator = std::make_unique<host::Evaluator>(step.plan->get());
    hostSteps[op] = std::move(step);
    return success();
  }

  LogicalResult runHost(Operation *op) {
    HostStep &step = hostSteps[op];
    const host::Graph &graph = step.evaluator->graph();
    for (int number : graph.inputs) {
      const host::Tensor &tensor = graph.tensors[number];
      host::load(tensor.element, stored.lookup(values.lookup(tensor.name))->data(), tensor.count(),
                 step.evaluator->input(number));
    }
    step.evaluator->run();
    for (auto [number, v] : llvm::zip(graph.outputs, op->getResults())) {
      const host::Tensor &tensor = graph.tensors[number];
      auto bytes = std::make_shared<std::vector<uint8_t>>(tensor.count() * host::storedSizeOf(tensor.element));
      const void *data = step.evaluator->data(number);
      if (int64_t bad = host::store(tensor.element, data, tensor.count(), bytes->data()); bad >= 0)
        return op->emitOpError() << "'" << tensor.name << "' has " << static_cast<const int64_t *>(data)[bad]
                                 << " as its element " << bad << ", which does not fit the chip's 32 bits";
      stored[v] = std::move(bytes);
    }
    return success();
  }

  void run(Operation *op, const Form &form) {
    Value result = op->getResult(0);
    if (std::holds_alternative<View>(form)) {
      // A copy, not a reference into the map: storing the result may move all that the map holds.
      Bytes bytes = stored.lookup(op->getOperand(0));
      if (!bytes) { // a view of a weight
        auto *data = static_cast<const uint8_t *>(weights.data(op->getOperand(0).getDefiningOp<top::WeightOp>()));
        bytes = std::make_shared<std::vector<uint8_t>>(data, data + bytesOf(result));
      }
      stored[result] = std::move(bytes);
      return;
    }
    HostOperands host{{}, {formatOf(result).dtype, nchwOf(result), nullptr}};
    for (Value v : op->getOperands()) {
      const void *data = nullptr;
      if (auto weight = dyn_cast_or_null<top::WeightOp>(v.getDefiningOp()))
        data = weights.data(weight);
      else if (isPresent(v))
        data = stored.at(v)->data();
      if (isPresent(v))
        host.operands.emplace_back(formatOf(v).dtype, nchwOf(v), data);
      else
        host.operands.emplace_back(kernel::DType::F32, Dims{}, nullptr);
    }
    requireMemory(uint64_t(bytesOf(result)), "tensor '" + top::nameOf(result).str() + "'");
    auto bytes = std::make_shared<std::vector<uint8_t>>(bytesOf(result));
    host.result.data = bytes->data();
    if (auto *recipe = std::get_if<Recipe>(&form))
      runRecipe(*recipe, host);
    else
      runCopy(std::get<CopyProgram>(form), host);
    stored[result] = bytes;
  }

  static int64_t bytesOf(Value v) {
    return cast<ShapedType>(v.getType()).getNumElements() * kernel::byteSize(formatOf(v).dtype);
  }

  func::FuncOp function;
  HostWeights weights;
  std::vector<Operation *> ops;
  std::vector<Form> forms;
  std::vector<std::string> inputs, outputs, names;
  llvm::StringMap<Value> values;
  llvm::DenseMap<Value, Bytes> stored;
  llvm::DenseMap<Operation *, HostStep> hostSteps;
  llvm::StringMap<host::CountedName> counted;
};

} // namespace

FailureOr<std::unique_ptr<Interpreter>> createTpuInterpreter(ModuleOp module) {
  if (failed(checkLowered(module, "the interpreter")))
    return failure();
  auto interpreter = std::make_unique<TpuInterpreter>(*module.getOps<func::FuncOp>().begin());
  if (failed(interpreter->prepare()))
    return failure();
  return FailureOr<std::unique_ptr<Interpreter>>(std::move(interpreter));
}

} // namespace tpu_mlir
