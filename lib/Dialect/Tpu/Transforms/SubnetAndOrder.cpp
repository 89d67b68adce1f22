//===- SubnetAndOrder.cpp - subnet-divide, op-reorder ---------------------===//
// Which ops the chip runs and which the host, and in which order. A subnet is a
// run of ops of one kind; what can run before the others change sides does, so
// that there are few. Within a subnet of the chip, ops are ordered by memory.
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_SUBNETDIVIDE
#define GEN_PASS_DEF_OPREORDER
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

bool isWork(Operation *op) { return isa<FormInterface>(op) || top::isHostOp(op); }

/// The ops of a network as runs of one kind, the chip's first where both could start. Each run takes every op of its
/// kind whose operands are there.
SmallVector<SmallVector<Operation *>> divide(ArrayRef<Operation *> ops) {
  SmallVector<SmallVector<Operation *>> subnets;
  llvm::DenseSet<Operation *> waiting(ops.begin(), ops.end());
  for (bool isHost = false; !waiting.empty(); isHost = !isHost) {
    SmallVector<Operation *> run;
    for (Operation *op : ops) {
      auto isMissing = [&](Value v) { return v.getDefiningOp() && waiting.contains(v.getDefiningOp()); };
      if (waiting.contains(op) && top::isHostOp(op) == isHost && llvm::none_of(op->getOperands(), isMissing)) {
        waiting.erase(op);
        run.push_back(op);
      }
    }
    if (!run.empty())
      subnets.push_back(std::move(run));
  }
  return subnets;
}

struct SubnetDividePass : impl::SubnetDivideBase<SubnetDividePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkLowered(module, "subnet-divide")))
      return signalPassFailure();
    Block &body = (*module.getOps<func::FuncOp>().begin()).getBody().front();
    SmallVector<Operation *> ops;
    for (Operation &op : body)
      if (isWork(&op))
        ops.push_back(&op);
    size_t count = 1;
    if (llvm::any_of(ops, top::isHostOp)) {
      auto subnets = divide(ops);
      count = subnets.size();
      for (ArrayRef<Operation *> subnet : subnets)
        for (Operation *op : subnet)
          op->moveBefore(body.getTerminator());
    }
    module->setAttr("module.subnets", IntegerAttr::get(IntegerType::get(&getContext(), 64), count));
    module->setAttr("module.state", StringAttr::get(&getContext(), "TPU_DIVIDED"));
  }
};

int64_t bytesOf(Value v) {
  return cast<ShapedType>(v.getType()).getNumElements() * kernel::byteSize(formatOf(v).dtype);
}

/// Bytes of tensors that live at once, at their most, for an order of ops.
int64_t peakOf(ArrayRef<Operation *> order) {
  llvm::DenseMap<Value, int> uses;
  for (Operation *op : order)
    for (Value v : op->getOperands())
      ++uses[v];
  int64_t live = 0, peak = 0;
  for (Operation *op : order) {
    live += bytesOf(op->getResult(0));
    peak = std::max(peak, live);
    for (Value v : op->getOperands())
      if (--uses[v] == 0 && v.getDefiningOp() && isa<FormInterface>(v.getDefiningOp()))
        live -= bytesOf(v);
  }
  return peak;
}

/// List scheduling: of the ops whose operands are there, the one that grows live bytes least; ties keep the given
/// order.
SmallVector<Operation *> scheduleByMemory(ArrayRef<Operation *> ops) {
  llvm::DenseMap<Value, int> uses;
  llvm::DenseMap<Operation *, int> waiting;
  // What other subnets compute is there.
  llvm::SmallPtrSet<Operation *, 16> own(ops.begin(), ops.end());
  SmallVector<Operation *> ready, order;
  for (Operation *op : ops) {
    llvm::SmallPtrSet<Operation *, 4> sources;
    for (Value v : op->getOperands()) {
      ++uses[v];
      if (v.getDefiningOp() && own.contains(v.getDefiningOp()))
        sources.insert(v.getDefiningOp());
    }
    waiting[op] = sources.size();
    if (sources.empty())
      ready.push_back(op);
  }
  auto growth = [&](Operation *op) {
    int64_t bytes = bytesOf(op->getResult(0));
    for (Value v : op->getOperands())
      if (uses[v] == 1 && v.getDefiningOp() && isa<FormInterface>(v.getDefiningOp()))
        bytes -= bytesOf(v);
    return bytes;
  };
  while (!ready.empty()) {
    auto best = std::min_element(ready.begin(), ready.end(), [&](Operation *a, Operation *b) {
      int64_t ga = growth(a), gb = growth(b);
      return ga != gb ? ga < gb : a->isBeforeInBlock(b);
    });
    Operation *op = *best;
    ready.erase(best);
    order.push_back(op);
    for (Value v : op->getOperands())
      --uses[v];
    llvm::SmallPtrSet<Operation *, 4> users(op->user_begin(), op->user_end());
    for (Operation *user : users)
      if (waiting.contains(user) && --waiting[user] == 0)
        ready.push_back(user);
  }
  return order;
}

struct OpReorderPass : impl::OpReorderBase<OpReorderPass> {
  void runOnOperation() override {
    if (failed(checkLowered(getOperation(), "op-reorder")))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      SmallVector<SmallVector<Operation *>> runs(1); // between ops of the host
      Operation *terminator = function.getBody().front().getTerminator();
      SmallVector<Operation *> ends;
      for (Operation &op : function.getBody().front()) {
        if (isa<FormInterface>(op)) {
          runs.back().push_back(&op);
        } else if (top::isHostOp(&op)) {
          ends.push_back(&op);
          runs.emplace_back();
        }
      }
      ends.push_back(terminator);
      for (auto [ops, end] : llvm::zip(runs, ends)) {
        SmallVector<Operation *> order = scheduleByMemory(ops);
        if (order.size() != ops.size() || peakOf(order) >= peakOf(ops))
          continue;
        for (Operation *op : order)
          op->moveBefore(end);
      }
    }
  }
};

} // namespace
} // namespace tpu_mlir::tpu
