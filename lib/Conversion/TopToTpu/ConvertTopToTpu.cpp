//===- ConvertTopToTpu.cpp - Lower a network to number formats ------------===//
// Checks that every op has a form in the wanted mode, or is one that the host may
// run (all others are listed), lowers them in order, and puts fp32 at the
// module's borders. Ops of the host stay what they are, between floats.
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Conversion/TopToTpu/Passes.h"
#include "tpu_mlir/Dialect/Top/IR/CountedNames.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Support/Error.h"
#include <cmath>

using namespace mlir;

namespace tpu_mlir {
#define GEN_PASS_DEF_CONVERTTOPTOTPU
#include "tpu_mlir/Conversion/TopToTpu/Passes.h.inc"

using kernel::DType;

namespace {

bool carriesNoWork(Operation *op) { return isa<top::NoneOp, top::WeightOp, top::InputOp, func::ReturnOp>(op); }

bool keepsFormat(Operation *op) {
  auto move = dyn_cast<MoveInterface>(op);
  return move && !move.joins();
}

/// Integers and booleans of the network, which have no lowered form.
bool isOwnInteger(Value v) {
  auto element = top::elementOf(v);
  return element && *element != host::Element::F32;
}

/// Why a factor or addend of `op` is no number to compute with; empty when all are. Limits may be infinite.
std::string whyNotFinite(Operation *op) {
  for (NamedAttribute attribute : op->getAttrs()) {
    StringRef name = attribute.getName();
    bool isUsable = true;
    if (auto number = dyn_cast<FloatAttr>(attribute.getValue())) {
      double value = number.getValueAsDouble();
      bool isFactor = name == "const_val" || name == "alpha" || name == "beta";
      isUsable = isFactor ? std::fabs(value) <= kLargestScale : !std::isnan(value);
    } else if (auto list = dyn_cast<DenseF64ArrayAttr>(attribute.getValue())) {
      isUsable = llvm::all_of(list.asArrayRef(), [](double v) { return std::isfinite(v); });
    }
    if (!isUsable)
      return ("attribute '" + name + "' is not finite, or too large to compute with").str();
  }
  return "";
}

bool isFinite(const Lowering &lowering, Value weight) {
  constexpr size_t kPiece = size_t(1) << 20;
  ArrayRef<float> left = lowering.weightData(weight);
  bool all = true;
  while (all && !left.empty()) {
    ArrayRef<float> piece = left.take_front(kPiece);
    all = llvm::all_of(piece, [](float v) { return std::isfinite(v); });
    lowering.release(piece);
    left = left.drop_front(piece.size());
  }
  return all;
}

/// Attributes that are numbers to compute with become numbers of the mode's float format, so that the text says what
/// the chip takes; what that changes beyond rounding is warned of.
void roundAttributes(Operation *op, const Lowering &lowering) {
  const DType type = lowering.mode.activations;
  if (lowering.isQuantized() || type == DType::F32)
    return;
  for (StringRef name : {"const_val", "alpha", "beta", "val", "min", "max", "relu_limit"}) {
    auto attribute = op->getAttrOfType<FloatAttr>(name);
    if (!attribute)
      continue;
    const double value = attribute.getValueAsDouble();
    double most = kernel::largestOf(type);
    // A mask is added to what it hides, and the sum should stay a number.
    if (name == "const_val" && isa<top::AddConstOp>(op))
      most = std::fabs(value) > most ? most / 2 : most;
    if (std::isfinite(value) && std::fabs(value) > most) {
      const double instead = value < 0 ? -most : most;
      op->setAttr(name, FloatAttr::get(attribute.getType(), instead));
      // Bounds beyond all numbers bound nothing.
      if (name == "const_val" || name == "alpha" || name == "beta" || name == "val")
        op->emitWarning() << "'" << top::nameOf(op) << "': " << lowering.beyond(value, instead, type);
    } else if (value != 0 && std::fabs(value) < kernel::leastNormalOf(type) && name != "relu_limit") {
      op->emitWarning() << "'" << top::nameOf(op) << "': " << lowering.below(value, type);
    }
  }
}

struct ConvertTopToTpuPass : impl::ConvertTopToTpuBase<ConvertTopToTpuPass> {
  using ConvertTopToTpuBase::ConvertTopToTpuBase;

  LogicalResult fail(const Twine &sentence) { return getOperation().emitError() << sentence; }

  FailureOr<const Mode *> readMode() {
    if (const Mode *found = findMode(mode.getValue()))
      return found;
    return fail("mode '" + mode + "' is not built; modes are " + modeNames());
  }

