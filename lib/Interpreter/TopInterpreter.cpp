//===- TopInterpreter.cpp - The Top dialect in fp32 on the host -----------===//
// Turns a module into a plan when it is loaded, and the plan into programs when
// they are first needed: one that computes the outputs only, with joined steps
// and shared memory, and one that leaves every tensor behind.
#include "tpu_mlir/Interpreter/TopInterpreter.h"
#include "Compile.h"
#include "Fuse.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Support/Memory.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

#include <cassert>
#include <cstring>

using namespace mlir;

namespace tpu_mlir {

namespace {

class TopInterpreter : public Interpreter {
public:
  TopInterpreter(const top::WeightStore &weights, const TopInterpreterOptions &options)
      : weights(weights), plan(weights), options(options),
        dnnl(options.useDnnl ? eval::DnnlContext::create() : nullptr) {
    if (dnnl)
      dnnl->onPacked = [this](std::span<const float> constant) { release(constant); };
  }

  LogicalResult load(ModuleOp module);
  const std::vector<std::string> &inputNames() const override { return inputs; }
  const std::vector<std::string> &outputNames() const override { return outputs; }
  const std::vector<std::string> &tensorNames() const override { return names; }
  std::optional<HostTensor> tensor(StringRef name) override;
  void setInputBytes(StringRef name, const void *data) override;
  LogicalResult invoke(bool keepAll) override;

private:
  LogicalResult enter(Operation &op);
  LogicalResult enterInput(top::InputOp op);
  std::unique_ptr<eval::Compiled> compile(bool keepAll);
  void release(std::span<const float> constant);
  const float *plainData(int number);

  const top::WeightStore &weights;
  EvalPlan plan;
  TopInterpreterOptions options;
  std::unique_ptr<eval::DnnlContext> dnnl;
  std::vector<std::string> inputs, outputs, names;
  std::vector<int> inputNumbers, outputNumbers;
  llvm::StringMap<int> numbers;
  /// Memory of the inputs, by tensor number.
  llvm::DenseMap<int, std::vector<float>> inputData;
  /// The program of the last run, and whether it kept all tensors.
  eval::Compiled *last = nullptr;
  std::unique_ptr<eval::Compiled> forOutputs, forAll;
  std::vector<float> rowMajor; ///< the tensor read last, where its program has it in another layout
};

LogicalResult TopInterpreter::load(ModuleOp module) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || function.getBody().getBlocks().size() != 1)
    return module.emitError("this module has no function 'main' of one block to run");
  for (Operation &op : function.getBody().front())
    if (failed(enter(op)))
      return failure();
  return success();
}

LogicalResult TopInterpreter::enter(Operation &op) {
  if (isa<top::WeightOp, top::NoneOp>(op))
    return success();
  for (Value result : op.getResults())
    if (!top::hasStaticShape(result))
      return op.emitOpError("has a result of type ") << result.getType() << "; run the pass shape-infer first";
  if (auto input = dyn_cast<top::InputOp>(op))
    return enterInput(input);
  if (llvm::any_of(op.getOperands(), [](Value operand) { return isa<BlockArgument>(operand); }))
    return op.emitOpError("takes an argument of the function; only top.Input does");
  if (op.hasTrait<OpTrait::IsTerminator>()) {
    for (Value result : op.getOperands()) {
      FailureOr<int> number = plan.tensorOf(&op, result);
      if (failed(number))
        return failure();
      outputs.push_back(top::nameOf(result).str());
      outputNumbers.push_back(*number);
      numbers[outputs.back()] = *number;
    }
    return success();
  }
  auto evaluated = dyn_cast<EvalInterface>(op);
  if (!evaluated)
    return op.emitOpError("cannot be computed in fp32: it is not part of the Top dialect's arithmetic");
  if (failed(evaluated.plan(plan)))
    return failure();
  names.push_back(top::nameOf(&op).str());
  numbers[names.back()] = plan.items().back().output;
  return success();
}

