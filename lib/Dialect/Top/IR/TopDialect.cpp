//===- TopDialect.cpp - Registration, module attributes -------------------===//
// Registers the Top ops and verifies what belongs to a whole module: the values
// of `module.*` attributes, its structure and the names of tensors. Ops verify
// themselves in lib/Ops.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace tpu_mlir::top;

#include "tpu_mlir/Dialect/Top/IR/TopDialect.cpp.inc"

void TopDialect::initialize() {
  registerTopDialectOperations(this);
  addOperations<
#define GET_OP_LIST
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.cpp.inc"
      >();
}

MLIR_DEFINE_EXPLICIT_TYPE_ID(tpu_mlir::top::ModuleDialect)

ModuleDialect::ModuleDialect(MLIRContext *context)
    : Dialect(getDialectNamespace(), context, TypeID::get<ModuleDialect>()) {}

static LogicalResult verifyState(Operation *module, StringAttr state) {
  static constexpr StringRef known[] = {"TOP_F32",       "TOP_CALIBRATED", "TPU_LOWERED",
                                        "TPU_REORDERED", "TPU_DIVIDED",    "TPU_ADDRESSED"};
  if (state && llvm::is_contained(known, state.getValue()))
    return success();
  auto diagnostic = module->emitError("'module.state' must be one of ");
  llvm::interleaveComma(known, diagnostic);
  if (state)
    diagnostic << ", but it is " << state;
  return diagnostic;
}

/// Ops whose results are tensors of the network. `top.None` stands for no tensor and needs no name.
static bool definesTensor(Operation *op) {
  StringRef dialect = op->getName().getDialectNamespace();
  return (dialect == "top" || dialect == "tpu") && op->getNumResults() && !isa<NoneOp>(op);
}

/// numpy before version 2 has no more.
static constexpr int64_t kMostAxes = 32;

static LogicalResult verifyTensors(Operation *module) {
  llvm::StringMap<Operation *> owners;
  auto result = module->walk([&](Operation *op) {
    if (!definesTensor(op))
      return WalkResult::advance();
    for (Value value : op->getResults()) {
      StringRef name = nameOf(value);
      if (name.empty())
        return WalkResult(
            op->emitOpError("has no tensor name; its location must be a name such as loc(\"conv1_Conv\")"));
      if (!llvm::json::isUTF8(name))
        return WalkResult(op->emitOpError("has a tensor name that is not UTF-8: '")
                          << llvm::json::fixUTF8(name) << "'");
      if (auto type = dyn_cast<RankedTensorType>(value.getType()); type && type.getRank() > kMostAxes)
        return WalkResult(op->emitOpError("'") << name << "' has " << type.getRank() << " axes; at most " << kMostAxes
                                               << " are possible, in numpy as here");
      auto [entry, isNew] = owners.try_emplace(name, op);
      if (isNew)
        continue;
      auto diagnostic = op->emitOpError("defines tensor '")
                        << name << "', a name that " << entry->second->getName() << " has already";
      diagnostic.attachNote(entry->second->getLoc()) << "'" << name << "' is defined here first";
      return WalkResult(diagnostic);
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult tpu_mlir::top::verifyNetwork(Operation *module) {
  for (mlir::Region &region : module->getRegions())
    for (Operation &op : region.getOps()) {
      auto function = dyn_cast<func::FuncOp>(&op);
      if (!function)
        return op.emitOpError("is not part of a network; its module holds functions only");
      if (!llvm::hasSingleElement(function.getBody()))
        return function.emitOpError("of a network must have one block, but it has ")
               << function.getBody().getBlocks().size();
      for (Operation &inner : function.front()) {
        StringRef dialect = inner.getName().getDialectNamespace();
        if (dialect != "top" && dialect != "tpu" && !isa<func::ReturnOp>(inner))
          return inner.emitOpError("is no op of a network; those are top and tpu ops");
      }
    }
  return success();
}

LogicalResult ModuleDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName().strref();
  if (!isa<ModuleOp>(op))
    return op->emitOpError("has the attribute '") << name << "', which belongs to a module";
  if (name == "module.state") {
    if (failed(verifyState(op, dyn_cast<StringAttr>(attribute.getValue()))) || failed(verifyNetwork(op)))
      return failure();
    return verifyTensors(op);
  }
  static constexpr StringRef strings[] = {"module.name", "module.chip", "module.mode", "module.platform"};
  if (llvm::is_contained(strings, name) && !isa<StringAttr>(attribute.getValue()))
    return op->emitError("'") << name << "' must be a string, but it is " << attribute.getValue();
  static constexpr StringRef integers[] = {"module.FLOPs",        "module.coeff_addr",  "module.coeff_size",
                                           "module.neuron_addr",  "module.neuron_size", "module.lmem_bytes",
                                           "module.scratch_banks"};
  auto integer = dyn_cast<IntegerAttr>(attribute.getValue());
  if (llvm::is_contained(integers, name) && (!integer || !integer.getType().isSignlessInteger(64)))
    return op->emitError("'") << name << "' must be an integer" << (integer ? " of 64 bits" : "") << ", but it is "
                              << attribute.getValue();
  if (name == "module.counted") {
    auto all = dyn_cast<DictionaryAttr>(attribute.getValue());
    bool isSound = all && llvm::all_of(all, [](NamedAttribute entry) {
                     auto pair = dyn_cast<ArrayAttr>(entry.getValue());
                     auto axis = pair && pair.size() == 2 ? dyn_cast<IntegerAttr>(pair[0]) : IntegerAttr();
                     return axis && axis.getInt() >= 0 && axis.getInt() < kMostAxes && isa<StringAttr>(pair[1]);
                   });
    if (!isSound)
      return op->emitError("'module.counted' must give each tensor an axis and the name of its number, such as "
                           "{boxes = [0, \"boxes_count\"]}, but it is ")
             << attribute.getValue();
  }
  if (name == "module.weight_file") {
    auto file = dyn_cast<StringAttr>(attribute.getValue());
    if (!file || file.empty() || file.getValue().contains('/'))
      return op->emitError("'module.weight_file' must be a file name without a folder, but it is ")
             << attribute.getValue();
  }
  return success();
}
