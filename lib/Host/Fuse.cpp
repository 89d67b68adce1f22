//===- Fuse.cpp - Joining work that belongs together ----------------------===//
// Works on a copy of the plan's items. An item that was joined into another one
// disappears; the order of the others does not change.
#include "Fuse.h"
#include "Layout.h"

#include <algorithm>

namespace tpu_mlir::host {

namespace {

/// A library takes only so many; more than this never occur in a network that someone trained.
constexpr size_t kMostPosts = 8;

class Fuser {
public:
  Fuser(std::vector<Item> items, const std::vector<Tensor> &tensors, const std::vector<bool> &isKept)
      : items(std::move(items)), tensors(tensors), isKept(isKept), isGone(this->items.size()) {
    for (size_t i = 0; i < this->items.size(); ++i)
      enter(i);
  }

  /// Moves unary item `i` behind its input's producer.
  void joinUnary(size_t i, bool (*hasFunction)(const UnaryFunction &)) {
    auto *unary = std::get_if<Unary>(&items[i].work);
    int producer = unary ? onlyUserOf(items[i].inputs[0], i) : -1;
    if (producer < 0)
      return;
    Item &before = items[producer];
    bool isProduct = std::holds_alternative<Conv>(before.work) || std::holds_alternative<MatMul>(before.work);
    bool isCheap = unary->function.kind == UnaryKind::Relu || unary->function.kind == UnaryKind::Clip;
    if (before.posts.size() >= kMostPosts)
      return;
    // Steps of what moves and chooses take no posts.
    bool takesNone = std::holds_alternative<View>(before.work) || std::holds_alternative<Gather>(before.work) ||
                     before.work.index() > Work(Gather{}).index();
    if (takesNone || !(isCheap || (isProduct && hasFunction(unary->function))))
      return;
    before.posts.push_back(unary->function);
    replace(i, producer);
  }

  /// Makes sum `i` the end of the convolution that computes its later operand; the other operand's memory is reused.
  void joinSum(size_t i) {
    auto *sum = std::get_if<Combine>(&items[i].work);
    if (!sum || sum->kind != Combine::Kind::Add || !sum->coefficients.empty() || items[i].inputs.size() != 2)
      return;
    int a = items[i].inputs[0], b = items[i].inputs[1];
    const Dims &dims = tensors[items[i].output].dims;
    if (a == b || tensors[a].dims != dims || tensors[b].dims != dims)
      return;
    if (producer[a] > producer[b])
      std::swap(a, b);
    int later = onlyUserOf(b, i), root = rootOf(a);
    if (later < 0 || !std::holds_alternative<Conv>(items[later].work) || items[later].residual >= 0)
      return;
    if (producer[root] < 0 || isKept[root] || lastUse(root, i) >= later)
      return;
    Item &conv = items[later];
    conv.residual = a;
    conv.postsBeforeResidual = conv.posts.size();
    replace(i, later);
  }

  std::vector<Item> take() {
    std::vector<Item> left;
    for (size_t i = 0; i < items.size(); ++i)
      if (!isGone[i])
        left.push_back(std::move(items[i]));
    return left;
  }

private:
  void enter(size_t i) {
    producer.resize(tensors.size(), -1);
    users.resize(tensors.size());
    producer[items[i].output] = static_cast<int>(i);
    for (int input : items[i].inputs)
      users[input].push_back(i);
  }
  /// The item that computes `tensor`, if item `user` alone reads it and nobody else asks for it.
  int onlyUserOf(int tensor, size_t user) const {
    bool isOnly = !isKept[tensor] && users[tensor].size() == 1 && users[tensor][0] == user;
    return isOnly ? producer[tensor] : -1;
  }
  /// The tensor whose memory a chain of views shows.
  int rootOf(int tensor) const {
    while (producer[tensor] >= 0 && std::holds_alternative<View>(items[producer[tensor]].work))
      tensor = items[producer[tensor]].inputs[0];
    return tensor;
  }
  /// The last item but `except` that reads `tensor` or a view of it; the items count to which reading views leads when
  /// one of them must stay.
  int lastUse(int tensor, size_t except) const {
    int last = -1;
    for (size_t user : users[tensor]) {
      if (user != except)
        last = std::max(last, static_cast<int>(user));
      if (!std::holds_alternative<View>(items[user].work))
        continue;
      int view = items[user].output;
      last = std::max(last, isKept[view] ? static_cast<int>(items.size()) : lastUse(view, except));
    }
    return last;
  }
  /// Item `i` is now done by item `into`.
  void replace(size_t i, int into) {
    Item &target = items[into], &gone = items[i];
    int between = target.output;
    target.posts.insert(target.posts.end(), gone.posts.begin(), gone.posts.end());
    target.output = gone.output;
    producer[gone.output] = into;
    producer[between] = -1;
    for (int input : gone.inputs)
      std::erase(users[input], i);
    if (target.residual >= 0)
      users[target.residual].push_back(static_cast<size_t>(into));
    isGone[i] = true;
  }

  std::vector<Item> items;
  const std::vector<Tensor> &tensors;
  const std::vector<bool> &isKept;
  std::vector<bool> isGone;
  std::vector<int> producer;
  std::vector<std::vector<size_t>> users;
};

} // namespace

std::vector<Item> fuse(const std::vector<Item> &items, const std::vector<Tensor> &tensors,
                       const std::vector<bool> &isKept, bool (*hasFunction)(const UnaryFunction &),
                       bool withResiduals) {
  Fuser fuser(items, tensors, isKept);
  for (size_t i = 0; i < items.size(); ++i) {
    fuser.joinUnary(i, hasFunction);
    if (withResiduals)
      fuser.joinSum(i);
  }
  return fuser.take();
}

} // namespace tpu_mlir::host
