//===- Tiling.cpp - Tiles of a recipe in local memory ---------------------===//
// The search halves one axis at a time: channels while weights take more than
// half of local memory, then n, h and w. Source of the layouts: shared ISA
// notes, isa.md §3.
#include "tpu_mlir/Codegen/Tiling.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir::codegen {

namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t alignUp(int64_t v, int64_t a) { return ceilDiv(v, a) * a; }

int64_t &axis(Dims &d, int i) { return i == 0 ? d.n : i == 1 ? d.c : i == 2 ? d.h : d.w; }
int64_t axis(const Dims &d, int i) { return i == 0 ? d.n : i == 1 ? d.c : i == 2 ? d.h : d.w; }

/// Largest size of an axis of a buffer over all tiles.
int64_t largestNeed(const AxisMap &map, int64_t tile, int64_t size) {
  switch (map.kind) {
  case AxisMap::Kind::Same:
    return std::min(tile, size);
  case AxisMap::Kind::Full:
    return size;
  case AxisMap::Kind::Repeat:
    return std::min(size, tile / map.stride + 2);
  case AxisMap::Kind::Group:
    return map.inPerGroup;
  case AxisMap::Kind::Band:
    return bandWidth(map, size);
  case AxisMap::Kind::Window:
    return std::min(size, (tile - 1) * map.stride + map.dilation * (map.kernel - 1) + 1);
  }
  return size;
}

Dims largestRegion(const Buffer &b, const Dims &tile) {
  Dims d;
  for (int i = 0; i < 4; ++i)
    axis(d, i) = largestNeed(b.map[i], axis(tile, i), axis(b.dims, i));
  return d;
}

/// Whether every position of the axis sees at least one element, so that any slice of it has an input region.
bool isSliceable(const Recipe &recipe, int i) {
  for (const Buffer &b : recipe.buffers) {
    const AxisMap &m = b.map[i];
    if (m.kind != AxisMap::Kind::Window)
      continue;
    int64_t extent = m.dilation * (m.kernel - 1) + 1, last = (axis(recipe.outputDims(), i) - 1) * m.stride - m.pad;
    if (extent - m.pad <= 0 || last >= axis(b.dims, i))
      return false;
  }
  return true;
}

/// Whether the region of `b` differs between tiles, and so must be loaded more than once.
bool variesWith(const Buffer &b, const Dims &tile, const Dims &out, bool channelsOnly) {
  for (int i = 0; i < 4; ++i) {
    if (channelsOnly && i != 1)
      continue;
    bool fixed = b.map[i].kind == AxisMap::Kind::Full || (b.map[i].kind == AxisMap::Kind::Same && axis(b.dims, i) == 1);
    if (!fixed && axis(tile, i) < axis(out, i))
      return true;
  }
  return false;
}

int64_t bytesOf(const Recipe &recipe, const Dims &tile, const LocalMemory &memory, Place place) {
  int64_t sum = 0;
  for (const Buffer &b : recipe.buffers)
    if (b.place == place)
      sum += localBytes(b.layout, largestRegion(b, tile), b.dtype, memory);
  return sum;
}

/// What the instructions of all steps together cannot do.
backend::Shortcomings shortcomingsOf(const Recipe &recipe, const LocalMemory &memory) {
  backend::Shortcomings all;
  for (const Step &s : recipe.steps) {
    const backend::Shortcomings own = memory.family->row(s).shortcomings();
    all.hasNoBatch |= own.hasNoBatch, all.joinsRows |= own.joinsRows;
  }
  return all;
}

/// Whether channels move between places, so that a tile has all of them.
bool movesChannels(const Recipe &recipe) {
  return std::any_of(recipe.steps.begin(), recipe.steps.end(),
                     [](const Step &s) { return s.primitive->movesChannels(s); });
}

/// Halves an axis and rounds so that the pieces are nearly equal.
int64_t halve(int64_t tile, int64_t size) { return ceilDiv(size, ceilDiv(size, tile) * 2); }

} // namespace

int64_t localBytes(Layout layout, const Dims &d, DType type, const LocalMemory &memory) {
  int64_t item = kernel::byteSize(type), row = d.h * d.w * item, groups = ceilDiv(d.c, memory.lanes);
  switch (layout) {
  case Layout::Aligned:
    return d.n * groups * alignUp(row, memory.alignBytes);
  case Layout::Compact:
    return alignUp(d.n * groups * row, memory.alignBytes);
  case Layout::Lanes:
    assert(d.c == 1);
    return d.n * alignUp(row, memory.alignBytes);
  }
  return 0;
}

