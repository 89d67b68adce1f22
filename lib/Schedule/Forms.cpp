//===- Forms.cpp - The forms and shapes of ops in local memory ------------===//
// An op that shares local memory may have another recipe there than by itself,
// whose tensors have other shapes of the same elements. Element-wise ops take
// the shapes that their operands were made in, so that values need not go
// through global memory to be seen otherwise. Decides who is alone no more than
// who joins whom.
#include "Flexible.h"
#include "tpu_mlir/Primitive/Primitive.h"
#include "tpu_mlir/Schedule/Network.h"

#include <algorithm>
#include <utility>

namespace tpu_mlir::schedule {

namespace {

bool isOwn(const AxisMap &m) { return m.kind == AxisMap::Kind::Same && m.of < 0; }

/// Whether a recipe's steps do the same to every element, whatever its place.
bool mapsElements(const Recipe &r) {
  return std::all_of(r.steps.begin(), r.steps.end(),
                     [](const Step &s) { return s.primitive->reach(s) == Reach::Same; });
}

/// Whether a buffer is a table of a lookup, which has no place among the elements.
bool isTable(const Recipe &r, int buffer) {
  return r.buffers[buffer].place == Place::Weight && std::all_of(r.steps.begin(), r.steps.end(), [&](const Step &s) {
           return !s.reads(buffer) || readsAs(s, buffer, Role::Table);
         });
}

} // namespace

bool isFlexible(const Recipe &r) {
  if (!mapsElements(r))
    return false;
  for (int i = 0; i < int(r.buffers.size()); ++i) {
    const Buffer &b = r.buffers[i];
    if (isTable(r, i))
      continue;
    if (b.dims != r.outputDims() || b.layout != Layout::Aligned || b.repeat != 1 ||
        !std::all_of(b.map.begin(), b.map.end(), isOwn))
      return false;
  }
  return true;
}

namespace {

void reshape(Recipe &r, const Dims &dims) {
  for (int i = 0; i < int(r.buffers.size()); ++i)
    if (!isTable(r, i))
      r.buffers[i].dims = dims;
}

/// Whether rows and columns may change places: one of the two has length 1 everywhere.
bool mayExchange(const Recipe &r) {
  if (!mapsElements(r) || r.outputDims().h * r.outputDims().w == 1)
    return false;
  for (int i = 0; i < int(r.buffers.size()); ++i) {
    const Buffer &b = r.buffers[i];
    if (!isTable(r, i) && (b.dims.w != 1 || b.repeat != 1 || !isOwn(b.map[2]) || !isOwn(b.map[3])))
      return false;
  }
  return true;
}

class Shapes {
public:
  Shapes(Network &network, const LocalMemory &memory, const std::function<bool(int)> &isAlone)
      : network(network), memory(memory), isAlone(isAlone) {}

  void run() {
    network.link();
    for (int n = 0; n < int(network.nodes.size()); ++n) {
      Node &node = network.nodes[n];
      if (isAlone(n))
        continue;
      if (node.local)
        node.form = std::move(*node.local);
      node.local.reset();
      network.values[node.result].dims = node.recipe()->outputDims();
    }
    for (int v = 0; v < int(network.values.size()); ++v)
      if (isFree(network.values[v]))
        shapeInput(v);
    for (int n = 0; n < int(network.nodes.size()); ++n)
      if (!isAlone(n))
        followOperands(n);
  }

private:
  Recipe &recipeOf(int n) { return std::get<Recipe>(network.nodes[n].form); }

  /// The shape in which an op that has only one wants the value, directly or behind ops that take any.
  std::optional<Dims> wantedShape(int value, int depth) {
    for (int n : network.values[value].users) {
      if (isAlone(n))
        continue;
      const Recipe &r = recipeOf(n);
      if (isFlexible(r)) {
        if (depth > 0)
          if (std::optional<Dims> d = wantedShape(network.nodes[n].result, depth - 1))
            return d;
        continue;
      }
      for (const Buffer &b : r.buffers)
        if (b.place == Place::Input && b.repeat == 1 && b.layout == Layout::Aligned &&
            network.root(network.nodes[n].operands[b.index]) == value)
          return b.dims;
    }
    return std::nullopt;
  }

  /// Whether a value lies in global memory alone, where its readers may see it in any shape.
  bool isFree(const Value &v) const {
    return v.isInput || (v.producer >= 0 && !v.isOutput && isAlone(v.producer) && !network.nodes[v.producer].recipe());
  }

  void shapeInput(int v) {
    constexpr int kDepth = 8;
    Value &value = network.values[v];
    std::optional<Dims> d = wantedShape(v, kDepth);
    if (d && d->count() == value.dims.count())
      value.dims = *d;
    else if (!d && value.isInput && onlyFlexible(v))
      value.dims = inLongRows(value.dims);
  }

  bool onlyFlexible(int v) {
    const std::vector<int> &users = network.values[v].users;
    return !users.empty() &&
           std::all_of(users.begin(), users.end(), [&](int n) { return !isAlone(n) && isFlexible(recipeOf(n)); });
  }

  /// Where channels have a few elements each, which are a transfer's rows: one long row a lane.
  Dims inLongRows(const Dims &d) const {
    constexpr int64_t kShort = 16, kMany = 4; // elements of a row; rows for each lane
    const int64_t count = d.count();
    if (d.h * d.w >= kShort || d.n * d.c < kMany * memory.lanes)
      return d;
    for (int64_t lanes = memory.lanes; lanes >= memory.lanes / 2; --lanes)
      if (count % lanes == 0 && count / lanes <= memory.maxDim)
        return {1, lanes, 1, count / lanes};
    return d;
  }

  /// What reads whole planes takes them as they were made, in however many rows.
  void takePlanes(const Node &node, Recipe &r) {
    for (Buffer &b : r.buffers) {
      if (b.place != Place::Input || b.dims.h != 1 || b.map[2].kind != AxisMap::Kind::Full ||
          b.map[3].kind != AxisMap::Kind::Full)
        continue;
      const Dims &d = network.values[network.root(node.operands[b.index])].dims;
      if (d.n == b.dims.n && d.c == b.dims.c && d.h * d.w == b.dims.w)
        b.dims = d;
    }
  }

  void followOperands(int n) {
    Node &node = network.nodes[n];
    Recipe &r = recipeOf(n);
    std::optional<Dims> operand;
    for (const Buffer &b : r.buffers)
      if (b.place == Place::Input && b.dims == r.outputDims()) {
        const Value &v = network.values[network.root(node.operands[b.index])];
        if (!operand || (v.producer >= 0 && !v.isInput))
          operand = v.dims;
        if (v.producer >= 0)
          break;
      }
    takePlanes(node, r);
    const Dims own = r.outputDims();
    if (!operand || *operand == own)
      return;
    if (isFlexible(r) && operand->count() == own.count())
      reshape(r, *operand);
    else if (mayExchange(r) && *operand == Dims{own.n, own.c, 1, own.h})
      for (int i = 0; i < int(r.buffers.size()); ++i)
        if (!isTable(r, i))
          std::swap(r.buffers[i].dims.h, r.buffers[i].dims.w);
    network.values[node.result].dims = r.outputDims();
  }

  Network &network;
  const LocalMemory &memory;
  const std::function<bool(int)> &isAlone;
};

} // namespace

void adoptLocalForms(Network &network, const LocalMemory &memory, const std::function<bool(int)> &isAlone) {
  Shapes(network, memory, isAlone).run();
}

} // namespace tpu_mlir::schedule
