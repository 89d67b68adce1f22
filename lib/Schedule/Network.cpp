//===- Network.cpp - Links, fusion, and who must stay alone ---------------===//
// Who reads what, which element-wise ops run inside the work before them, and
// what keeps an op from sharing local memory. Which of those that may share do
// so is the search's.
#include "tpu_mlir/Schedule/Network.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Primitive/Moves.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace tpu_mlir::schedule {

int Network::root(int v) const {
  while (values[v].viewOf >= 0)
    v = values[v].viewOf;
  return v;
}

void Network::link() {
  for (Value &v : values) {
    v.producer = -1;
    v.users.clear();
  }
  for (int n = 0; n < int(nodes.size()); ++n) {
    for (int operand : nodes[n].operands) {
      if (operand < 0)
        continue;
      std::vector<int> &users = values[root(operand)].users;
      if (users.empty() || users.back() != n)
        users.push_back(n);
    }
    values[nodes[n].result].producer = n;
  }
}

bool Network::readsAsMade(const Node &node, const Buffer &b) const {
  const Value &v = values[root(node.operands[b.index])];
  return b.place == Place::Input && b.repeat == 1 && b.layout == Layout::Aligned && b.dims == v.dims &&
         b.dtype == v.dtype;
}

namespace {

/// The operand that `node` maps element by element, or -1.
int mappedOperand(const Node &node) {
  const Recipe *r = node.recipe();
  int found = -1;
  if (!r)
    return -1;
  for (const Buffer &b : r->buffers) {
    if (b.place != Place::Input)
      continue;
    bool same = b.dims == r->outputDims() && b.layout == Layout::Aligned;
    for (const AxisMap &m : b.map)
      same &= m.kind == AxisMap::Kind::Same;
    if (found >= 0 || !same)
      return -1;
    found = node.operands[b.index];
  }
  return found;
}

/// How many ops one may be made of. A work that had more would need all their tables at once, and everything that looks
/// at a recipe's steps would do so for all of a long chain.
constexpr size_t kMostParts = 32;

/// Computes `second` right where `node` leaves its result.
void join(Node &node, const Node &second) {
  if (node.parts.empty())
    node.parts = {Node(node)};
  node.parts.push_back(second);
  Recipe &r = std::get<Recipe>(node.form);
  const Recipe &s = *second.recipe();
  int between = r.output;
  node.observed.push_back({node.result, between, int(r.steps.size()) - 1});
  node.name = second.name;
  node.result = second.result;
  r.buffers[between].place = Place::Scratch;
  std::vector<int> number(s.buffers.size());
  for (size_t i = 0; i < s.buffers.size(); ++i) {
    Buffer b = s.buffers[i];
    if (b.place == Place::Input) {
      number[i] = between;
      continue;
    }
    if (b.place == Place::Weight) {
      node.operands.push_back(second.operands[b.index]);
      b.index = int(node.operands.size()) - 1;
    }
    number[i] = int(r.buffers.size());
    r.buffers.push_back(b);
  }
  r.output = number[s.output];
  for (Step step : s.steps) {
    step.dst = number[step.dst];
    for (int &id : step.sources)
      if (id >= 0)
        id = number[id];
    r.steps.push_back(step);
  }
}

/// Adds a copy step between `buffer` and a new scratch buffer that takes its place in steps [begin, end); returns it.
int addStage(Recipe &r, int buffer, size_t begin, size_t end) {
  Buffer stage = r.buffers[buffer];
  stage.place = Place::Scratch;
  int id = int(r.buffers.size());
  r.buffers.push_back(stage);
  for (size_t s = begin; s < end; ++s) {
    Step &step = r.steps[s];
    if (step.dst == buffer)
      step.dst = id;
    std::replace(step.sources.begin(), step.sources.end(), buffer, id);
  }
  return id;
}

/// Intermediates that scratch memory does not hold whole are cut into rows. Depth-wise windows and requantisation take
/// no strides, so what they read and write must start at the align unit; copies need not.
void stage(Node &node, const LocalMemory &memory) {
  Recipe r = *node.recipe();
  const Dims out = r.outputDims();
  int64_t widest = 0, item = kernel::byteSize(r.buffers[r.output].dtype);
  for (const Buffer &b : r.buffers)
    if (b.place == Place::Scratch)
      widest = std::max(widest, out.w * int64_t(kernel::byteSize(b.dtype)));
  int64_t rows = widest ? memory.scratchBanks * memory.bankBytes / widest : out.h;
  bool ownAxes = std::any_of(r.buffers.begin(), r.buffers.end(), [](const Buffer &b) {
    return std::any_of(b.map.begin(), b.map.end(), [](const AxisMap &m) { return m.of >= 0; });
  });
  if (rows >= out.h || r.steps.empty() || ownAxes)
    return;
  const Step first = r.steps.front();
  const int source = first.sources[0];
  if (memory.family->row(first).needsRowsInPlace(first) && r.buffers[source].place == Place::Input &&
      r.buffers[source].repeat == 1) {
    int id = addStage(r, source, 0, r.steps.size());
    r.steps.insert(r.steps.begin(), primitive::copy(id, source));
    for (Observation &o : node.observed)
      ++o.step;
  }
  int64_t align = memory.alignBytes / std::gcd(memory.alignBytes, out.w * item);
  if (align > rows) {
    int id = addStage(r, r.output, 0, r.steps.size());
    r.steps.push_back(primitive::copy(r.output, id));
  }
  node.form = std::move(r);
}

} // namespace