std::optional<TilePlan> placeBuffers(const Recipe &recipe, Dims tile, int buffers, const LocalMemory &memory) {
  // A tile lies in one convolution group.
  tile.c = std::min(tile.c, recipe.channelLimit());
  TilePlan plan{tile, buffers, std::vector<Placement>(recipe.buffers.size())};
  Dims out = recipe.outputDims();
  const backend::Shortcomings lacks = shortcomingsOf(recipe, memory);
  if ((lacks.hasNoBatch && tile.n > 1) || (lacks.joinsRows && tile.h * tile.w > memory.maxDim))
    return std::nullopt;
  bool oneTile = tile == out;
  int64_t offset = 0;
  auto place = [&](bool ownBank) {
    for (size_t i = 0; i < recipe.buffers.size(); ++i) {
      const Buffer &b = recipe.buffers[i];
      if (b.ownBank != ownBank)
        continue;
      Dims region = largestRegion(b, tile);
      for (int a = 0; a < 4; ++a)
        if (axis(region, a) > memory.maxDim)
          return false;
      Placement &p = plan.placements[i];
      p.bytes = localBytes(b.layout, region, b.dtype, memory);
      int copies = b.place == Place::Scratch || oneTile                           ? 1
                   : b.place == Place::Weight && !variesWith(b, tile, out, false) ? 1
                                                                                  : buffers;
      for (int k = 0; k < copies; ++k) {
        if (ownBank)
          offset = alignUp(offset, memory.bankBytes);
        p.offsets.push_back(offset);
        offset = alignUp(offset + p.bytes, ownBank ? memory.bankBytes : memory.alignBytes);
      }
    }
    return true;
  };
  // Operands that need banks of their own first: they start at bank borders.
  if (!place(true) || !place(false) || offset > memory.bytes)
    return std::nullopt;
  plan.usedBytes = offset;
  return plan;
}

TilePlan chooseTile(const Recipe &recipe, const LocalMemory &memory) {
  Dims out = recipe.outputDims();
  bool slice[4] = {true, true, isSliceable(recipe, 2), isSliceable(recipe, 3)};
  const bool whole = movesChannels(recipe);
  const backend::Shortcomings lacks = shortcomingsOf(recipe, memory);
  TilePlan smallest;
  for (int buffers : {2, 1}) {
    Dims tile = out;
    tile.c = recipe.channelLimit();
    if (lacks.hasNoBatch)
      tile.n = 1;
    for (int i = 0; i < 4; ++i)
      while ((i != 1 || !whole) && axis(tile, i) > memory.maxDim)
        axis(tile, i) = halve(axis(tile, i), axis(out, i));
    while (lacks.joinsRows && tile.h * tile.w > memory.maxDim)
      axis(tile, tile.h > 1 ? 2 : 3) = halve(axis(tile, tile.h > 1 ? 2 : 3), axis(out, tile.h > 1 ? 2 : 3));
    while (true) {
      if (std::optional<TilePlan> plan = placeBuffers(recipe, tile, buffers, memory))
        return *plan;
      int64_t weights = bytesOf(recipe, tile, memory, Place::Weight) * buffers;
      if (!whole && tile.c > memory.lanes && weights > memory.bytes / 2) {
        tile.c = alignUp(ceilDiv(tile.c, 2), memory.lanes);
        continue;
      }
      int best = -1;
      for (int i : {0, 2, 3})
        if (best < 0 && slice[i] && axis(tile, i) > 1)
          best = i;
      if (best >= 0)
        axis(tile, best) = halve(axis(tile, best), axis(out, best));
      else if (!whole && tile.c > memory.lanes)
        tile.c = alignUp(ceilDiv(tile.c, 2), memory.lanes);
      else
        break;
    }
    smallest.tile = tile;
  }
  int64_t need = 0;
  const char *axes[4] = {"images", "channels", "rows", "columns"};
  for (const Buffer &b : recipe.buffers)
    for (int a = 0; a < 4; ++a)
      if (int64_t size = axis(largestRegion(b, smallest.tile), a); size > memory.maxDim)
        throw UserError("needs " + std::to_string(size) + " " + axes[a] +
                        " of a tensor in one instruction, which takes " + "at most " + std::to_string(memory.maxDim));
  for (const Buffer &b : recipe.buffers)
    need += alignUp(localBytes(b.layout, largestRegion(b, smallest.tile), b.dtype, memory),
                    b.ownBank ? memory.bankBytes : 1);
  throw UserError("needs " + std::to_string(ceilDiv(need, 1024)) + " KiB of local memory per lane after tiling to " +
                  std::to_string(smallest.tile.h) + " row(s) of " + std::to_string(smallest.tile.w) + "; there are " +
                  std::to_string(memory.bytes / 1024) + " KiB");
}

std::vector<Region> tilesOf(const Recipe &recipe, const Dims &tile) {
  Dims out = recipe.outputDims();
  int64_t group = recipe.channelLimit();
  std::vector<Range> channels;
  for (int64_t g = 0; g < out.c; g += group)
    for (int64_t c = g; c < std::min(g + group, out.c); c += tile.c)
      channels.push_back({c, std::min({c + tile.c, g + group, out.c})});
  std::vector<Region> tiles;
  for (Range c : channels)
    for (int64_t n = 0; n < out.n; n += tile.n)
      for (int64_t h = 0; h < out.h; h += tile.h)
        for (int64_t w = 0; w < out.w; w += tile.w)
          tiles.push_back({Range{n, std::min(n + tile.n, out.n)}, c, Range{h, std::min(h + tile.h, out.h)},
                           Range{w, std::min(w + tile.w, out.w)}});
  return tiles;
}

} // namespace tpu_mlir::codegen
