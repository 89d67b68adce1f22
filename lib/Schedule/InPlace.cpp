//===- InPlace.cpp - Copies that need not happen --------------------------===//
// Only programs of copies, and of them only runs of consecutive bytes. Lifetimes
// are the caller's: a host lives as long as what lies inside it.
#include "tpu_mlir/Schedule/InPlace.h"

#include <algorithm>

namespace tpu_mlir::schedule {

namespace {

/// A move of consecutive elements.
struct Run {
  int source; ///< operand
  int64_t from, to, count;
};

bool isDense(const std::vector<int64_t> &dims, const std::vector<int64_t> &strides) {
  int64_t step = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    if (dims[i] > 1 && strides[i] != step)
      return false;
    step *= dims[i];
  }
  return true;
}

/// The program as runs that read different operands and write apart; nothing if it is more than that.
std::vector<Run> runsOf(const CopyProgram &program) {
  std::vector<Run> runs;
  for (const Move &m : program.moves) {
    // Fills, and copies out of the result itself, write bytes that would be the operand's.
    if (m.source < 0 || !isDense(m.dims, m.sourceStrides) || !isDense(m.dims, m.targetStrides))
      return {};
    int64_t count = 1;
    for (int64_t d : m.dims)
      count *= d;
    // An operand that two runs read would have to lie in two places; runs that overlap, in one that is not theirs.
    for (const Run &r : runs)
      if (r.source == m.source || (m.targetOffset < r.to + r.count && r.to < m.targetOffset + count))
        return {};
    runs.push_back({m.source, m.sourceOffset, m.targetOffset, count});
  }
  return runs;
}

class Places {
public:
  Places(const Network &network, const Plan &plan) : network(network), inside(network.values.size()) {
    // In groups such copies happen in local memory, and have no bytes in global memory to save.
    for (const Group &g : plan.groups)
      if (g.alone)
        visit(network.nodes[g.first]);
  }
  std::vector<Inside> take() && { return std::move(inside); }

private:
  bool holds(int host, int value) const {
    for (int v = host; v >= 0; v = inside[v].host)
      if (v == value)
        return true;
    return false;
  }

  void visit(const Node &node) {
    const auto *program = std::get_if<CopyProgram>(&node.form);
    if (!program)
      return;
    const std::vector<Run> runs = runsOf(*program);
    const Value &result = network.values[node.result];
    const int64_t item = kernel::byteSize(program->dtype);
    std::vector<int> operands;
    for (int operand : node.operands)
      operands.push_back(operand < 0 ? -1 : network.root(operand));
    for (const Run &r : runs) {
      const int v = operands[r.source];
      const Value &value = network.values[v];
      const bool isOnce = std::count(operands.begin(), operands.end(), v) == 1;
      if (value.isWeight || v == node.result)
        continue;
      // Inputs and outputs have the user's addresses, and what lies inside one value already cannot lie inside another,
      // too.
      const bool isFree = value.producer >= 0 && !value.isInput && !value.isOutput && inside[v].host < 0;
      // The operand inside the result first: that leaves out a copy for each operand. Only a single run may be the
      // other way round, the result inside its operand, which then lives as long as the result.
      if (isFree && isOnce && r.from == 0 && r.count * item == value.bytes() && !holds(node.result, v))
        inside[v] = {node.result, r.to * item};
      else if (runs.size() == 1 && !result.isOutput && r.count * item == result.bytes() &&
               inside[node.result].host < 0 && !holds(v, node.result))
        inside[node.result] = {v, r.from * item};
    }
  }

  const Network &network;
  std::vector<Inside> inside;
};

} // namespace

std::vector<Inside> placesInside(const Network &network, const Plan &plan) { return Places(network, plan).take(); }

} // namespace tpu_mlir::schedule
