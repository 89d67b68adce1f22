//===- Regions.cpp - What a slice of a group computes and reads -----------===//
// Every value that leaves the group is cut into equal parts, one a slice; what
// the parts need is followed back to the group's inputs. Parts overlap where
// windows do: those rows are computed again.
#include "tpu_mlir/Schedule/Regions.h"
#include "tpu_mlir/Primitive/Primitive.h"

#include <algorithm>
#include <numeric>

namespace tpu_mlir::schedule {

bool isEmpty(const Region &r) { return r[0].size() <= 0 || r[2].size() <= 0 || r[3].size() <= 0; }

int64_t rowAlignment(const Value &v, const LocalMemory &memory) {
  int64_t row = v.dims.w * kernel::byteSize(v.dtype);
  return memory.alignBytes / std::gcd(memory.alignBytes, row);
}

bool leavesGroup(const Network &network, int value, int first, int last) {
  const Value &v = network.values[value];
  return v.isOutput || v.users.empty() || v.users.front() < first || v.users.back() > last;
}

/// Whether every position of a window along columns sees some of them, so that any slice reads a region.
static bool seesColumns(const Buffer &b, int64_t count) {
  const AxisMap &m = b.map[3];
  return m.kind != AxisMap::Kind::Window ||
         (m.dilation * (m.kernel - 1) + 1 > m.pad && (count - 1) * m.stride - m.pad < b.dims.w);
}

bool mayCutColumns(const Recipe &recipe) {
  for (const Buffer &b : recipe.buffers)
    if (!seesColumns(b, recipe.outputDims().w) ||
        (b.place == Place::Input && b.dims.w > 1 && b.map[3].kind == AxisMap::Kind::Full) ||
        std::any_of(b.map.begin(), b.map.end(), [](const AxisMap &m) { return m.of >= 0; }))
      return false;
  return std::none_of(recipe.steps.begin(), recipe.steps.end(),
                      [](const Step &s) { return s.primitive->reach(s) == Reach::Axes; });
}

/// Whether a weight has an element for every row or column, as divisors of means have.
static bool hasPlaceWeights(const Recipe &recipe) {
  return std::any_of(recipe.buffers.begin(), recipe.buffers.end(), [](const Buffer &b) {
    return b.place == Place::Weight && ((b.dims.h > 1 && b.map[2].kind == AxisMap::Kind::Same) ||
                                        (b.dims.w > 1 && b.map[3].kind == AxisMap::Kind::Same));
  });
}

static void include(Region &whole, const Region &part) {
  if (isEmpty(part))
    return;
  if (isEmpty(whole)) {
    whole = part;
    return;
  }
  for (int a : {0, 2, 3})
    whole[a] = {std::min(whole[a].begin, part[a].begin), std::max(whole[a].end, part[a].end)};
}

static Range partOf(int64_t size, int64_t index, int64_t count, int64_t align) {
  auto border = [&](int64_t i) {
    int64_t b = size * i / count;
    return i == count ? size : std::min(size, (b + align - 1) / align * align);
  };
  return {border(index), border(index + 1)};
}

SliceRegions regionsOf(const Network &network, const Plan &plan, const Group &group, int64_t slice,
                       const LocalMemory &memory) {
  const int count = group.last - group.first + 1;
  const Region nothing = {};
  SliceRegions regions{std::vector<Region>(count, nothing), std::vector<Region>(count, nothing), {}};
  const int64_t wSlice = slice % group.wSlices, rest = slice / group.wSlices;
  const int64_t nSlice = rest / group.hSlices, hSlice = rest % group.hSlices;
  for (int i = count - 1; i >= 0; --i) {
    const Node &node = network.nodes[group.first + i];
    const Value &v = network.values[node.result];
    Region &made = regions.made[i];
    bool leaves = leavesGroup(network, node.result, group.first, group.last);
    bool stays = leaves && !plan.isStored[node.result];
    int64_t align = stays && group.hSlices > 1 ? rowAlignment(v, memory) : 1;
    // Weights of every place are read as a whole, whatever becomes of the result.
    if (leaves || hasPlaceWeights(*node.recipe())) {
      Region own = wholeOf(v.dims);
      own[0] = partOf(v.dims.n, nSlice, group.nSlices, 1);
      own[2] = partOf(v.dims.h, hSlice, group.hSlices, align);
      own[3] = partOf(v.dims.w, wSlice, group.wSlices, 1);
      if (!isEmpty(own)) {
        if (leaves)
          regions.own[i] = own;
        include(made, own);
        // What stays is written in place, at addresses that instructions take.
        made[2] = {made[2].begin / align * align, std::min(v.dims.h, (made[2].end + align - 1) / align * align)};
      }
    }
    if (isEmpty(made))
      continue;
    made[1] = {0, v.dims.c};
    if (group.wSlices == 1)
      made[3] = {0, v.dims.w};
    for (const Buffer &b : node.recipe()->buffers) {
      if (b.place != Place::Input || !network.readsAsMade(node, b))
        continue;
      int u = network.root(node.operands[b.index]);
      Region need = wholeOf(b.dims);
      need[0] = needOf(b, 0, made).range;
      need[2] = needOf(b, 2, made).range;
      if (group.wSlices > 1)
        need[3] = needOf(b, 3, made).range;
      int producer = network.values[u].producer;
      bool inside = producer >= group.first && producer <= group.last;
      include(inside ? regions.made[producer - group.first] : regions.read[u], need);
    }
  }
  return regions;
}

} // namespace tpu_mlir::schedule
