//===- Timeline.cpp - Works and buffers from groups -----------------------===//
// Walks the groups slice by slice and notes works, the buffers they need and
// when these live, and what crosses to global memory. A load's moment and a
// buffer's place are left open.
#include "tpu_mlir/Schedule/Timeline.h"
#include "tpu_mlir/Primitive/Primitive.h"
#include "tpu_mlir/Schedule/Parts.h"
#include "tpu_mlir/Schedule/Regions.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir::schedule {

namespace {

// One entry for each 8-bit input. Tables share one bank, behind the scratch places.
constexpr int64_t kTableBytes = 256;

class Builder {
public:
  Builder(const Network &network, const Plan &plan, const LocalMemory &memory, int64_t rowLimit)
      : network(network), plan(plan), memory(memory), rowLimit(rowLimit), resident(network.values.size(), -1),
        storedBy(network.values.size(), -1), slots(network.nodes.size()) {}

  Built run() {
    std::vector<char> alone(network.nodes.size(), 0);
    for (const Group &group : plan.groups)
      alone[group.first] = group.alone;
    int neediest = 0;
    std::optional<ScratchMap> scratch = mapScratch(network, alone, memory, &neediest);
    if (!scratch)
      return {std::move(out), "local memory has no room for intermediate results", neediest};
    out.scratch = *scratch;
    tableCount = memory.bankBytes / kTableBytes;
    lastTableUse.assign(tableCount, -1);
    occupants.assign(tableCount, {-1, -1});
    for (int g = 0; g < int(plan.groups.size()) && problem.empty(); ++g)
      buildGroup(g);
    if (!problem.empty())
      return {std::move(out), problem, problemNode};
    finish();
    return {std::move(out), "", -1};
  }

private:
  using Key = std::pair<int, int>;
  void buildGroup(int g);
  void buildNode(int g, int n, const SliceRegions &regions);
  void bindInput(Work &work, int i, const SliceRegions &regions, const Region &whole);
  void bindWeight(Work &work, int i, const Region &whole, int tile);
  void fail(int node, std::string why) {
    if (problem.empty())
      problem = std::move(why), problemNode = node;
  }

  static Load loadOf(Layout layout, int node, int value, const Dims &whole, const Region &region, DType dtype) {
    Load load;
    load.kind = layout == Layout::Lanes ? Load::Kind::Lanes : Load::Kind::Region;
    load.node = node, load.value = value, load.whole = whole, load.region = region, load.dtype = dtype;
    load.layout = layout;
    return load;
  }
  int addBuffer(int64_t bytes) {
    LocalBuffer b;
    b.bytes = (bytes + memory.alignBytes - 1) / memory.alignBytes * memory.alignBytes;
    out.buffers.push_back(b);
    return int(out.buffers.size()) - 1;
  }
  int addLoad(Load load, int64_t localBytes, int64_t globalBytes, int notBefore) {
    load.buffer = addBuffer(localBytes);
    LocalBuffer &b = out.buffers[load.buffer];
    b.isLoaded = true, b.loadBytes = globalBytes, b.notBefore = notBefore;
    out.loads.push_back(load);
    return load.buffer;
  }
  void use(int buffer) {
    LocalBuffer &b = out.buffers[buffer];
    int now = int(out.works.size());
    if (b.first < 0)
      b.first = now;
    b.last = now;
  }
  int64_t bytesOf(const Region &r, DType type, Layout layout = Layout::Aligned) const {
    return localBytes(layout, dimsOf(r), type, memory);
  }
  void finish();

