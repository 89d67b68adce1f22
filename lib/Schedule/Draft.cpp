//===- Draft.cpp - Where a search begins, and what it has so far ----------===//
#include "Draft.h"

namespace tpu_mlir::schedule {

std::shared_ptr<const Network> fused(const Network &ops, const LocalMemory &memory, const Reasons &alone,
                                     const std::set<int> &apart) {
  return std::make_shared<const Network>(fuse(
      ops, memory, [&](int n) { return alone.contains(ops.nodes[n].id); },
      [&](int, int n) { return !apart.contains(ops.nodes[n].id); }));
}

Start::Start(const Network &ops, const LocalMemory &memory) : memory(memory) {
  for (const Node &op : ops.nodes)
    if (std::string why = whyAlone(op, memory); !why.empty())
      alone.emplace(op.id, why);
  network = fused(ops, memory, alone, {});
}

} // namespace tpu_mlir::schedule
