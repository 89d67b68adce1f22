//===- Segments.cpp - Where slicing pays ----------------------------------===//
// Most ops fit local memory whole and need no slices: each is a group of its
// own, and what it reads stays where it is. Around values that are too large,
// runs of ops are cut into slices of the batch and of rows. The cost of a run
// is the larger of its compute and transfer times with a share of the smaller,
// which overlap but for the ends.
#include "tpu_mlir/Schedule/Segments.h"
#include "RunSignature.h"
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Schedule/Regions.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace tpu_mlir::schedule {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr int64_t kMostRows = 64; ///< slices of rows, or of columns

class Chooser {
public:
  Chooser(const Network &network, const std::vector<char> &alone, const SegmentRules &rules, const LocalMemory &memory,
          const Prices &prices, const ScratchMap &scratch)
      : network(network), alone(alone), rules(rules), memory(memory), prices(prices), scratch(scratch) {
    plan.isStored.assign(network.values.size(), 0);
    for (int n = 0; n < int(network.nodes.size()); ++n)
      plan.groups.push_back({n, n, 1, 1, bool(alone[n])});
    localBytesOf.resize(network.values.size());
    for (size_t v = 0; v < network.values.size(); ++v) {
      const Value &value = network.values[v];
      localBytesOf[v] = localBytes(Layout::Aligned, value.dims, value.dtype, memory);
      // What is stored is guessed here, by size alone, so that the cost of a run does not depend on the runs before it.
      plan.isStored[v] = value.isInput || value.isOutput || !fitsBetween(int(v));
    }
    weightBytes.resize(network.nodes.size());
    for (size_t n = 0; n < network.nodes.size(); ++n)
      if (const Recipe *r = network.nodes[n].recipe(); r && !alone[n])
        weightBytes[n] = rowBlobOf(*r, {0, r->outputDims().c}, memory);
    findPassing();
  }

  std::vector<Group> run() {
    const int count = int(network.nodes.size());
    std::vector<double> best(count + 1, kNever);
    std::vector<Group> last(count + 1);
    // best[i]: the least cost of the ops before i. Costs are taken to add up although loads of a group run ahead during
    // the one before; findSchedule times the whole afterwards (docs/design/groups.md).
    best[0] = 0;
    // Runs around no large value are not tried: unsliced groups of one are as fast, and slices cost halos and start-up.
    std::vector<int> firstBig(count + 1, count);
    for (int n = count - 1; n >= 0; --n)
      firstBig[n] = isBig(n) ? n : firstBig[n + 1];
    RunSignature signature(network, plan.isStored);
    for (int i = 0; i < count; ++i) {
      auto offer = [&](const Group &g, double cost) {
        if (best[i] + cost < best[g.last + 1]) {
          best[g.last + 1] = best[i] + cost;
          last[g.last + 1] = g;
        }
      };
      Group single{i, i, 1, 1, bool(alone[i])};
      // An op by itself has no choice here, so its cost would change nothing.
      offer(single, alone[i] ? 0 : singleCost(i));
      if (alone[i] || firstBig[i] >= i + rules.longest)
        continue;
      int64_t weights = 0;
      std::pair<int64_t, int64_t> slices{1, 1};
      signature.start(i, passing[i]);
      for (int j = i; j < count && j < i + rules.longest && !alone[j]; ++j) {
        weights += weightBytes[j].localBytes;
        // Longer runs have more weights and more readers: neither condition can come true again.
        if (weights > scratch.area || !readsInside(i, j))
          break;
        const uint64_t run = signature.extend(j);
        if (firstBig[i] > j)
          continue;
        Group g{i, j};
        // `slices` passes from run to run: one more op never needs fewer slices, so the search goes on where it ended.
        double cost = slicedOnce(run, g, weights, slices);
        if (cost < kNever)
          offer(g, cost);
      }
    }
    std::vector<Group> groups;
    for (int end = count; end > 0; end = groups.back().first)
      groups.push_back(last[end]);
    std::reverse(groups.begin(), groups.end());
    return groups;
  }

private:
  bool fitsBetween(int v) const { return double(localBytesOf[v]) <= rules.largestResident * double(scratch.area); }

  /// By node: bytes of values that stay in local memory across it without its use.
  void findPassing() {
    std::vector<int64_t> change(network.nodes.size() + 2, 0);
    for (size_t v = 0; v < network.values.size(); ++v) {
      const Value &value = network.values[v];
      if (plan.isStored[v] || value.isWeight || value.users.empty() || value.producer < 0)
        continue;
      change[value.producer + 1] += localBytesOf[v];
      change[value.users.back()] -= localBytesOf[v];
    }
    passing.resize(network.nodes.size());
    int64_t sum = 0;
    for (size_t n = 0; n < passing.size(); ++n)
      passing[n] = sum += change[n];
  }

  bool isBig(int n) const {
    if (alone[n])
      return false;
    const Node &node = network.nodes[n];
    int64_t bytes = localBytesOf[node.result];
    // Outputs are stored whatever their size, and are no reason to slice.
    bool stored = plan.isStored[node.result] && !network.values[node.result].isOutput;
    for (const Buffer &b : node.recipe()->buffers)
      if (b.place == Place::Input) {
        int u = network.root(node.operands[b.index]);
        bytes += localBytes(b.layout, b.dims, b.dtype, memory);
        stored |= plan.isStored[u] && !fitsBetween(u);
      }
    return stored || double(bytes) > 0.6 * double(scratch.area);
  }

  /// Whether every value read inside [i, j] that is made there is read in the shape it was made in.
  bool readsInside(int i, int j) const {
    const Node &node = network.nodes[j];
    for (const Buffer &b : node.recipe()->buffers) {
      if (b.place != Place::Input)
        continue;
      int producer = network.values[network.root(node.operands[b.index])].producer;
      if (producer >= i && !network.readsAsMade(node, b))
        return false;
      // Slices of rows need windows that see part of the input everywhere.
      if (b.map[2].kind == AxisMap::Kind::Full && b.dims.h > 1)
        return false;
    }
    return true;
  }

  static double together(double compute, double transfer) {
    // The engines overlap but for the first load and the last store of a run; the share stands for these.
    return std::max(compute, transfer) + 0.15 * std::min(compute, transfer);
  }
  double latency() const { return prices.latency(); }
  double load(double bytes) const { return prices.pass(backend::Task::Load, bytes); }
  double store(double bytes) const { return prices.pass(backend::Task::Store, bytes); }

  double singleCost(int n) const {
    const Node &node = network.nodes[n];
    const Value &result = network.values[node.result];
    // What the op holds at once: its result, what other ops keep across it, and stored operands while they are read.
    int64_t bytes = localBytesOf[node.result] + passing[n];
    double transfer = load(double(weightBytes[n].bytes()));
    for (const Buffer &b : node.recipe()->buffers)
      if (b.place == Place::Input) {
        int u = network.root(node.operands[b.index]);
        bytes += plan.isStored[u] ? localBytes(b.layout, b.dims, b.dtype, memory) : 0;
        if (plan.isStored[u])
          transfer += latency() + load(double(network.values[u].bytes()));
      }
    // What cannot be whole needs slices, or runs by itself at several times the cost.
    bool fits = bytes + std::min<int64_t>(weightBytes[n].localBytes, memory.bytes / 16) <= scratch.area;
    if (plan.isStored[node.result])
      transfer += latency() + store(double(result.bytes()));
    double compute = regionCycles(*node.recipe(), wholeOf(result.dims), prices, scratch.slotBytes);
    return together(compute, transfer) * (fits ? 1 : 4) + (fits ? 0 : 1e5);
  }

  /// Blocks of a network that are built alike are solved once.
  double slicedOnce(uint64_t run, Group &g, int64_t weights, std::pair<int64_t, int64_t> &slices) {
    const auto [at, isNew] = solved.try_emplace(run);
    Solved &found = at->second;
    if (isNew) {
      found.cost = slicedCost(g, weights, slices);
      found.nSlices = g.nSlices, found.hSlices = g.hSlices, found.wSlices = g.wSlices, found.from = slices;
    }
    g.nSlices = found.nSlices, g.hSlices = found.hSlices, g.wSlices = found.wSlices, slices = found.from;
    return found.cost;
  }

  /// The best slices of a run; `slices` is where to begin: longer runs never need fewer.
  double slicedCost(Group &g, int64_t weights, std::pair<int64_t, int64_t> &slices) const {
    int64_t batch = 1, rows = 1;
    for (int n = g.first; n <= g.last; ++n)
      if (leavesGroup(network, network.nodes[n].result, g.first, g.last)) {
        batch = std::max(batch, network.values[network.nodes[n].result].dims.n);
        rows = std::max(rows, network.values[network.nodes[n].result].dims.h);
      }
    double best = kNever;
    Group found = g;
    int tries = 0;
    for (auto [ns, hs] = slices; tries < 4 && hs <= rows && hs <= kMostRows;) {
      g.nSlices = ns, g.hSlices = hs;
      // Of the numbers that fit, the first few are tried: more slices hide transfers better and compute more halos, and
      // beyond a few steps the halos win.
      if (double cost = costOf(g, weights); cost < kNever) {
        if (tries++ == 0)
          slices = {ns, hs};
        if (cost < best)
          best = cost, found = g;
      }
      // Batches before rows: images do not overlap, so cutting them computes nothing twice.
      if (ns < batch)
        ns = std::min(batch, ns * 2);
      else
        hs = hs < 4 ? hs + 1 : hs + hs / 3;
    }
    if (best == kNever)
      best = columnsCost(found, batch, std::min<int64_t>(rows, kMostRows), weights);
    g = found;
    return best;
  }

  /// Where not even single rows fit.
  double columnsCost(Group &g, int64_t batch, int64_t rows, int64_t weights) const {
    int64_t columns = 1;
    for (int n = g.first; n <= g.last; ++n) {
      if (!mayCutColumns(*network.nodes[n].recipe()))
        return kNever;
      if (leavesGroup(network, network.nodes[n].result, g.first, g.last))
        columns = std::max(columns, network.values[network.nodes[n].result].dims.w);
    }
    // The first number that fits: columns are a last resort, and each further cut crosses global memory once more.
    for (int64_t ws = 2; ws <= columns && ws <= kMostRows; ws *= 2) {
      Group cut = g;
      cut.nSlices = batch, cut.hSlices = rows, cut.wSlices = ws;
      if (double cost = costOf(cut, weights); cost < kNever) {
        g = cut;
        return cost;
      }
    }
    return kNever;
  }

  double costOf(const Group &g, int64_t weights) const {
    const int count = g.last - g.first + 1;
    // A slice from the middle stands for all: those at the ends have smaller halos.
    int64_t slice = g.slices() / 2;
    SliceRegions regions = regionsOf(network, plan, g, slice, memory);
    // Memory: values of a slice from their making to their last reader, loaded ones twice for overlap.
    std::vector<int64_t> change(count + 1, 0);
    int64_t fixed = weights + passing[g.first];
    double compute = 0, transfer = 0, times = double(g.slices());
    auto bytesOf = [&](int v, const Region &r) {
      return localBytes(Layout::Aligned, dimsOf(r), network.values[v].dtype, memory);
    };
    for (auto &[u, r] : regions.read) {
      if (!plan.isStored[u] && g.wSlices == 1)
        continue;
      // Counted as fixed and as a change: the next slice's part is loaded while this one's is read.
      fixed += bytesOf(u, r);
      change[0] += bytesOf(u, r);
      change[std::min(count, network.values[u].users.back() - g.first + 1)] -= bytesOf(u, r);
      double bytes = double(dimsOf(r).count() * kernel::byteSize(network.values[u].dtype));
      transfer += times * (latency() + load(bytes));
    }
    for (int i = 0; i < count; ++i) {
      const Node &node = network.nodes[g.first + i];
      const Value &v = network.values[node.result];
      if (isEmpty(regions.made[i]))
        continue;
      for (const Buffer &b : node.recipe()->buffers) {
        if (b.place != Place::Input || network.readsAsMade(node, b))
          continue;
        Region need = wholeOf(b.dims);
        for (int a : {0, 2, 3})
          need[a] = needOf(b, a, regions.made[i]).range;
        int64_t local = localBytes(b.layout, dimsOf(need), b.dtype, memory);
        fixed += local;
        change[i] += local, change[std::min(count, i + 1)] -= local;
        double bytes = double(dimsOf(need).count() * kernel::byteSize(b.dtype)) / double(b.repeat);
        transfer += times * (latency() + load(bytes));
      }
      compute += times * regionCycles(*node.recipe(), regions.made[i], prices, scratch.slotBytes);
      transfer += latency() + load(double(weightBytes[g.first + i].bytes()));
      bool leaves = leavesGroup(network, node.result, g.first, g.last),
           stored = plan.isStored[node.result] || g.wSlices > 1;
      if (leaves && stored)
        transfer += times * latency() + store(double(v.bytes()));
      if (leaves && !stored) {
        fixed += localBytesOf[node.result];
        continue;
      }
      int64_t bytes = bytesOf(node.result, regions.made[i]);
      int lastUser = leaves ? count - 1 : v.users.back() - g.first;
      change[i] += bytes;
      change[std::min(count, lastUser + 1)] -= bytes;
    }
    int64_t live = 0, peak = 0;
    for (int64_t c : change)
      peak = std::max(peak, live += c);
    if (double(fixed + peak) > rules.room * double(scratch.area))
      return kNever;
    return together(compute, transfer);
  }

  const Network &network;
  const std::vector<char> &alone;
  const SegmentRules &rules;
  const LocalMemory &memory;
  const Prices &prices;
  const ScratchMap &scratch;
  struct Solved {
    double cost = kNever;
    int64_t nSlices = 1, hSlices = 1, wSlices = 1;
    std::pair<int64_t, int64_t> from; ///< where longer runs begin
  };
  std::unordered_map<uint64_t, Solved> solved; ///< by signature
  Plan plan;                                   ///< what is stored, by the rules
  std::vector<int64_t> localBytesOf, passing;
  std::vector<RowBlob> weightBytes;
};

} // namespace

std::vector<Group> chooseSegments(const Network &network, const std::vector<char> &alone, const SegmentRules &rules,
                                  const LocalMemory &memory, const Prices &prices) {
  std::optional<ScratchMap> scratch = mapScratch(network, alone, memory);
  if (!scratch) {
    std::vector<Group> groups;
    for (int n = 0; n < int(network.nodes.size()); ++n)
      groups.push_back({n, n, 1, 1, bool(alone[n])});
    return groups;
  }
  return Chooser(network, alone, rules, memory, prices, *scratch).run();
}

} // namespace tpu_mlir::schedule
