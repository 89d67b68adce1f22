//===- AddressAssign.cpp - Global-memory addresses ------------------------===//
// Weights first, one after the other; then the arena of tensors, placed by live
// range. A view shares its operand's bytes. Inputs and outputs live throughout.
// Source of the order and alignment: shared ISA notes, bmodel_format.md §5, §6.
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Allocate/Arena.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_ADDRESSASSIGN
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

int64_t bytesOf(Value v) {
  return cast<ShapedType>(v.getType()).getNumElements() * kernel::byteSize(formatOf(v).dtype);
}

struct AddressAssignPass : impl::AddressAssignBase<AddressAssignPass> {
  using AddressAssignBase::AddressAssignBase;

  void setModule(StringRef name, int64_t value) {
    getOperation()->setAttr(name, IntegerAttr::get(IntegerType::get(&getContext(), 64), value));
  }

  /// Addresses of weights from `base`; returns the end.
  FailureOr<int64_t> assignWeights(func::FuncOp function, int64_t base, int64_t align) {
    top::WeightStore &store = getContext().getLoadedDialect<top::TopDialect>()->weights();
    std::string csv = "name,address,bytes\n";
    int64_t next = base;
    for (auto weight : function.getBody().front().getOps<top::WeightOp>()) {
      StringRef name = top::nameOf(weight.getOperation());
      const top::WeightArray *array = store.find(name);
      if (!array)
        return weight.emitOpError() << "'" << name << "' is not in the weight file";
      weight.setAddress(next);
      csv += name.str() + "," + std::to_string(next) + "," + std::to_string(array->bytes) + "\n";
      next += (int64_t(array->bytes) + align - 1) / align * align;
    }
    if (!weightMapFile.empty())
      writeFileAtomically(weightMapFile, csv);
    return next;
  }

  /// Addresses of tensors from `base`; returns the end.
  int64_t assignTensors(func::FuncOp function, int64_t base, int64_t align) {
    llvm::MapVector<Value, allocate::Lifetime> lives;
    llvm::DenseMap<Value, Value> root;
    int64_t step = 0;
    const int64_t end = std::numeric_limits<int32_t>::max();
    for (Operation &op : function.getBody().front()) {
      ++step;
      for (Value v : op.getOperands())
        if (auto life = lives.find(root.lookup(v)); life != lives.end())
          life->second.last =
              std::max(life->second.last, reuseAddr && !op.hasTrait<OpTrait::IsTerminator>() ? step : end);
      if (isa<top::InputOp>(op)) {
        root[op.getResult(0)] = op.getResult(0);
        lives[op.getResult(0)] = {0, end, bytesOf(op.getResult(0))};
      } else if (auto form = dyn_cast<FormInterface>(&op)) {
        Value v = op.getResult(0);
        if (std::holds_alternative<View>(form.form())) {
          root[v] = root.lookup(op.getOperand(0)) ? root.lookup(op.getOperand(0)) : op.getOperand(0);
          continue;
        }
        root[v] = v;
        lives[v] = {step, reuseAddr ? step : end, bytesOf(v)};
      }
    }
    std::vector<allocate::Lifetime> list;
    for (auto &[v, life] : lives)
      list.push_back(life);
    allocate::Arena arena = allocate::planArena(list, align);
    llvm::DenseMap<Value, int64_t> addresses;
    for (auto [i, entry] : llvm::enumerate(lives))
      addresses[entry.first] = base + arena.offsets[i];
    auto i64 = IntegerType::get(&getContext(), 64);
    for (auto &[v, source] : root) {
      int64_t address = isWeight(source) ? addressOf(source) : addresses[source];
      auto type = cast<RankedTensorType>(v.getType());
      Value value = v;
      value.setType(RankedTensorType::get(type.getShape(), type.getElementType(), IntegerAttr::get(i64, address)));
    }
    setModule("module.neuron_addr", base);
    setModule("module.neuron_size", arena.bytes);
    setModule("module.neuron_lower_bound", arena.lowerBound);
    return base + arena.bytes;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkLowered(module, "address-assign")))
      return signalPassFailure();
    const target::Chip &chip = targetOf(module);
    for (auto function : module.getOps<func::FuncOp>()) {
      FailureOr<int64_t> end = failure();
      try {
        end = assignWeights(function, chip.global.ddrBase, chip.global.regionAlign);
      } catch (const UserError &e) {
        module.emitError() << e.what();
      }
      if (failed(end))
        return signalPassFailure();
      setModule("module.coeff_addr", chip.global.ddrBase);
      setModule("module.coeff_size", *end - chip.global.ddrBase);
      int64_t last = assignTensors(function, *end, chip.global.regionAlign);
      if (last > int64_t(1) << chip.global.addressBits) {
        module.emitError() << "the network's weights and tensors need " << ((last - chip.global.ddrBase) >> 20)
                           << " MiB, more than " << chip.identity.name << " can address";
        return signalPassFailure();
      }
      auto results = function.getBody().front().getTerminator()->getOperandTypes();
      function.setFunctionType(FunctionType::get(&getContext(), function.getArgumentTypes(), results));
    }
    module->setAttr("module.state", StringAttr::get(&getContext(), "TPU_ADDRESSED"));
  }
};

} // namespace
} // namespace tpu_mlir::tpu