LogicalResult TopInterpreter::enterInput(top::InputOp op) {
  int number = plan.addInput(op.getOutput());
  inputs.push_back(top::nameOf(op).str());
  inputNumbers.push_back(number);
  names.push_back(inputs.back());
  numbers[inputs.back()] = number;
  requireMemory(uint64_t(top::elementCount(op.getOutput())) * sizeof(float), "input '" + inputs.back() + "'");
  inputData[number].assign(top::elementCount(op.getOutput()), 0);
  return success();
}

std::unique_ptr<eval::Compiled> TopInterpreter::compile(bool keepAll) {
  const std::vector<eval::Tensor> &tensors = plan.tensors();
  std::vector<bool> isKept(tensors.size());
  std::vector<const float *> inputMemory(tensors.size());
  for (int number : outputNumbers)
    isKept[number] = true;
  for (int number : inputNumbers) {
    isKept[number] = true;
    inputMemory[number] = inputData[number].data();
  }
  std::vector<eval::Item> items = plan.items();
  if (!keepAll && options.fuse)
    items = eval::fuse(
        items, tensors, isKept, dnnl ? eval::DnnlContext::hasFunction : +[](const UnaryFunction &) { return true; },
        dnnl != nullptr);
  return std::make_unique<eval::Compiled>(
      eval::compile({std::move(items), tensors, std::move(inputMemory), outputNumbers, keepAll, dnnl.get()}));
}

LogicalResult TopInterpreter::invoke(bool keepAll) {
  std::unique_ptr<eval::Compiled> &compiled = keepAll ? forAll : forOutputs;
  if (!compiled)
    compiled = compile(keepAll);
  last = compiled.get();
  last->program.run([this](std::span<const float> constant) { release(constant); });
  return success();
}

/// Large weights are read where their file has them, and need not stay in memory behind it.
void TopInterpreter::release(std::span<const float> constant) {
  constexpr size_t kLarge = size_t(1) << 18; // elements
  if (constant.size() >= kLarge)
    weights.release({reinterpret_cast<const uint8_t *>(constant.data()), constant.size_bytes()});
}

const float *TopInterpreter::plainData(int number) {
  if (auto input = inputData.find(number); input != inputData.end())
    return input->second.data();
  const eval::Tensor &tensor = plan.tensors()[number];
  if (tensor.constant)
    return tensor.constant;
  bool isThere = last && (last == forAll.get() || llvm::is_contained(outputNumbers, number));
  if (!isThere)
    return nullptr;
  eval::Stored stored = last->stored[number];
  const float *data = last->program.data(stored.buffer);
  if (stored.layout.isPlain())
    return data;
  rowMajor.resize(tensor.count());
  eval::Layout plain = eval::Layout::plain();
  auto step =
      dnnl ? dnnl->reorder(tensor.dims, stored.layout, plain) : eval::loopReorder(tensor.dims, stored.layout, plain);
  step->bind({data}, rowMajor.data(), nullptr);
  step->run();
  return rowMajor.data();
}

std::optional<HostTensor> TopInterpreter::tensor(StringRef name) {
  auto found = numbers.find(name);
  if (found == numbers.end())
    return std::nullopt;
  HostTensor tensor;
  tensor.shape = plan.tensors()[found->second].dims;
  tensor.data = plainData(found->second);
  return tensor;
}

void TopInterpreter::setInputBytes(StringRef name, const void *data) {
  std::vector<float> &memory = inputData.find(numbers.lookup(name))->second;
  std::memcpy(memory.data(), data, memory.size() * sizeof(float));
}

} // namespace

FailureOr<std::unique_ptr<Interpreter>> createTopInterpreter(ModuleOp module, const TopInterpreterOptions &options) {
  auto *dialect = module.getContext()->getLoadedDialect<top::TopDialect>();
  assert(dialect && "a Top module without its dialect");
  auto interpreter = std::make_unique<TopInterpreter>(dialect->weights(), options);
  if (failed(interpreter->load(module)))
    return failure();
  return std::unique_ptr<Interpreter>(std::move(interpreter));
}

} // namespace tpu_mlir