  FailureOr<const target::Chip *> readChip() {
    auto assigned = getOperation()->getAttrOfType<StringAttr>("module.chip");
    std::string name = !chip.empty() ? chip.getValue() : assigned ? assigned.str() : "";
    if (name.empty())
      return fail("no chip is assigned; give it as chip=<name> or run processor-assign first");
    try {
      return &target::lookup(name);
    } catch (const UserError &e) {
      return fail(e.what());
    }
  }

  /// Emits an error for everything that lowerings rely on and the module does not have: one function, inputs marked as
  /// such, shapes, fp32 weights that are in the file, and results that the network computes.
  LogicalResult checkNetwork(ModuleOp module) {
    auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
    if (functions.size() != 1)
      return fail("a network is one function; this module has " + Twine(functions.size()));
    LogicalResult result = success();
    Block &body = functions[0].getBody().front();
    for (BlockArgument argument : body.getArguments())
      if (llvm::any_of(argument.getUsers(), [](Operation *user) { return !isa<top::InputOp>(user); }))
        result = functions[0].emitError() << "argument " << argument.getArgNumber() << " is used without a top.Input";
    const top::WeightStore &store = getContext().getLoadedDialect<top::TopDialect>()->weights();
    for (Operation &op : body) {
      for (Value v : op.getResults()) {
        auto type = dyn_cast<RankedTensorType>(v.getType());
        if (!isa<NoneType>(v.getType()) && (!type || !type.hasStaticShape()))
          result = op.emitError() << "'" << top::nameOf(v) << "' has no static shape; run shape-infer first";
      }
      if (auto weight = dyn_cast<top::WeightOp>(&op)) {
        if (!store.find(top::nameOf(&op)))
          result = op.emitError() << "weight '" << top::nameOf(&op) << "' is not in the weight file";
        else if (!cast<ShapedType>(weight.getType()).getElementType().isF32() &&
                 !llvm::all_of(weight->getUsers(), top::isHostOp))
          result = op.emitError() << "weight '" << top::nameOf(&op)
                                  << "' is not fp32, which this lowering starts from; got " << weight.getType();
      }
    }
    for (Value v : body.getTerminator()->getOperands())
      if (isa_and_nonnull<top::WeightOp, top::NoneOp>(v.getDefiningOp()))
        result = functions[0].emitError()
                 << "returns weight '" << top::nameOf(v) << "', which the network does not compute";
    return result;
  }

  /// Emits one error for each op without a form.
  LogicalResult checkForms(func::FuncOp function, const Lowering &lowering) {
    LogicalResult result = success();
    for (Operation &op : function.getBody().front()) {
      if (isa<top::InputOp>(op) && !isOwnInteger(op.getResult(0)) && !lowering.whyNoFormat(op.getResult(0)).empty())
        result = op.emitError() << "'" << top::nameOf(&op) << "': " << lowering.whyNoFormat(op.getResult(0));
      // No integer stands for NaN or infinity.
      if (isa<top::WeightOp>(op) && lowering.isQuantized() && !isOwnInteger(op.getResult(0)) &&
          !isFinite(lowering, op.getResult(0)))
        result = op.emitError() << "weight '" << top::nameOf(&op) << "' holds NaN or infinity; it has no "
                                << lowering.mode.name << " form";
      if (auto reason = top::hostReason(&op); reason && noHost)
        result = op.emitError() << "'" << op.getName() << "' op '" << top::nameOf(op.getResult(0))
                                << "' only the host can run (" << *reason << "), which no_host rules out";
      if (carriesNoWork(&op) || top::isHostOp(&op))
        continue;
      std::string why;
      if (auto found = llvm::find_if(op.getOperands(), isOwnInteger); found != op.operand_end()) {
        why = ("there are no " + StringRef(host::nameOf(*top::elementOf(*found))) + " tensors yet").str();
      } else if (auto lower = dyn_cast<LowerInterface>(&op)) {
        why = whyNotFinite(&op);
        if (why.empty())
          why = lower.whyNotLowered(lowering);
        for (Value v : op.getResults())
          if (why.empty() && !keepsFormat(&op))
            why = lowering.whyNoFormat(v);
      } else {
        why = "there is none";
      }
      if (!why.empty())
        result = op.emitError() << "'" << op.getName() << "' op '" << top::nameOf(&op) << "' has no tpu lowering in "
                                << mode << " on " << lowering.chip.identity.name << ": " << why;
    }
    return result;
  }

  /// What only ops that move values and joins read before it is a float result.
  llvm::DenseSet<Value> findLeaving(Block &body) {
    llvm::DenseSet<Value> leaving;
    for (Operation &op : llvm::reverse(body))
      for (Value v : op.getResults()) {
        bool leaves = !v.use_empty() && llvm::all_of(v.getUsers(), [&](Operation *user) {
          if (isa<func::ReturnOp>(user))
            return true;
          return isa<MoveInterface>(user) && leaving.contains(user->getResult(0));
        });
        if (leaves)
          leaving.insert(v);
      }
    return leaving;
  }

