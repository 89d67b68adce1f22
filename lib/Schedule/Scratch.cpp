//===- Scratch.cpp - Scratch places, and views of a work's buffers --------===//
// Intermediates of a recipe take places at the end of each lane, a bank each,
// so that what an instruction reads and writes lies in different banks. A work
// larger than a place runs in parts (Parts.cpp).
#include "tpu_mlir/Primitive/Primitive.h"
#include "tpu_mlir/Schedule/Timeline.h"

#include <algorithm>

namespace tpu_mlir::schedule {

using codegen::LocalView;

std::vector<int> scratchSlots(const Recipe &recipe) {
  const int count = int(recipe.buffers.size()), steps = int(recipe.steps.size());
  std::vector<int> first(count, steps), last(count, -1), slot(count, -1);
  for (int s = 0; s < steps; ++s) {
    const Step &step = recipe.steps[s];
    auto use = [&](int id) {
      first[id] = std::min(first[id], s);
      last[id] = std::max(last[id], s);
    };
    use(step.dst);
    for (int id : step.sources)
      if (id >= 0)
        use(id);
  }
  std::vector<int> order;
  for (int i = 0; i < count; ++i)
    if (recipe.buffers[i].place == Place::Scratch && last[i] >= 0)
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return first[a] < first[b]; });
  std::vector<int> busyUntil; // by slot: the last step that uses it
  for (int i : order) {
    size_t k = 0;
    while (k < busyUntil.size() && busyUntil[k] >= first[i])
      ++k;
    if (k == busyUntil.size())
      busyUntil.push_back(-1);
    busyUntil[k] = last[i];
    slot[i] = int(k);
  }
  return slot;
}

std::optional<ScratchMap> mapScratch(const Network &network, const std::vector<char> &alone, const LocalMemory &memory,
                                     int *neediest) {
  int places = 0, most = -1;
  bool hasTable = false;
  for (int n = 0; n < int(network.nodes.size()); ++n) {
    const Node &node = network.nodes[n];
    if (alone[n] || !node.recipe())
      continue;
    int own = 0;
    for (int slot : scratchSlots(*node.recipe()))
      own = std::max(own, slot + 1);
    places = std::max(places, own);
    const bool looksUp = hasRole(*node.recipe(), Role::Table);
    hasTable |= looksUp;
    if (neediest && own + looksUp > most)
      most = own + looksUp, *neediest = n;
  }
  ScratchMap map;
  map.slotBytes = memory.scratchBanks * memory.bankBytes;
  map.area = memory.bytes - places * map.slotBytes - (hasTable ? memory.bankBytes : 0);
  if (map.area <= 0)
    return std::nullopt;
  if (hasTable)
    map.tableBase = map.slot(places);
  return map;
}

LocalView viewOf(const Recipe &recipe, int buffer, const Binding &binding, int64_t start, const Region &part,
                 const LocalMemory &memory) {
  const Buffer &b = recipe.buffers[buffer];
  const int64_t item = kernel::byteSize(b.dtype);
  LocalView view;
  view.dtype = b.dtype;
  view.layout = binding.layout;
  Region region;
  const bool isScratch = b.place == Place::Scratch;
  for (int a = 0; a < 4; ++a) {
    AxisNeed need = needOf(b, a, part);
    if (!isScratch && b.map[a].kind == AxisMap::Kind::Window && need.range.end < binding.held[a].end &&
        binding.held[a].end - need.range.end < b.map[a].stride)
      need.range.end = binding.held[a].end; // what a last step of the window leaves over
    region[a] = need.range;
    if (a >= 2)
      view.padBefore[a - 2] = need.padBefore, view.padAfter[a - 2] = need.padAfter;
  }
  view.dims = dimsOf(region);
  view.firstBatch = region[0].begin, view.firstRow = region[2].begin, view.firstColumn = region[3].begin;
  if (isScratch) {
    view.offset = binding.base;
    view.bytes = localBytes(view.layout, view.dims, b.dtype, memory);
    return view;
  }
  Dims held = dimsOf(binding.held);
  codegen::LocalStrides outer =
      binding.outer ? *binding.outer : codegen::layoutStrides(binding.layout, held, b.dtype, memory);
  int64_t lane = region[1].begin - binding.held[1].begin, rows = region[2].begin - binding.held[2].begin;
  view.offset = start + binding.base +
                item * ((region[0].begin - binding.held[0].begin) * outer.n + lane / memory.lanes * outer.c +
                        rows * held.w + region[3].begin - binding.held[3].begin);
  view.outer = outer;
  view.rowStride = held.w;
  int64_t groups = (view.dims.c + memory.lanes - 1) / memory.lanes;
  view.bytes = item * ((view.dims.n - 1) * outer.n + (groups - 1) * outer.c + (view.dims.h - 1) * held.w + view.dims.w);
  return view;
}

} // namespace tpu_mlir::schedule
