//===- Search.cpp - Which ops run together, and in what slices ------------===//
// Starts with every op a group of its own whose operands and results stay in
// local memory, and gives way where memory runs out: a value goes through
// global memory, or an op runs by itself.
#include "tpu_mlir/Schedule/Search.h"
#include "Draft.h"
#include "OnAllCores.h"
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Schedule/Regions.h"
#include "tpu_mlir/Schedule/Segments.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace tpu_mlir::schedule {

// Weights above it come tile by tile, so that a lane holds those of several works to come beside values and scratch.
int64_t rowLimitOf(const LocalMemory &memory) { return memory.bytes / 16; }

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
      // Every value that is alive across it has to be in global memory meanwhile.
      for (int v = 0; takesLocalMemory(first) && v < int(network.values.size()); ++v)
        if (!network.values[v].users.empty() && network.values[v].producer < g.first &&
            network.values[v].users.back() > g.first)
          plan.isStored[v] = 1;
      // Its own tiles are loaded from and stored to global memory, whatever its neighbours are.
      store(first.result);
      for (int operand : first.operands)
        if (operand >= 0)
          store(operand);
      continue;
    }
    for (int n = g.first; n <= g.last; ++n) {
      // In local memory a value lies in one layout. A reader that wants another has it reloaded in that, from global
      // memory.
      for (const Buffer &b : network.nodes[n].recipe()->buffers)
        if (b.place == Place::Input) {
          int operand = network.nodes[n].operands[b.index], producer = network.values[network.root(operand)].producer;
          // Rows of a few columns stand in a place of their own.
          bool enters = g.wSlices > 1 && (producer < g.first || producer > g.last);
          if (enters || !network.readsAsMade(network.nodes[n], b))
            store(operand);
        }
      if (g.wSlices > 1 && leavesGroup(network, network.nodes[n].result, g.first, g.last))
        store(network.nodes[n].result);
    }
  }
}

namespace {

class Searcher {
public:
  Searcher(const Network &ops, const Start &start, const Prices &prices, const SegmentRules &rules)
      : ops(ops), start(start), memory(start.memory), prices(prices), rules(rules), alone(start.alone) {
    arrange();
  }

  const std::vector<Group> &groups() const { return draft.plan.groups; }
  void forget() { draft = {}; }
  /// Whether memory ran out, so that what was chosen first had to change.
  bool gaveWay() const { return rounds > 1; }

  /// Nothing if that takes more than `mostRounds`; then it may go on.
  std::optional<Draft> run(int mostRounds) {
    // Each round builds the whole timeline again, from a plan that has given way a little more: a value is stored, a
    // group has more slices, or an op runs by itself. What is stored, parted or alone stays so; in the end, all ops are
    // alone.
    bool isArranged = !draft.plan.groups.empty();
    while (rounds < mostRounds) {
      ++rounds;
      if (!isArranged)
        arrange();
      isArranged = true;
      // The marks follow from the groups, which may have changed.
      markStored(network(), draft.plan);
      for (int v : spilled)
        draft.plan.isStored[v] = 1;
      Built built = buildTimeline(network(), draft.plan, memory, rowLimitOf(memory));
      // A timeline that cannot be built has no addresses to run out of: the node at fault is sliced more, or leaves its
      // group.
      if (!built.problem.empty()) {
        isArranged = sliceMore(built.problemNode) || !giveUp(built.problemNode, built.problem);
        if (!isArranged)
          draft = {};
        continue;
      }
      Pace pace = paceOf(network(), built.timeline, prices);
      std::vector<int> failures;
      if (placeBuffers(built.timeline, pace, &failures) < 0) {
        draft.cycles = estimateCycles(network(), built.timeline, draft.plan, pace, prices);
        // The plan is not chosen for slow transfers, but told apart from its equals by them (findSchedule).
        const target::Chip slowChip = prices.family.withSlowTransfers(prices.chip);
        const Prices slow{prices.family, slowChip};
        draft.slowCycles =
            estimateCycles(network(), built.timeline, draft.plan, paceOf(network(), built.timeline, slow), slow);
        return std::move(draft);
      }
      // What is done about one may help the next. Of many, an eighth at a time keeps the rounds few.
      int settled = -1, group = -1;
      size_t left = 1 + failures.size() / 8;
      for (int w : failures) {
        const Work &work = built.timeline.works[w];
        if (w <= settled || work.group == group || left == 0)
          continue;
        --left;
        group = work.group;
        // A value that is stored is gone for all works until its last: failures before that are settled with it.
        settled = spill(built.timeline, w);
        if (settled < 0 && !sliceMore(work.node))
          isArranged = !giveUp(work.node, "does not fit local memory");
      }
      if (!isArranged)
        draft = {};
    }
    return std::nullopt;
  }

private:
  const Network &network() const { return *draft.network; }