  /// The op as it is, on real values: the host computes as Top does.
  void convertHostOp(Operation *op, Lowering &lowering) {
    IRMapping operands; // casts first, which stand before the op then
    for (Value v : op->getOperands())
      if (isPresent(v) && !isWeight(v)) {
        Value lowered = lowering.mapped(v); // of truth values that the chip computes, numbers
        operands.map(v, isOwnInteger(lowered) ? lowered : lowering.dequantize(lowered));
      }
    Operation *kept = lowering.builder.clone(*op, operands);
    for (auto [from, to] : llvm::zip(op->getResults(), kept->getResults())) {
      if (!isOwnInteger(to)) // calibrated, until here
        to.setType(cast<RankedTensorType>(to.getType()).clone(lowering.builder.getF32Type()));
      lowering.map(from, to);
    }
  }

  LogicalResult convert(func::FuncOp function, Lowering &lowering) {
    Block &body = function.getBody().front();
    if (lowering.isQuantized() && joinFloats)
      lowering.setLeaving(findLeaving(body));
    SmallVector<Operation *> ops;
    for (Operation &op : body)
      ops.push_back(&op);
    for (Operation *op : ops) {
      lowering.builder.setInsertionPoint(op);
      if (auto input = dyn_cast<top::InputOp>(op)) {
        lowering.map(input.getOutput(), input.getOutput());
      } else if (top::isHostOp(op)) {
        convertHostOp(op, lowering);
      } else if (auto lower = dyn_cast<LowerInterface>(op)) {
        roundAttributes(op, lowering);
        if (failed(lower.lower(lowering)))
          return failure();
        for (Value v : op->getOperands())
          if (isWeight(v) && !isOwnInteger(v))
            lowering.release(lowering.weightData(v));
      }
    }
    // The user's side of the borders is fp32; strip-io-quant moves it inwards.
    Operation *terminator = body.getTerminator();
    lowering.builder.setInsertionPoint(terminator);
    for (OpOperand &result : terminator->getOpOperands())
      result.set(isOwnInteger(result.get()) ? lowering.mapped(result.get())
                                            : lowering.dequantize(lowering.mapped(result.get())));
    for (Operation *op : llvm::reverse(ops))
      if (!isa<top::InputOp, func::ReturnOp>(op) && op->use_empty())
        op->erase();
    for (auto input : body.getOps<top::InputOp>())
      if (!isOwnInteger(input.getOutput()))
        input.getOutput().setType(
            cast<RankedTensorType>(input.getOutput().getType()).clone(lowering.builder.getF32Type()));
    function.setFunctionType(
        FunctionType::get(&getContext(), function.getArgumentTypes(), terminator->getOperandTypes()));
    return success();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<const Mode *> wanted = readMode();
    FailureOr<const target::Chip *> target = failure();
    if (succeeded(wanted))
      target = readChip();
    if (failed(wanted) || failed(target))
      return signalPassFailure();
    auto state = module->getAttrOfType<StringAttr>("module.state");
    StringRef stateName = state ? state.getValue() : "";
    if (!stateName.starts_with("TOP_")) {
      (void)fail("convert-top-to-tpu needs a Top module; this one's module.state is '" + stateName + "'");
      return signalPassFailure();
    }
    if (asymmetric && !(*wanted)->isQuantized()) {
      (void)fail("asymmetric is a choice for integers; mode " + Twine((*wanted)->name) + " has none");
      return signalPassFailure();
    }
    if ((*wanted)->isQuantized() && stateName == "TOP_F32") {
      (void)fail(Twine((*wanted)->name) + " needs calibrated tensors; run import-calibration-table first");
      return signalPassFailure();
    }
    if (failed(checkNetwork(module)))
      return signalPassFailure();
    Lowering lowering(**wanted, asymmetric, **target, module);
    func::FuncOp function = *module.getOps<func::FuncOp>().begin();
    if (failed(checkForms(function, lowering)) || failed(top::noteCounted(module)) ||
        failed(convert(function, lowering)))
      return signalPassFailure();
    top::inheritCounted(module);
    Builder b(&getContext());
    module->setAttr("module.state", b.getStringAttr("TPU_LOWERED"));
    module->setAttr("module.mode", b.getStringAttr((*wanted)->name));
    module->setAttr("module.asymmetric", b.getBoolAttr(asymmetric));
    module->setAttr("module.chip", b.getStringAttr((*target)->identity.name));
  }
};

} // namespace
} // namespace tpu_mlir
