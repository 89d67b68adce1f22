//===- Recipe.cpp - Geometry of recipes -----------------------------------===//
// How much of each buffer a tile needs, and the size of an op in
// multiply-accumulates. Runs nothing.
#include "tpu_mlir/Recipe/Recipe.h"
#include "tpu_mlir/Primitive/Primitive.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir {

Dims dimsOf(const Region &r) { return {r[0].size(), r[1].size(), r[2].size(), r[3].size()}; }

Region wholeOf(const Dims &d) { return {Range{0, d.n}, Range{0, d.c}, Range{0, d.h}, Range{0, d.w}}; }

AxisNeed needOf(const AxisMap &map, Range out, int64_t size) {
  switch (map.kind) {
  case AxisMap::Kind::Same:
    // An axis of length 1 is broadcast to every tile.
    return {size == 1 ? Range{0, 1} : out, 0, 0};
  case AxisMap::Kind::Full:
    return {{0, size}, 0, 0};
  case AxisMap::Kind::Repeat:
    return {{out.begin / map.stride, (out.end + map.stride - 1) / map.stride}, 0, 0};
  case AxisMap::Kind::Group: {
    int64_t group = out.begin / map.outPerGroup;
    assert((out.end - 1) / map.outPerGroup == group && "a tile lies in one convolution group");
    return {{group * map.inPerGroup, (group + 1) * map.inPerGroup}, 0, 0};
  }
  case AxisMap::Kind::Band: {
    const int64_t block = map.stride, first = out.begin / block * block / map.outPerGroup * map.inPerGroup;
    const int64_t last = ((out.end + block - 1) / block * block - 1) / map.outPerGroup;
    return {{first / block * block, std::min(size, (last + 1) * map.inPerGroup)}, 0, 0};
  }
  case AxisMap::Kind::Window: {
    int64_t begin = out.begin * map.stride - map.pad;
    int64_t end = (out.end - 1) * map.stride - map.pad + map.dilation * (map.kernel - 1) + 1;
    Range range{std::clamp<int64_t>(begin, 0, size), std::clamp<int64_t>(end, 0, size)};
    if (range.size() <= 0) {
      // The window lies in the padding entirely; one element is read so that a shape exists, as padding's neighbour.
      range = begin >= size ? Range{size - 1, size} : Range{0, 1};
    }
    return {range, range.begin - begin, end - range.end};
  }
  }
  return {};
}

int64_t blockOf(const AxisMap &map) {
  return map.kind == AxisMap::Kind::Group ? map.outPerGroup : map.kind == AxisMap::Kind::Band ? map.stride : 0;
}

int64_t Recipe::channelLimit() const {
  int64_t limit = outputDims().c;
  for (const Buffer &b : buffers)
    if (int64_t block = blockOf(b.map[1]))
      limit = std::min(limit, block);
  return limit;
}

int64_t bandWidth(const AxisMap &map, int64_t size) {
  const int64_t outputs = size / map.inPerGroup * map.outPerGroup;
  int64_t width = 0;
  for (int64_t c = 0; c < outputs; c += map.stride)
    width = std::max(width, needOf(map, {c, std::min(c + map.stride, outputs)}, size).range.size());
  return width;
}

AxisNeed needOf(const Buffer &b, int axis, const Region &tile) {
  const int64_t sizes[4] = {b.dims.n, b.dims.c, b.dims.h, b.dims.w};
  const AxisMap &map = b.map[axis];
  return needOf(map, tile[map.of < 0 ? axis : map.of], sizes[axis]);
}

int Recipe::addInput(int index, DType t, Dims d, std::array<AxisMap, 4> map) {
  buffers.push_back({Place::Input, index, t, d, Layout::Aligned, map});
  return buffers.size() - 1;
}
int Recipe::addWeight(int index, DType t, Dims d, Layout layout, std::array<AxisMap, 4> map) {
  buffers.push_back({Place::Weight, index, t, d, layout, map});
  return buffers.size() - 1;
}
int Recipe::addOutput(DType t, Dims d) {
  assert(output < 0 && "a recipe has one output");
  buffers.push_back({Place::Output, 0, t, d, Layout::Aligned, {}});
  return output = buffers.size() - 1;
}
int Recipe::addScratch(DType t, Dims d) {
  buffers.push_back({Place::Scratch, 0, t, d, Layout::Aligned, {}});
  return buffers.size() - 1;
}

int64_t Recipe::macs() const {
  int64_t total = 0;
  for (const Step &s : steps)
    total += s.primitive->macs(*this, s);
  return total;
}

DType resultFormat(const Recipe &recipe, const Step &step) {
  return step.resultAs.value_or(recipe.buffers[step.dst].dtype);
}

DType sourceFormat(const Recipe &recipe, const Step &step, int source) {
  return step.sourcesAs.value_or(recipe.buffers[step.sources[source]].dtype);
}

} // namespace tpu_mlir
