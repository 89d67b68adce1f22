//===- CutAdvice.cpp - Where to cut a network before refused ops ----------===//
// The tensors between what stays and what falls away. A tensor that a pass made
// is unknown to the user's model: what it was made from stands for it.
#include "CutAdvice.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tpu_mlir {

namespace {

/// Whether the importer gave the name: the tensor's own, and an ONNX operator. Roles of passes are in small letters.
bool isImported(StringRef name) {
  auto [stem, op] = name.rsplit('_');
  return !stem.empty() && !op.empty() && llvm::isUpper(op.front()) && llvm::all_of(op, llvm::isAlnum);
}

/// As a part of a list on a command line: see python/tpu_mlir/names.py.
std::string listed(StringRef name) {
  std::string text;
  for (size_t i = 0; i < name.size(); ++i) {
    bool isMark = name[i] == ',' || (name[i] == ' ' && (i == 0 || i + 1 == name.size()));
    if (isMark) {
      size_t backslashes = text.size() - StringRef(text).rtrim('\\').size();
      text.append(backslashes + 1, '\\');
    }
    text += name[i];
  }
  return text;
}

/// As one word of a shell.
std::string shellWord(const std::string &text) {
  if (llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || StringRef("_-./:,@%+=").contains(c); }))
    return text;
  std::string quoted = "'";
  for (char c : text)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

class Cut {
public:
  Cut(Block &body, const llvm::DenseSet<Operation *> &refused) {
    for (Operation &op : body)
      if (refused.contains(&op) || llvm::any_of(op.getOperands(), [&](Value v) { return isGone(v); }))
        gone.insert(&op);
    for (Operation &op : body)
      if (gone.contains(&op) || op.hasTrait<OpTrait::IsTerminator>())
        for (Value operand : op.getOperands())
          if (!isGone(operand))
            keep(operand);
  }

  llvm::SetVector<StringRef> names;

private:
  bool isGone(Value value) const { return gone.contains(value.getDefiningOp()); }

  /// `value` becomes an output, or what it is made from.
  void keep(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || isa<top::InputOp, top::WeightOp, top::NoneOp>(op))
      return;
    if (isImported(top::nameOf(value)))
      names.insert(top::nameOf(value));
    else
      for (Value operand : op->getOperands())
        keep(operand);
  }

  llvm::DenseSet<Operation *> gone;
};

} // namespace

std::string cutAdvice(ModuleOp module, ArrayRef<Location> places) {
  for (auto function : module.getOps<func::FuncOp>()) {
    llvm::DenseSet<Operation *> refused;
    for (Operation &op : function.getBody().front())
      if (llvm::is_contained(places, op.getLoc()))
        refused.insert(&op);
    if (refused.empty())
      continue;
    Cut cut(function.getBody().front(), refused);
    if (cut.names.empty())
      return "no tensor is computed before " + std::string(refused.size() > 1 ? "them" : "it") +
             ", so the network cannot be cut there; change the model, or run that part on the host";
    std::string list;
    for (StringRef name : cut.names)
      list += (list.empty() ? "" : ",") + listed(name);
    return "to run the rest on the host, give model_transform.py --output_names " + shellWord(list);
  }
  return "";
}

} // namespace tpu_mlir