  void arrange() {
    draft = {};
    // Until something had to leave, all searches of one local memory share the network that they began with.
    const bool isFirst = apart.empty() && alone.size() == start.alone.size();
    draft.network = isFirst ? start.network : fused(ops, memory, alone, apart);
    std::vector<char> isAlone(network().nodes.size(), 0);
    for (size_t n = 0; n < isAlone.size(); ++n)
      isAlone[n] = alone.contains(network().nodes[n].id);
    draft.plan.groups = chooseSegments(network(), isAlone, rules, memory, prices);
    for (const Group &g : draft.plan.groups) {
      auto why = alone.find(network().nodes[g.first].id);
      draft.reasons.push_back(g.alone ? why->second : "");
    }
  }

  /// Cuts the group of a node into more slices, if it has some already.
  bool sliceMore(int node) {
    for (Group &g : draft.plan.groups) {
      if (node < g.first || node > g.last || g.alone || g.slices() == 1)
        continue;
      const Dims &made = network().values[network().nodes[g.last].result].dims;
      // A quarter more at a time: the least number that fits is not overshot by much, and is reached in few rounds.
      auto moreOf = [](int64_t &slices, int64_t size) {
        int64_t more = slices + std::max<int64_t>(1, slices / 4);
        if (more > size || more > 128)
          return false;
        slices = more;
        return true;
      };
      if (g.wSlices == 1 && moreOf(g.hSlices, made.h))
        return true;
      // Columns only where rows cannot be cut further: what crosses the border of such a group goes through global
      // memory.
      for (int n = g.first; n <= g.last; ++n)
        if (!mayCutColumns(*network().nodes[n].recipe()))
          return false;
      return moreOf(g.wSlices, made.w);
    }
    return false;
  }

  /// Takes a node out of its group: fused ops part, others run by themselves. A node that does so already is not at
  /// fault: then all do. The arrangement must be made again.
  bool giveUp(int node, const std::string &why) {
    // Fused ops part first: each by itself needs fewer scratch places and tables than all of them together.
    const size_t before = alone.size() + apart.size();
    const Node &n = network().nodes[node];
    if (n.parts.empty())
      alone.emplace(n.id, why);
    for (const Node &part : n.parts)
      apart.insert(part.id);
    if (alone.size() + apart.size() == before)
      for (const Node &op : ops.nodes)
        alone.emplace(op.id, "local memory has no room for it beside its neighbours");
    return true;
  }

  /// Sends the largest value that is alive at a work, and not used by it, through global memory. Returns the last work
  /// at which it was alive, or -1 where there is none.
  int spill(const Timeline &t, int at) {
    std::vector<int> valueOf(t.buffers.size(), -1);
    for (const Work &w : t.works)
      for (size_t i = 0; i < w.bindings.size(); ++i) {
        const Node &node = network().nodes[w.node];
        const Buffer &b = node.recipe()->buffers[i];
        if (w.bindings[i].buffer < 0 || b.place == Place::Weight)
          continue;
        valueOf[w.bindings[i].buffer] = b.place == Place::Output ? node.result : network().root(node.operands[b.index]);
      }
    std::set<int> used;
    for (const Binding &b : t.works[at].bindings)
      used.insert(b.buffer);
    int best = -1;
    for (int b = 0; b < int(t.buffers.size()); ++b) {
      const LocalBuffer &buffer = t.buffers[b];
      int v = valueOf[b];
      if (v < 0 || draft.plan.isStored[v] || used.contains(b) || buffer.first > at || buffer.last < at)
        continue;
      // Of a value that stays inside its group there is nothing to gain.
      const Group &g = draft.plan.groups[t.works[at].group];
      if (!leavesGroup(network(), v, g.first, g.last))
        continue;
      if (best < 0 || buffer.bytes > t.buffers[best].bytes)
        best = b;
    }
    if (best < 0)
      return -1;
    // It stays spilled in all rounds to come: what is stored only grows, so that the rounds end.
    spilled.insert(valueOf[best]);
    return t.buffers[best].last;
  }