  const Network &network;
  const Plan &plan;
  const LocalMemory &memory;
  int64_t rowLimit;
  Timeline out;
  std::string problem;
  int problemNode = -1;
  std::vector<int> resident;           ///< by value: its buffer while it stays in local memory
  std::vector<int> storedBy;           ///< by value: the last work that stored some of it
  std::vector<std::vector<int>> slots; ///< by node: scratch places
  std::map<int, int> sliceBuffers;     ///< by root value, in the current slice
  std::map<Key, int> nodeBuffers;      ///< by node and recipe buffer (weights: and tile), in the current slice or group
  std::map<std::pair<int, std::vector<int64_t>>, int> reloads;
  int64_t tableCount = 0;
  std::vector<int> lastTableUse;              ///< by place: the last work that reads it, or clobbers it
  std::vector<std::pair<int, int>> occupants; ///< by place: weight value and buffer
  std::map<int, int> tables;                  ///< by weight value: its number
};

void Builder::buildGroup(int g) {
  const Group &group = plan.groups[g];
  if (group.alone) {
    Work work;
    work.node = group.first, work.group = g;
    work.clobbers = takesLocalMemory(network.nodes[group.first]);
    if (work.clobbers) {
      // Its tiles may lie where the tables are: all of them are loaded again behind it.
      occupants.assign(tableCount, {-1, -1});
      lastTableUse.assign(tableCount, int(out.works.size()));
    }
    for (int operand : network.nodes[group.first].operands)
      if (operand >= 0 && !network.values[network.root(operand)].isWeight &&
          !network.values[network.root(operand)].isInput && !plan.isStored[network.root(operand)])
        return fail(group.first, "reads a value that stays in local memory");
    // Fused ops leave together, so what any of them stored is there after this one work.
    storedBy[network.nodes[group.first].result] = int(out.works.size());
    for (const Node &part : network.nodes[group.first].parts)
      storedBy[part.result] = int(out.works.size());
    out.works.push_back(std::move(work));
    return;
  }
  for (int n = group.first; n <= group.last && group.wSlices > 1; ++n)
    if (!mayCutColumns(*network.nodes[n].recipe()))
      return fail(n, "cannot be cut into slices of columns");
  for (int64_t slice = 0; slice < group.slices() && problem.empty(); ++slice) {
    sliceBuffers.clear();
    // Weights that stay are bound once for all slices; else each slice's own works load them.
    if (slice == 0 || !group.keepsWeights)
      nodeBuffers.clear();
    reloads.clear();
    SliceRegions regions = regionsOf(network, plan, group, slice, memory);
    for (int n = group.first; n <= group.last && problem.empty(); ++n)
      if (!isEmpty(regions.made[n - group.first]))
        buildNode(g, n, regions);
  }
}

void Builder::bindInput(Work &work, int i, const SliceRegions &regions, const Region &whole) {
  const Node &node = network.nodes[work.node];
  const Buffer &b = node.recipe()->buffers[i];
  const Group &group = plan.groups[work.group];
  int u = network.root(node.operands[b.index]);
  const Value &v = network.values[u];
  Binding &binding = work.bindings[i];
  bool inside = v.producer >= group.first && v.producer <= group.last;
  // A load may be issued once the last work that stored some of the value is done, not before.
  int after = storedBy[u] + 1;
  if (!network.readsAsMade(node, b) && !(v.isInput || v.isWeight)) {
    if (!plan.isStored[u] || inside)
      return fail(work.node, "reads '" + v.name + "' in another shape than it was made in");
  }
  // Global memory has no lanes, so a value comes back from there in whatever shape and layout its reader wants.
  bool reshaped = !network.readsAsMade(node, b);
  if (reshaped) {
    Region need;
    for (int a = 0; a < 4; ++a)
      need[a] = needOf(b, a, whole).range;
    // Channel tiles of one work that read the same part share one load.
    std::vector<int64_t> key = {i, need[0].begin, need[1].begin, need[1].end, need[2].begin, need[3].begin};
    auto [at, isNew] = reloads.try_emplace({work.node, key}, -1);
    if (isNew) {
      Load load = loadOf(b.layout, work.node, node.operands[b.index], b.dims, need, b.dtype);
      load.repeat = b.repeat;
      int64_t bytes = dimsOf(need).count() * kernel::byteSize(b.dtype) / b.repeat;
      at->second = addLoad(load, bytesOf(need, b.dtype, b.layout), bytes, after);
    }
    binding = {at->second, 0, need, b.layout, {}};
    return;
  }
  if (inside || (!v.isInput && !plan.isStored[u])) {
    int buffer = resident[u];
    binding.held = wholeOf(v.dims);
    if (buffer < 0) {
      auto at = sliceBuffers.find(u);
      if (at == sliceBuffers.end())
        return fail(work.node, "reads '" + v.name + "' before it is made");
      buffer = at->second;
      binding.held = regions.made[v.producer - group.first];
    }
    binding.buffer = buffer;
    return;
  }
  if (v.isInput && !plan.isStored[u]) { // loaded once
    if (resident[u] < 0) {
      Load load = loadOf(Layout::Aligned, work.node, u, v.dims, wholeOf(v.dims), v.dtype);
      resident[u] = addLoad(load, bytesOf(load.region, v.dtype), v.bytes(), 0);
    }
    binding.buffer = resident[u], binding.held = wholeOf(v.dims);
    return;
  }
  // One load for all readers of a slice: the union of what they need.
  auto [at, isNew] = sliceBuffers.try_emplace(u, -1);
  const Region &read = regions.read.at(u);
  if (isNew) {
    Load load = loadOf(Layout::Aligned, work.node, u, v.dims, read, v.dtype);
    at->second = addLoad(load, bytesOf(read, v.dtype), dimsOf(read).count() * kernel::byteSize(v.dtype), after);
  }
  binding.buffer = at->second, binding.held = read;
}

void Builder::bindWeight(Work &work, int i, const Region &whole, int tile) {
  const Node &node = network.nodes[work.node];
  const Recipe &recipe = *node.recipe();
  const Buffer &b = recipe.buffers[i];
  Binding &binding = work.bindings[i];
  if (isRowWeight(recipe, b)) {
    RowBlob blob = rowBlobOf(recipe, whole[1], memory);
    auto [at, isNew] = nodeBuffers.try_emplace({work.node, -1 - tile}, -1);
    if (isNew) {
      Load load;
      load.kind = Load::Kind::Rows, load.node = work.node, load.blob = tile;
      at->second = addLoad(load, blob.localBytes, blob.bytes(), 0);
      // Entries are stored side by side, which saves transfers, and start at the align unit when they are read.
      if (blob.entries >= 0)
        work.expand = tile;
    }
    for (int k = 0; k < int(blob.parts.size()); ++k) {
      const RowPart &part = blob.parts[k];
      if (part.buffer != i)
        continue;
      Region held = wholeOf(b.dims);
      held[1] = whole[1];
      binding = {at->second, part.offset, held, b.layout, {}};
      int64_t item = kernel::byteSize(b.dtype), groups = (whole[1].size() + memory.lanes - 1) / memory.lanes;
      if (k == blob.entries)
        binding.base = blob.spreadOffset; // spread out as the layout has it
      else if (part.groupBytes % item == 0)
        binding.outer = codegen::LocalStrides{groups * part.groupBytes / item, part.groupBytes / item};
    }
    return;
  }
  const bool isTable = readsAs(recipe, i, Role::Table);
  Region need;
  for (int a = 0; a < 4; ++a)
    need[a] = needOf(b, a, whole).range;
  binding = {-1, 0, need, b.layout, {}};
  int value = node.operands[b.index];
  Load load = loadOf(b.layout, work.node, value, b.dims, need, b.dtype);
  int64_t bytes = dimsOf(need).count() * kernel::byteSize(b.dtype);
  if (isTable) {
    // By the weight's number, so that a table that many ops share is found where it was left.
    int64_t place = tables.try_emplace(value, int(tables.size())).first->second % tableCount;
    // One work's tables are there together: of two that share a place, the second takes another.
    const int now = int(out.works.size());
    for (int64_t k = 0; k < tableCount && occupants[place].first != value && lastTableUse[place] == now; ++k)
      place = (place + 1) % tableCount;
    if (occupants[place].first != value && lastTableUse[place] == now)
      return fail(work.node, "looks up more tables than local memory has places for");
    if (occupants[place].first != value) { // a table that another one displaced is loaded again
      occupants[place] = {value, addLoad(load, kTableBytes, bytes, lastTableUse[place] + 1)};
      out.buffers[occupants[place].second].offset = out.scratch.tableBase + place * kTableBytes;
    }
    lastTableUse[place] = now;
    binding.buffer = occupants[place].second;
    return;
  }
  std::vector<int64_t> key = {i,           need[0].begin, need[1].begin, need[1].end, need[2].begin,
                              need[2].end, need[3].begin, need[3].end};
  auto [at, isNew] = reloads.try_emplace({work.node, key}, -1);
  if (isNew)
    at->second = addLoad(load, bytesOf(need, b.dtype, b.layout), bytes, 0);
  binding.buffer = at->second;
}

void Builder::buildNode(int g, int n, const SliceRegions &regions) {
  const Group &group = plan.groups[g];
  const Node &node = network.nodes[n];
  const Recipe &recipe = *node.recipe();
  const Value &result = network.values[node.result];
  if (slots[n].empty())
    slots[n] = scratchSlots(recipe);
  Region made = regions.made[n - group.first];
  std::vector<Range> tiles = channelTiles(recipe, rowLimit, memory);
  bool leaves = leavesGroup(network, node.result, group.first, group.last);
  bool stays = leaves && !plan.isStored[node.result] && !result.isOutput;
  if (stays && resident[node.result] < 0)
    resident[node.result] = addBuffer(bytesOf(wholeOf(result.dims), result.dtype));
  // What stays is whole and outlives slices; all else is a slice's part, and its place is free again after the last
  // reader.
  if (!stays)
    sliceBuffers[node.result] = addBuffer(bytesOf(made, result.dtype));
  for (int t = 0; t < int(tiles.size()); ++t) {
    Work work;
    work.node = n, work.group = g;
    work.region = made;
    work.region[1] = tiles[t];
    work.bindings.resize(recipe.buffers.size());
    for (int i = 0; i < int(recipe.buffers.size()) && problem.empty(); ++i) {
      const Buffer &b = recipe.buffers[i];
      if (b.place == Place::Input)
        bindInput(work, i, regions, work.region);
      else if (b.place == Place::Weight)
        bindWeight(work, i, work.region, t);
      else if (b.place == Place::Scratch)
        // Scratch places are the same for every work: nothing of them outlives its part.
        work.bindings[i] = {-1, out.scratch.slot(std::max(0, slots[n][i])), {}, Layout::Aligned, {}};
      else
        work.bindings[i] = {stays ? resident[node.result] : sliceBuffers[node.result],
                            0,
                            stays ? wholeOf(result.dims) : made,
                            Layout::Aligned,
                            {}};
    }
    if (!problem.empty())
      return;
    work.parts = chooseParts(recipe, work.region, work.bindings, out.scratch, memory);
    if (work.parts.empty())
      return fail(n, "has no cut into parts that its instructions can take");
    for (const Binding &b : work.bindings)
      if (b.buffer >= 0)
        use(b.buffer);
    // All channel tiles leave in one store, which is one transfer instead of many short ones.
    bool isLast = t + 1 == int(tiles.size());
    if (isLast && leaves && !stays && !isEmpty(regions.own[n - group.first])) {
      const Region &own = regions.own[n - group.first];
      work.stores.push_back({node.result, recipe.output, own});
      storedBy[node.result] = int(out.works.size());
      int64_t bytes = dimsOf(own).count() * kernel::byteSize(result.dtype);
      out.buffers[work.bindings[recipe.output].buffer].storeBytes += bytes;
      out.storedBytes += bytes;
    }
    out.works.push_back(std::move(work));
  }
}

void Builder::finish() {
  for (const LocalBuffer &b : out.buffers)
    out.loadedBytes += b.loadBytes;
  // In the order of first need: placeBuffers takes them from the front, and never one before another needed earlier.
  std::stable_sort(out.loads.begin(), out.loads.end(), [&](const Load &a, const Load &b) {
    return out.buffers[a.buffer].first < out.buffers[b.buffer].first;
  });
}

} // namespace

Built buildTimeline(const Network &network, const Plan &plan, const LocalMemory &memory, int64_t rowLimit) {
  return Builder(network, plan, memory, rowLimit).run();
}

} // namespace tpu_mlir::schedule
