//===- Search.cpp - Which ops run together, and in what slices ------------===//
// Starts with every op a group of its own whose operands and results stay in
// local memory, and gives way where memory runs out: a value goes through
// global memory, or an op runs by itself.
#include "tpu_mlir/Schedule/Search.h"

#include <algorithm>
#include <set>
#include <cstdlib>
#include <cstdio>

namespace tpu_mlir::schedule {

int64_t rowLimitOf(const LocalMemory &memory) { return memory.bytes / 16; }

Pace paceOf(const Network &network, const Timeline &timeline, const target::Chip &chip, const LocalMemory &memory) {
  (void)network, (void)chip, (void)memory;
  Pace pace;
  pace.work.assign(timeline.works.size(), 2000);
  pace.transferLatency = 200, pace.bytesPerCycle = 50;
  return pace;
}

void markStored(const Network &network, Plan &plan) {
  plan.isStored.assign(network.values.size(), 0);
  auto store = [&](int v) { plan.isStored[network.root(v)] = 1; };
  for (int v = 0; v < int(network.values.size()); ++v)
    if (network.values[v].isInput || network.values[v].isOutput)
      store(v);
  for (const Group &g : plan.groups) {
    const Node &first = network.nodes[g.first];
    if (g.alone) {
      // An op by itself takes all of local memory.
      for (int v = 0; first.recipe() && v < int(network.values.size()); ++v)
        if (!network.values[v].users.empty() && network.values[v].producer < g.first &&
            network.values[v].users.back() > g.first)
          plan.isStored[v] = 1;
      store(first.result);
      for (int operand : first.operands)
        if (operand >= 0)
          store(operand);
      continue;
    }
    for (int n = g.first; n <= g.last; ++n)
      for (const Buffer &b : network.nodes[n].recipe()->buffers)
        if (b.place == Place::Input && !network.readsAsMade(network.nodes[n], b))
          store(network.nodes[n].operands[b.index]);
  }
}

namespace {

class Searcher {
public:
  Searcher(const Network &ops, const LocalMemory &memory, const target::Chip &chip)
      : ops(ops), memory(memory), chip(chip) {}

  Schedule run() {
    for (const Node &op : ops.nodes)
      if (std::string why = whyAlone(ops, op); !why.empty())
        alone.emplace(op.id, why);
    while (true) {
      arrange();
      for (int v : spilled)
        schedule.plan.isStored[v] = 1;
      Built built = buildTimeline(schedule.network, schedule.plan, memory, rowLimitOf(memory));
      if (!built.problem.empty()) {
        if (getenv("DBG")) fprintf(stderr, "%s: %s\n", schedule.network.nodes[built.problemNode].name.c_str(), built.problem.c_str());
        giveUp(built.problemNode, built.problem);
        continue;
      }
      Pace pace = paceOf(schedule.network, built.timeline, chip, memory);
      int failed = placeBuffers(built.timeline, pace);
      if (failed < 0)
        return std::move(schedule);
      if (getenv("DBG")) fprintf(stderr, "%s: memory\n", schedule.network.nodes[built.timeline.works[failed].node].name.c_str());
      if (!spill(built.timeline, failed))
        giveUp(built.timeline.works[failed].node, "does not fit local memory");
    }
  }

private:
  void arrange() {
    schedule = {};
    schedule.network = fuse(ops, [&](int a, int b) {
      int first = ops.nodes[a].id, second = ops.nodes[b].id;
      return !alone.contains(first) && !alone.contains(second) && !apart.contains(second);
    });
    for (int n = 0; n < int(schedule.network.nodes.size()); ++n) {
      Group g{n, n};
      auto why = alone.find(schedule.network.nodes[n].id);
      g.alone = why != alone.end();
      schedule.plan.groups.push_back(g);
      schedule.reasons.push_back(g.alone ? why->second : "");
    }
    markStored(schedule.network, schedule.plan);
  }

  void giveUp(int node, const std::string &why) {
    const Node &n = schedule.network.nodes[node];
    if (n.parts.empty())
      alone.emplace(n.id, why);
    for (const Node &part : n.parts)
      apart.insert(part.id);
  }

  /// Sends the largest value that is alive at a work, and not used by it, through global memory.
  bool spill(const Timeline &t, int at) {
    std::vector<int> valueOf(t.buffers.size(), -1);
    for (const Work &w : t.works)
      for (size_t i = 0; i < w.bindings.size(); ++i) {
        const Node &node = schedule.network.nodes[w.node];
        const Buffer &b = node.recipe()->buffers[i];
        if (w.bindings[i].buffer < 0 || b.place == Place::Weight)
          continue;
        valueOf[w.bindings[i].buffer] =
            b.place == Place::Output ? node.result : schedule.network.root(node.operands[b.index]);
      }
    std::set<int> used;
    for (const Binding &b : t.works[at].bindings)
      used.insert(b.buffer);
    int best = -1;
    for (int b = 0; b < int(t.buffers.size()); ++b) {
      const LocalBuffer &buffer = t.buffers[b];
      int v = valueOf[b];
      if (v < 0 || schedule.plan.isStored[v] || used.contains(b) || buffer.first > at || buffer.last < at)
        continue;
      if (best < 0 || buffer.bytes > t.buffers[best].bytes)
        best = b;
    }
    if (best < 0)
      return false;
    spilled.insert(valueOf[best]);
    return true;
  }

  const Network &ops;
  const LocalMemory &memory;
  const target::Chip &chip;
  Schedule schedule;
  std::map<int, std::string> alone; ///< by op id: why
  std::set<int> apart;              ///< ops that do not join their producer
  std::set<int> spilled;            ///< values
};

} // namespace

Schedule findSchedule(const Network &ops, const LocalMemory &memory, const target::Chip &chip, int level) {
  (void)level;
  return Searcher(ops, memory, chip).run();
}

} // namespace tpu_mlir::schedule
