//===- ChooseForms.cpp - The cheaper of an op's two forms -----------------===//
// An op that has another form among neighbours may take it or not; what it
// computes is the same, and what it costs is more than that. A form that wants
// its operand in another shape than it lies in makes both engines carry it out
// and in again, and a tensor whose channels are single elements crosses in rows
// of one. Decides by the timing model, op by op, before anything is grouped.
#include "Flexible.h"
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Schedule/RowBlob.h"

#include <algorithm>

namespace tpu_mlir::schedule {

namespace {

using backend::Task;

class Chooser {
public:
  Chooser(Network &network, const LocalMemory &memory, const target::Chip &chip)
      : network(network), memory(memory), prices{*memory.family, chip}, made(network.values.size()) {}

  void run() {
    // In order, each with what was decided about those before it: a form is dear or cheap by how its operand lies.
    for (Node &node : network.nodes) {
      const Recipe *form = node.recipe();
      if (node.local) {
        const double local = fits(*node.local) ? price(node, *node.local) : kFar;
        // Equal prices keep the form by itself, which the interpreter runs, too.
        if (form ? price(node, *form) <= local : kAlone * price(node) <= local)
          node.local.reset();
      }
      made[node.result] = shapeOf(node);
    }
  }

private:
  static int64_t itemOf(const Value &v) { return kernel::byteSize(v.dtype); }

  bool fits(const Recipe &r) const {
    return std::all_of(r.buffers.begin(), r.buffers.end(), [&](const Buffer &b) {
      return std::max({b.dims.n, b.dims.c, b.dims.h, b.dims.w}) <= prices.chip.limits.maxDim;
    });
  }

  double load(const Dims &d, int64_t item) const {
    return prices.copy(Task::Load, double(d.n * d.c), double(d.h * d.w * item));
  }

  /// The shape in which a node's result will lie in local memory; kAnyShape where its readers choose; nothing where it
  /// goes through global memory.
  std::optional<Dims> shapeOf(const Node &node) const {
    const Recipe *r = node.local ? &*node.local : node.recipe();
    if (!r || !whyAlone(node, memory).empty())
      return std::nullopt;
    // Element-wise ops take over the shape that their operand was made in (adoptLocalForms).
    if (!isFlexible(*r))
      return r->outputDims();
    for (const Buffer &b : r->buffers)
      if (b.place == Place::Input)
        if (const std::optional<Dims> &d = made[network.root(node.operands[b.index])]; d && *d != kAnyShape)
          return d;
    return kAnyShape;
  }

  double price(const Node &node, const Recipe &r) const {
    double cycles = regionCycles(r, wholeOf(r.outputDims()), prices, memory.bankBytes);
    // Loads of weights run ahead behind other ops' work, where there is any.
    // Of an op that makes an output and reads nothing that another left in local memory, no such work is known.
    bool isBusy = !network.values[node.result].isOutput;
    for (const Buffer &b : r.buffers)
      if (b.place == Place::Input && b.repeat == 1) {
        const int v = network.root(node.operands[b.index]);
        const std::optional<Dims> &lies = made[v];
        isBusy |= lies && lies != kAnyShape;
        if (lies != b.dims && lies != kAnyShape)
          cycles +=
              load(b.dims, kernel::byteSize(b.dtype)) + (lies ? prices.store(*lies, itemOf(network.values[v])) : 0);
      }
    return cycles + (isBusy ? 0 : weights(r)) + leaving(node.result, r.outputDims());
  }

  /// Weights that lie in rows a lane come by one transfer, others by one each.
  double weights(const Recipe &r) const {
    double transfers = hasRowWeights(r);
    for (const Buffer &b : r.buffers)
      transfers += b.place == Place::Weight && !isRowWeight(r, b);
    return transfers * prices.copy(Task::Load, 1, 0);
  }

  /// Of a program of copies, from and to global memory.
  double price(const Node &node) const {
    double cycles = node.price.cycles;
    for (int operand : node.operands)
      if (operand >= 0)
        if (const Value &v = network.values[network.root(operand)]; made[network.root(operand)]) {
          const Dims &lies = *made[network.root(operand)];
          cycles += lies == kAnyShape
                        ? prices.copy(Task::Store, double(memory.lanes), double(v.bytes()) / double(memory.lanes))
                        : prices.store(lies, itemOf(v));
        }
    const Value &result = network.values[node.result];
    const bool isRead = std::any_of(result.users.begin(), result.users.end(), [&](int user) {
      return network.nodes[user].local || network.nodes[user].recipe();
    });
    return cycles + (isRead ? load(result.dims, itemOf(result)) : 0);
  }

  /// What it costs that `value` lies as `dims` when its readers come.
  double leaving(int value, const Dims &dims, int depth = kDepth) const {
    const Value &v = network.values[value];
    const double out = prices.store(dims, itemOf(v));
    if (v.isOutput || v.users.empty())
      return out;
    double most = 0;
    for (size_t i = 0; i < std::min<size_t>(v.users.size(), kFewReaders); ++i) {
      const Node &user = network.nodes[v.users[i]];
      const Recipe *forms[] = {user.recipe(), user.local ? &*user.local : nullptr};
      double least = forms[0] || forms[1] ? kFar : out;
      for (const Recipe *r : forms)
        if (r)
          least = std::min(least, reading(value, dims, user, *r, out, depth));
      most = std::max(most, least);
    }
    return most;
  }

  double reading(int value, const Dims &dims, const Node &user, const Recipe &r, double out, int depth) const {
    if (isFlexible(r))
      return depth > 0 ? leaving(user.result, dims, depth - 1) : 0;
    for (const Buffer &b : r.buffers)
      if (b.place == Place::Input && network.root(user.operands[b.index]) == value)
        return b.dims == dims ? 0 : out + load(b.dims, itemOf(network.values[value]));
    return 0;
  }

  static constexpr Dims kAnyShape = {0, 0, 0, 0};
  static constexpr size_t kFewReaders = 3;
  static constexpr int kDepth = 4; ///< of ops that take any shape
  static constexpr double kFar = 1e30;
  /// An op by itself stands between its neighbours and empties local memory around them.
  static constexpr double kAlone = 2;
  Network &network;
  const LocalMemory &memory;
  const Prices prices;
  std::vector<std::optional<Dims>> made; ///< by value
};

} // namespace

void chooseForms(Network &network, const LocalMemory &memory, const target::Chip &chip) {
  Chooser(network, memory, chip).run();
}

} // namespace tpu_mlir::schedule
