//===- TopInterpreter.cpp - The Top dialect in fp32 on the host -----------===//
// Turns a module into a graph when it is loaded, and asks lib/Host for its
// tensors by name. How they are computed is not decided here.
#include "tpu_mlir/Interpreter/TopInterpreter.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Host/Counted.h"
#include "tpu_mlir/Host/Evaluator.h"

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
      : weights(weights), plan(weights), options(options) {}

  LogicalResult load(ModuleOp module);
  const std::vector<std::string> &inputNames() const override { return inputs; }
  const std::vector<std::string> &outputNames() const override { return outputs; }
  const std::vector<std::string> &tensorNames() const override { return names; }
  std::optional<HostTensor> tensor(StringRef name) override;
  void setInputBytes(StringRef name, const void *data) override;
  LogicalResult invoke(bool keepAll) override;

private:
  LogicalResult enter(Operation &op);
  void enterInput(top::InputOp op);

  const top::WeightStore &weights;
  EvalPlan plan;
  TopInterpreterOptions options;
  std::optional<host::Evaluator> evaluator;
  std::vector<std::string> inputs, outputs, names;
  llvm::StringMap<int> numbers;
  host::CountedTensors counted;
};

LogicalResult TopInterpreter::load(ModuleOp module) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || function.getBody().getBlocks().size() != 1)
    return module.emitError("this module has no function 'main' of one block to run");
  for (Operation &op : function.getBody().front())
    if (failed(enter(op)))
      return failure();
  counted = host::countedTensors(plan.get());
  if (counted.problemItem >= 0) {
    int output = plan.items()[counted.problemItem].output;
    return module.emitError() << "'" << plan.tensors()[output].name << "' " << counted.problem;
  }
  for (const auto &found : counted.of)
    if (found && !llvm::is_contained(plan.get().outputs, found->by))
      plan.addOutput(found->by);
  evaluator.emplace(plan.get(), host::EvaluatorOptions{options.useDnnl, options.fuse},
                    [this](std::span<const uint8_t> constant) { weights.release(constant); });
  return success();
}

LogicalResult TopInterpreter::enter(Operation &op) {
  if (isa<top::WeightOp, top::NoneOp>(op))
    return success();
  for (Value result : op.getResults())
    if (!top::hasStaticShape(result))
      return op.emitOpError("has a result of type ") << result.getType() << "; run the pass shape-infer first";
  if (auto input = dyn_cast<top::InputOp>(op))
    return enterInput(input), success();
  if (llvm::any_of(op.getOperands(), [](Value operand) { return isa<BlockArgument>(operand); }))
    return op.emitOpError("takes an argument of the function; only top.Input does");
  if (op.hasTrait<OpTrait::IsTerminator>()) {
    for (Value result : op.getOperands()) {
      FailureOr<int> number = plan.tensorOf(&op, result);
      if (failed(number))
        return failure();
      outputs.push_back(top::nameOf(result).str());
      plan.addOutput(*number);
      numbers[outputs.back()] = *number;
    }
    return success();
  }
  auto evaluated = dyn_cast<EvalInterface>(op);
  if (!evaluated)
    return op.emitOpError("cannot be computed in fp32: it is not part of the Top dialect's arithmetic");
  if (failed(evaluated.plan(plan)))
    return failure();
  for (Value result : op.getResults()) {
    names.push_back(top::nameOf(result).str());
    numbers[names.back()] = *plan.tensorOf(&op, result);
  }
  return success();
}

void TopInterpreter::enterInput(top::InputOp op) {
  inputs.push_back(top::nameOf(op).str());
  names.push_back(inputs.back());
  numbers[inputs.back()] = plan.addInput(op.getOutput());
}

LogicalResult TopInterpreter::invoke(bool keepAll) {
  evaluator->run(keepAll);
  return success();
}

std::optional<HostTensor> TopInterpreter::tensor(StringRef name) {
  auto found = numbers.find(name);
  if (found == numbers.end())
    return std::nullopt;
  HostTensor tensor;
  const host::Tensor &described = plan.tensors()[found->second];
  tensor.dtype = host::formatOf(described.element);
  tensor.own = described.element;
  tensor.isWide = described.element == host::Element::I64;
  tensor.shape = described.dims;
  if (const auto &by = counted.of[found->second])
    if (const void *count = evaluator->data(by->by))
      tensor.countedAxis = by->axis, tensor.valid = *static_cast<const int32_t *>(count);
  tensor.data = evaluator->data(found->second);
  return tensor;
}

void TopInterpreter::setInputBytes(StringRef name, const void *data) {
  int number = numbers.lookup(name);
  std::memcpy(evaluator->input(number), data, plan.tensors()[number].bytes());
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