Network fuse(Network network, const LocalMemory &memory, const std::function<bool(int)> &isAlone,
             const std::function<bool(int, int)> &mayJoin) {
  adoptLocalForms(network, memory, isAlone);
  Network fused;
  fused.values = network.values;
  std::vector<int> newNumber(network.nodes.size(), -1);
  for (int n = 0; n < int(network.nodes.size()); ++n) {
    const Node &node = network.nodes[n];
    int operand = mappedOperand(node);
    if (operand >= 0 && network.values[operand].viewOf < 0) {
      const Value &v = network.values[operand];
      int producer = v.producer;
      bool only = producer >= 0 && v.users.size() == 1 && !v.isOutput && network.nodes[producer].recipe();
      if (only && !isAlone(producer) && !isAlone(n) && mayJoin(producer, n) && v.dims == node.recipe()->outputDims()) {
        int target = newNumber[producer];
        // A row of weights has a place for one set of entries.
        const bool twoSets =
            hasRole(*node.recipe(), Role::Entries) && hasRole(*fused.nodes[target].recipe(), Role::Entries);
        if (fused.nodes[target].parts.size() < kMostParts && !twoSets) {
          join(fused.nodes[target], node);
          newNumber[n] = target;
          continue;
        }
      }
    }
    newNumber[n] = int(fused.nodes.size());
    fused.nodes.push_back(node);
  }
  for (Node &node : fused.nodes)
    if (node.recipe())
      stage(node, memory);
  fused.link();
  return fused;
}

std::string whyAlone(const Node &node, const LocalMemory &memory) {
  const Recipe *r = node.local ? &*node.local : node.recipe();
  if (!r)
    return "it only moves data, which the other engine does between global addresses";
  for (const Buffer &b : r->buffers) {
    const AxisMap &channels = b.map[1];
    if (channels.kind == AxisMap::Kind::Group &&
        (channels.inPerGroup % memory.lanes != 0 || channels.outPerGroup % memory.lanes != 0))
      return "each of its convolution groups reads channels from a lane of its own";
    if (b.layout == Layout::Lanes && b.place == Place::Input)
      return "it needs an operand in every lane";
    // Slices of a group have all channels; only tiles of an op by itself have some.
    if (b.dims.c > memory.maxDim)
      return "it has more channels than one command takes";
  }
  return "";
}

} // namespace tpu_mlir::schedule
