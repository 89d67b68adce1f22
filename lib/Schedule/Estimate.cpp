//===- Estimate.cpp - How long a placed timeline takes --------------------===//
// Follows the two engines through the works and their transfers. Commands that
// only emission knows, and waits inside a work, are left out.
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Schedule/Search.h"

#include <algorithm>

namespace tpu_mlir::schedule {

Pace paceOf(const Network &network, const Timeline &timeline, const target::Chip &chip) {
  Pace pace;
  for (const Work &work : timeline.works) {
    double cycles = 0;
    const Recipe *recipe = network.nodes[work.node].recipe();
    for (const Region &part : work.parts)
      cycles += stepCycles(*recipe, part, chip);
    pace.work.push_back(cycles);
  }
  pace.transferLatency = double(chip.time.gdmaLatencyCycles);
  pace.bytesPerCycle = 1 / transferCycles(1, true, chip);
  return pace;
}

double estimateCycles(const Network &network, const Timeline &t, const Plan &plan, const Pace &pace,
                      const target::Chip &chip) {
  const int works = int(t.works.size());
  std::vector<double> workEnd(works + 1, 0), loadEnd(t.buffers.size(), 0);
  std::vector<std::vector<int>> loadsAt(works + 1);
  for (const Load &l : t.loads)
    if (int at = t.buffers[l.buffer].loadAt; at >= 0)
      loadsAt[at].push_back(l.buffer);
  // Each engine runs its commands in order; the two wait for each other only where one needs what the other has made.
  double tiu = 0, gdma = 0;
  auto load = [&](int b, int w) {
    // Issued before work w, it waits for the work before it, whose end may have freed its place.
    double ready = w > 0 ? workEnd[w - 1] : 0;
    gdma = std::max(gdma, ready) + pace.transferLatency + transferCycles(double(t.buffers[b].loadBytes), false, chip);
    loadEnd[b] = gdma;
  };
  auto store = [&](int w) {
    for (const Work::Store &s : t.works[w].stores) {
      double bytes = double(dimsOf(s.region).count() * kernel::byteSize(network.values[s.value].dtype));
      gdma = std::max(gdma, workEnd[w]) + pace.transferLatency + transferCycles(bytes, true, chip);
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
      const double transfer = node.recipe() ? 2 * transferCycles(bytes, true, chip) : node.price.cycles;
      double compute = node.recipe() ? 2 * stepCycles(*node.recipe(), wholeOf(node.recipe()->outputDims()), chip) : 0;
      tiu = gdma = std::max(tiu, gdma) + transfer + compute;
    } else {
      // Stores need no such wait: a place is not given away before its store has had time (Place.cpp).
      for (const Binding &b : work.bindings)
        if (b.buffer >= 0)
          tiu = std::max(tiu, loadEnd[b.buffer]);
      tiu += pace.work[w];
    }
    workEnd[w] = tiu;
  }
  if (works > 0)
    store(works - 1);
  return std::max(tiu, gdma);
}

} // namespace tpu_mlir::schedule
