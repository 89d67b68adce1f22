//===- CancelPermutes.cpp - Permutes that undo each other -----------------===//
// Finds the parts of a network that permutes lead into and out of, as in graphs
// of frameworks whose tensors are [n, h, w, c], and computes them in the order
// that is outside. Decides by counting: a part is changed only where fewer
// permutes are left. What a permutation does to an op is PermutedOps.cpp's.
#include "PermutedOps.h"
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tpu_mlir::top {
#define GEN_PASS_DEF_CANCELPERMUTES
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h.inc"

namespace {

/// From [n, h, w, c] to [n, c, h, w], and back.
constexpr int64_t kChannelsSecond[] = {0, 3, 1, 2}, kChannelsLast[] = {0, 2, 3, 1};

/// A permute by `order`, or null.
PermuteOp permuteBy(Operation *op, ArrayRef<int64_t> order) {
  auto permute = dyn_cast_or_null<PermuteOp>(op);
  return permute && permute.getOrder() == order ? permute : PermuteOp();
}

/// `value` permuted; a reshape where no element moves.
Value turn(Value value, ArrayRef<int64_t> order, Location loc, OpBuilder &builder) {
  auto type = cast<RankedTensorType>(value.getType());
  Shape shape = permuted(type.getShape(), order);
  auto turned = RankedTensorType::get(shape, type.getElementType());
  if (movesElements(type.getShape(), order))
    return PermuteOp::create(builder, loc, turned, value, order);
  return ReshapeOp::create(builder, loc, turned, value, shape);
}

/// Permutable ops that hang together: all of them are computed permuted by `order`, or none.
class Region {
public:
  Region(Operation *start, ArrayRef<int64_t> order, Constants &constants);
  /// How many permutes fewer there are afterwards; 0 where none leads in, or neither a permute nor a reduction out.
  int gain() const;
  void apply();
  ArrayRef<Operation *> members() const { return ops.getArrayRef(); }

private:
  bool holds(Value value) const { return ops.contains(value.getDefiningOp()); }
  bool mayHold(Operation *op) const {
    return op && isPermutable(op, constants) && shapeOf(op->getResult(0)).size() == order.size();
  }
  /// What the ops outside see of the reduction that begins with `user`; it takes [n, h, w, c] to [n, c, h, w].
  Operation *poolOf(Operation *user) const;
  Value convert(Value operand, OpBuilder &builder);
  void leave(Operation *op, OpBuilder &builder);

  Order order, back;
  Constants &constants;
  llvm::SetVector<Operation *> ops;
  llvm::DenseMap<Value, Value> converted;
  llvm::DenseMap<Operation *, Operation *> pools; ///< of the reductions that read the region, by their reshapes
};

Region::Region(Operation *start, ArrayRef<int64_t> order, Constants &constants)
    : order(order), back(inverse(order)), constants(constants) {
  ops.insert(start);
  // `ops` grows while it is walked.
  for (size_t i = 0; i < ops.size(); ++i) {
    auto addUsers = [&](Value value) {
      for (Operation *user : value.getUsers())
        if (mayHold(user))
          ops.insert(user);
    };
    Operation *op = ops[i];
    addUsers(op->getResult(0));
    for (Value operand : op->getOperands()) {
      if (mayHold(operand.getDefiningOp()))
        ops.insert(operand.getDefiningOp());
      else if (permuteBy(operand.getDefiningOp(), back))
        addUsers(operand);
    }
  }
}

Operation *Region::poolOf(Operation *user) const {
  auto reshape = dyn_cast<ReshapeOp>(user);
  return reshape && ArrayRef<int64_t>(order) == ArrayRef<int64_t>(kChannelsSecond) ? poolOverMiddle(reshape) : nullptr;
}

int Region::gain() const {
  int into = 0, outOf = 0, added = 0;
  bool leadsOut = false;
  llvm::DenseSet<Value> seen;
  for (Operation *op : ops) {
    for (Value operand : op->getOperands()) {
      if (holds(operand) || constants.find(operand) || !seen.insert(operand).second)
        continue;
      if (PermuteOp permute = permuteBy(operand.getDefiningOp(), back)) {
        if (holds(permute.getInput()))
          return 0; // the same tensor would be wanted in both orders
        bool isFree = llvm::all_of(operand.getUsers(),
                                   [&](Operation *user) { return ops.contains(user) || permuteBy(user, order); });
        into += isFree && movesElements(shapeOf(permute.getInput()), back);
      } else {
        added += movesElements(shapeOf(operand), order);
      }
    }
    bool isWantedAsItWas = false;
    for (Operation *user : op->getResult(0).getUsers()) {
      bool isPool = !ops.contains(user) && poolOf(user);
      leadsOut |= isPool || permuteBy(user, order);
      if (permuteBy(user, order))
        outOf += movesElements(shapeOf(op->getResult(0)), order);
      else if (!ops.contains(user) && !isPool)
        isWantedAsItWas = true;
    }
    added += isWantedAsItWas && movesElements(shapeOf(op->getResult(0)), order);
  }
  return into && leadsOut ? into + outOf - added : 0;
}

Value Region::convert(Value operand, OpBuilder &builder) {
  Value &known = converted[operand];
  if (known)
    return known;
  if (holds(operand))
    return known = operand; // changed in place
  if (PermuteOp permute = permuteBy(operand.getDefiningOp(), back))
    return known = permute.getInput();
  if (auto weight = operand.getDefiningOp<WeightOp>(); weight && constants.find(operand))
    return known = permuteConstant(weight, order, constants, builder);
  builder.setInsertionPointAfterValue(operand);
  Location loc = nameLoc(builder.getContext(), constants.freshName(nameOf(operand) + "_permuted"));
  return known = turn(operand, order, loc, builder);
}

/// Gives the users outside what they want of the result of `op`, which is permuted now, and `op` its name: that of a
/// permute which it replaces, because the framework has this very tensor under that name.
void Region::leave(Operation *op, OpBuilder &builder) {
  Value result = op->getResult(0);
  Location own = op->getLoc();
  SmallVector<PermuteOp> replaced;
  SmallVector<OpOperand *> others;
  SmallVector<ReshapeOp> pooled;
  for (OpOperand &use : result.getUses()) {
    if (PermuteOp permute = permuteBy(use.getOwner(), order))
      replaced.push_back(permute);
    else if (pools.contains(use.getOwner()))
      pooled.push_back(cast<ReshapeOp>(use.getOwner()));
    else if (!ops.contains(use.getOwner()))
      others.push_back(&use);
  }
  llvm::sort(replaced, [](PermuteOp a, PermuteOp b) {
    return isReturned(a.getOutput()) != isReturned(b.getOutput()) ? isReturned(a.getOutput()) : a->isBeforeInBlock(b);
  });
  op->setLoc(replaced.empty() ? nameLoc(op->getContext(), constants.freshName(nameOf(own) + "_permuted"))
                              : replaced[0].getLoc());
  for (ReshapeOp reshape : pooled)
    poolInstead(reshape, pools.lookup(reshape), result, constants, builder);
  if (!others.empty()) {
    builder.setInsertionPointAfter(op);
    Value asItWas = turn(result, back, own, builder);
    for (OpOperand *use : others)
      use->set(asItWas);
  }
  for (auto [index, permute] : llvm::enumerate(replaced)) {
    if (index && isReturned(permute.getOutput())) {
      permute.setOrder(llvm::to_vector(llvm::seq<int64_t>(0, order.size()))); // it keeps its name
      continue;
    }
    permute.getOutput().replaceAllUsesWith(result);
    permute.erase();
  }
}

void Region::apply() {
  auto sorted = llvm::to_vector(ops);
  llvm::sort(sorted, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  OpBuilder builder(sorted.front());
  llvm::SetVector<PermuteOp> before;
  for (Operation *op : sorted)
    for (Operation *user : op->getResult(0).getUsers())
      if (Operation *pool = ops.contains(user) ? nullptr : poolOf(user))
        pools[user] = pool;
  for (Operation *op : sorted) {
    for (OpOperand &operand : op->getOpOperands()) {
      if (PermuteOp permute = permuteBy(operand.get().getDefiningOp(), back))
        before.insert(permute);
      operand.set(convert(operand.get(), builder));
    }
    permuteInPlace(op, order);
  }
  for (Operation *op : sorted)
    leave(op, builder);
  for (PermuteOp permute : before)
    if (permute.getOutput().use_empty())
      permute.erase();
}

struct CancelPermutesPass : impl::CancelPermutesBase<CancelPermutesPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(requireWeights(module)))
      return signalPassFailure();
    Constants constants(module);
    while (changeOne(module, constants))
      ;
  }

private:
  /// A permute that only a reduction reads.
  static bool reducesAtOnce(PermuteOp permute, Constants &constants) {
    bool isRead = permute.getOrder() == ArrayRef<int64_t>(kChannelsLast) && permute.getOutput().hasOneUse();
    auto reshape = isRead ? dyn_cast<ReshapeOp>(*permute.getOutput().getUsers().begin()) : ReshapeOp();
    Operation *pool = reshape ? poolOverMiddle(reshape) : nullptr;
    if (!pool)
      return false;
    OpBuilder builder(pool);
    poolInstead(reshape, pool, permute.getInput(), constants, builder);
    permute.erase();
    return true;
  }

  /// Finds a part to change and changes it. Every one leaves fewer permutes, so that there is an end.
  bool changeOne(ModuleOp module, Constants &constants) {
    // Parts that gain nothing are met again at each of their permutes.
    llvm::DenseSet<std::pair<Operation *, Attribute>> known;
    SmallVector<PermuteOp> permutes;
    module.walk([&](PermuteOp permute) {
      if (hasStaticShapes(permute) && movesElements(shapeOf(permute.getInput()), permute.getOrder()))
        permutes.push_back(permute);
    });
    auto tryAt = [&](Operation *start, ArrayRef<int64_t> order) {
      auto key = DenseI64ArrayAttr::get(&getContext(), order);
      if (!start || !isPermutable(start, constants) || known.contains({start, key}) ||
          shapeOf(start->getResult(0)).size() != order.size())
        return false;
      Region region(start, order, constants);
      if (region.gain() > 0)
        return region.apply(), true;
      for (Operation *op : region.members())
        known.insert({op, key});
      return false;
    };
    for (PermuteOp permute : permutes)
      if (reducesAtOnce(permute, constants))
        return true;
    for (PermuteOp permute : permutes)
      for (Operation *user : permute.getOutput().getUsers())
        if (tryAt(user, inverse(permute.getOrder())))
          return true;
    return false;
  }
};

} // namespace
} // namespace tpu_mlir::top
