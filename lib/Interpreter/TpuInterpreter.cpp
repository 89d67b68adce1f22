//===- TpuInterpreter.cpp - The Tpu dialect on the host -------------------===//
// Runs the form of each op on kernels over whole tensors: the same arithmetic
// that code generation emits over tiles. Values are freed after their last use
// unless all are kept.
#include "tpu_mlir/Interpreter/TpuInterpreter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Interpreter/HostWeights.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Support/Memory.h"

#include <cstring>

using namespace mlir;

namespace tpu_mlir {

namespace {

using Bytes = std::shared_ptr<std::vector<uint8_t>>;

class TpuInterpreter : public Interpreter {
public:
  explicit TpuInterpreter(func::FuncOp function) : function(function) {
    for (Operation &op : function.getBody().front()) {
      if (isa<top::InputOp>(op)) {
        inputs.push_back(top::nameOf(&op).str());
        add(op.getResult(0));
      } else if (isa<FormInterface>(op)) {
        ops.push_back(&op);
        add(op.getResult(0));
      }
    }
    for (Value v : function.getBody().front().getTerminator()->getOperands())
      outputs.push_back(top::nameOf(v).str());
  }

  /// Fails, with a diagnostic, when a weight is missing.
  LogicalResult prepare() {
    for (Operation *op : ops) {
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
    return HostTensor{format.dtype, shapeOf(v).vec(), format.scale, format.zeroPoint,
                      data == stored.end() ? nullptr : data->second->data()};
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
    for (auto [op, form] : llvm::zip(ops, forms)) {
      run(op, form);
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
