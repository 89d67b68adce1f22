//===- Draft.cpp - Where a search begins, and what it has so far ----------===//
// Which ops cannot share local memory at all, and the network with element-
// wise ops joined. Decides no group.
#include "Draft.h"

namespace tpu_mlir::schedule {

std::shared_ptr<const Network> fused(const Network &ops, const LocalMemory &memory, const Reasons &alone,
                                     const std::set<int> &apart) {
  // Of a pair, only the op that would join can have been told to stay apart.
  return std::make_shared<const Network>(fuse(
      ops, memory, [&](int n) { return alone.contains(ops.nodes[n].id); },
      [&](int, int n) { return !apart.contains(ops.nodes[n].id); }));
}

Start::Start(const Network &ops, const LocalMemory &memory) : memory(memory) {
  // Before fusion: what cannot share local memory would take the ops that join it along.
  for (const Node &op : ops.nodes)
    if (std::string why = whyAlone(op, memory); !why.empty())
      alone.emplace(op.id, why);
  network = fused(ops, memory, alone, {});
}

} // namespace tpu_mlir::schedule