  const Network &ops;
  const Start &start;
  const LocalMemory &memory;
  const Prices prices;
  SegmentRules rules;
  Draft draft;
  int rounds = 0;
  Reasons alone;
  std::set<int> apart;
  std::set<int> spilled; ///< values
};

} // namespace

Schedule findSchedule(const Network &ops, const LocalMemory &memory, const target::Chip &chip, int level) {
  // Rooms above 1 are hopes: where memory runs out after all, a group is cut further. Small rooms leave more for
  // weights that come early, and so do short groups.
  const Prices prices{*memory.family, chip};
  std::vector<SegmentRules> candidates;
  const bool isThorough = level >= 3;
  for (double share : isThorough ? std::vector{0.12, 0.18, 0.25, 0.35, 0.45, 0.6} : std::vector{0.12, 0.25, 0.5})
    for (double room : isThorough ? std::vector{0.7, 0.9, 1.15, 1.4, 1.7} : std::vector{0.7, 0.9, 1.3})
      for (int longest : isThorough ? std::vector{12, 24, 40} : std::vector{room < 0.8 ? 12 : 24})
        candidates.push_back({share, room, longest});
  // Larger scratch places save instructions and take memory from values and weights.
  std::vector<Start> starts;
  for (int64_t banks : {1, 2}) {
    LocalMemory some = memory;
    some.scratchBanks = banks;
    starts.emplace_back(ops, some);
  }
  const size_t count = candidates.size() * starts.size();
  std::vector<Draft> found(count);
  std::vector<std::optional<Searcher>> searchers(count);
  // Arranging is cheap beside timelines: all rules choose their groups first, so that equal choices are tried once.
  forEachInParallel(count, [&](size_t i) {
    searchers[i].emplace(ops, starts[i % starts.size()], prices, candidates[i / starts.size()]);
  });
  // Rules that choose the same groups part only where memory runs out.
  std::vector<size_t> first(count);
  for (size_t i = 0; i < count; ++i) {
    first[i] = i % starts.size();
    while (first[i] < i && searchers[first[i]]->groups() != searchers[i]->groups())
      first[i] += starts.size();
  }
  for (size_t i = 0; i < count; ++i)
    if (first[i] != i)
      searchers[i]->forget();
  // A plan that must give way many times has begun too far from what fits to end well: others come first.
  constexpr int kFewRounds = 12;
  auto isFound = [](const Draft &s) { return s.cycles < std::numeric_limits<double>::infinity(); };
  for (int mostRounds : {kFewRounds, std::numeric_limits<int>::max()}) {
    // First one of each choice of groups. Only where that one had to give way can others of the same groups end
    // elsewhere, by the room their rules leave, so only then are they run at all.
    for (bool again : {false, true})
      forEachInParallel(count, [&](size_t i) {
        if (again ? first[i] == i || !searchers[first[i]]->gaveWay() : first[i] != i)
          return;
        std::optional<Draft> done = searchers[i]->run(mostRounds);
        if (!done)
          return;
        found[i] = std::move(*done);
        found[i].scratchBanks = starts[i % starts.size()].memory.scratchBanks;
        searchers[i]->forget();
      });
    if (std::any_of(found.begin(), found.end(), isFound))
      break;
  }
  // Nobody knows the chip's bandwidth to the percent: of those that differ by less, the one that also
  // stands slow transfers. The first of the best: the same whatever order threads finish in.
  const double best = std::min_element(found.begin(), found.end(), [](const Draft &a, const Draft &b) {
                        return a.cycles < b.cycles;
                      })->cycles;
  Draft &chosen = *std::min_element(found.begin(), found.end(), [&](const Draft &a, const Draft &b) {
    const bool isGood = a.cycles <= 1.01 * best, isOtherGood = b.cycles <= 1.01 * best;
    return isGood != isOtherGood ? isGood
           : isGood              ? a.cycles + a.slowCycles < b.cycles + b.slowCycles
                                 : a.cycles < b.cycles;
  });
  return {*chosen.network, std::move(chosen.plan), std::move(chosen.reasons),
          chosen.cycles,   chosen.slowCycles,      chosen.scratchBanks};
}

} // namespace tpu_mlir::schedule
