//===- CheckLowered.cpp - What passes rely on of a lowered module ---------===//
// Files are edited by hand between passes, so each pass asks first. What one op may
// be is its verifier's; what ops may be beside each other, here.
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Recipe/Recipe.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Target/Target.h"

using namespace mlir;

namespace tpu_mlir {

/// Every operand that the form of `op` loads as a weight is one.
static LogicalResult checkWeights(FormInterface op) {
  Form form = op.form();
  if (auto *recipe = std::get_if<Recipe>(&form))
    for (const Buffer &b : recipe->buffers)
      if (Value v = b.place == Place::Weight ? op->getOperand(b.index) : Value(); v && !isWeight(v))
        return op->emitOpError() << "'" << top::nameOf(op.getOperation()) << "' takes operand " << b.index
                                 << " from the weight file, but the network computes it";
  return success();
}

/// Whether no engine touches a value: the host makes it, or is alone in reading it.
static bool isHostValue(Value v) {
  Operation *op = v.getDefiningOp();
  auto stays = [](Operation *user) { return top::isHostOp(user) || isa<func::ReturnOp>(user); };
  return op && (top::isHostOp(op) || (isa<top::InputOp>(op) && llvm::all_of(op->getUsers(), stays)));
}

/// Engines compute with what the host hands them only where it is floats.
static LogicalResult checkHandedOver(Operation &op) {
  for (Value v : op.getOperands())
    if (Operation *from = v.getDefiningOp(); from && top::isHostOp(from) && top::elementOf(v) != host::Element::F32)
      return op.emitOpError() << "'" << top::nameOf(&op) << "' takes '" << top::nameOf(v)
                              << "' from the host, which is " << v.getType() << "; engines take floats from there";
  return success();
}

LogicalResult checkLowered(ModuleOp module, StringRef pass) {
  auto chip = module->getAttrOfType<StringAttr>("module.chip");
  if (!chip)
    return module.emitError() << pass << " needs a lowered module with module.chip; run convert-top-to-tpu first";
  try {
    (void)target::lookup(chip.getValue());
  } catch (const UserError &e) {
    return module.emitError() << e.what();
  }
  if (failed(top::verifyNetwork(module)))
    return failure();
  auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
  if (functions.size() != 1)
    return module.emitError() << "a lowered module has one function, but this one has " << functions.size();
  LogicalResult result = success();
  for (Operation &op : functions[0].front()) {
    auto form = dyn_cast<FormInterface>(&op);
    if (form && failed(checkWeights(form)))
      result = failure();
    if (form && failed(checkHandedOver(op)))
      result = failure();
    if (!form && !isa<func::ReturnOp, top::NoneOp, top::WeightOp, top::InputOp>(op) && !top::isHostOp(&op))
      result = op.emitOpError() << "'" << top::nameOf(&op) << "' runs on no engine; only lowered ops do";
    for (Value v : op.getOperands())
      if (isa<BlockArgument>(v) != isa<top::InputOp>(op))
        result = op.emitOpError() << "takes " << (isa<BlockArgument>(v) ? "an" : "no")
                                  << " argument of the function; only top.Input does";
    // Forms have verified their tensors; these ops serve Top too.
    bool isOfHost = isa<top::InputOp>(op) && isHostValue(op.getResult(0));
    if (isa<top::InputOp>(op) && !isOfHost && failed(verifyTensors(&op)))
      result = failure();
    if (isa<func::ReturnOp>(op) && llvm::none_of(op.getOperands(), isHostValue) && failed(verifyTensors(&op)))
      result = failure();
    if (isa<func::ReturnOp>(op))
      for (Value v : op.getOperands())
        if (isWeight(v) || !isPresent(v))
          result = op.emitOpError() << "returns '" << top::nameOf(v) << "', which the network does not compute";
  }
  return result;
}

} // namespace tpu_mlir
