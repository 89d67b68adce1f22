//===- Estimate.cpp - How long a placed timeline takes --------------------===//
// Follows the engines through the works and their transfers. Commands that
// only emission knows, and waits inside a work, are left out.
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Schedule/Search.h"

#include <algorithm>

namespace tpu_mlir::schedule {

using backend::Task;

Pace paceOf(const Network &network, const Timeline &timeline, const Prices &prices) {
  Pace pace;
  for (const Work &work : timeline.works) {
    double cycles = 0;
    const Recipe *recipe = network.nodes[work.node].recipe();
    for (const Region &part : work.parts)
      cycles += stepCycles(*recipe, part, prices);
    pace.work.push_back(cycles);
  }
  pace.transferLatency = prices.latency();
  pace.bytesPerCycle = 1 / prices.pass(Task::Store, 1);
  return pace;
}

double estimateCycles(const Network &network, const Timeline &t, const Plan &plan, const Pace &pace,
                      const Prices &prices) {
  const int works = int(t.works.size());
  std::vector<double> workEnd(works + 1, 0), loadEnd(t.buffers.size(), 0);
  std::vector<std::vector<int>> loadsAt(works + 1);
  for (const Load &l : t.loads)
    if (int at = t.buffers[l.buffer].loadAt; at >= 0)
      loadsAt[at].push_back(l.buffer);
  // Each engine runs its commands in order; they wait for each other only where one needs what another has made.
  std::array<double, codegen::CommandStream::kMostEngines> clocks{};
  double &compute = clocks[size_t(prices.family.engineFor(Task::Compute))];
  double &loads = clocks[size_t(prices.family.engineFor(Task::Load))];
  double &stores = clocks[size_t(prices.family.engineFor(Task::Store))];
  auto load = [&](int b, int w) {
    // Issued before work w, it waits for the work before it, whose end may have freed its place.
    double ready = w > 0 ? workEnd[w - 1] : 0;
    loads = std::max(loads, ready) + pace.transferLatency + prices.pass(Task::Load, double(t.buffers[b].loadBytes));
    loadEnd[b] = loads;
  };
  auto store = [&](int w) {
    for (const Work::Store &s : t.works[w].stores) {
      double bytes = double(dimsOf(s.region).count() * kernel::byteSize(network.values[s.value].dtype));
      stores = std::max(stores, workEnd[w]) + pace.transferLatency + prices.pass(Task::Store, bytes);
    }
  };
  for (int w = 0; w < works; ++w) {
    // As EmitTimeline orders them, but that a load which waits for that store comes behind it there.
    for (bool late : {true, false})
      for (int b : loadsAt[w])
        if ((t.buffers[b].first <= w) == late)
          load(b, w);
    if (w > 0)
      store(w - 1);
    const Work &work = t.works[w];
    if (plan.groups[work.group].alone) {
      // A rough price of going through global memory; what matters is that it is never cheap.
      const Node &node = network.nodes[work.node];
      double bytes = double(network.values[node.result].bytes());
      for (int operand : node.operands)
        bytes += operand >= 0 ? double(network.values[operand].bytes()) : 0;
      const double transfer = node.recipe() ? 2 * prices.pass(Task::Store, bytes) : node.price.cycles;
      const double arithmetic =
          node.recipe() ? 2 * stepCycles(*node.recipe(), wholeOf(node.recipe()->outputDims()), prices) : 0;
      clocks.fill(*std::max_element(clocks.begin(), clocks.end()) + transfer + arithmetic);
    } else {
      // Stores need no such wait: a place is not given away before its store has had time (Place.cpp).
      for (const Binding &b : work.bindings)
        if (b.buffer >= 0)
          compute = std::max(compute, loadEnd[b.buffer]);
      compute += pace.work[w];
    }
    workEnd[w] = compute;
  }
  if (works > 0)
    store(works - 1);
  return *std::max_element(clocks.begin(), clocks.end());
}

} // namespace tpu_mlir::schedule
