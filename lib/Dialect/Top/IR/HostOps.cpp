//===- HostOps.cpp - What the host may run --------------------------------===//
// The list. A test fails when it grows: whoever adds a row gives up on the chip
// for it.
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;

namespace tpu_mlir::top {

static constexpr HostRule kRules[] = {
    {"top.Nms", "each choice of a box hangs on those before it, and how many there are on the data"},
    {"int64", "the chip has no 64-bit integers"},
};

ArrayRef<HostRule> hostRules() { return kRules; }

std::optional<StringRef> hostReason(Operation *op) {
  if (!isa<EvalInterface>(op))
    return std::nullopt;
  auto touches = [&](StringRef element) {
    auto has = [&](Type type) {
      auto found = elementOf(type);
      return found && element == host::nameOf(*found);
    };
    return llvm::any_of(op->getOperandTypes(), has) || llvm::any_of(op->getResultTypes(), has);
  };
  for (const HostRule &rule : kRules)
    if (op->getName().getStringRef() == rule.what || touches(rule.what))
      return rule.reason;
  return std::nullopt;
}

} // namespace tpu_mlir::top
