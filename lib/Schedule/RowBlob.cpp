//===- RowBlob.cpp - Weights of an op as one row per lane -----------------===//
// Lays filters out from the align unit on, then biases and entries word by
// word, and cuts channels where a row would be too long.
#include "tpu_mlir/Schedule/RowBlob.h"
#include "tpu_mlir/Primitive/Primitive.h"

#include <algorithm>

namespace tpu_mlir::schedule {

static int64_t alignUp(int64_t v, int64_t a) { return (v + a - 1) / a * a; }

bool isRowWeight(const Recipe &recipe, const Buffer &b) {
  if (b.place != Place::Weight || b.layout == Layout::Lanes || b.dims.n != 1 || b.dims.c != recipe.outputDims().c ||
      b.map[1].kind != AxisMap::Kind::Same)
    return false;
  auto isFixed = [&](const AxisMap &m, int64_t size) {
    return m.kind == AxisMap::Kind::Full || (m.kind == AxisMap::Kind::Same && size == 1);
  };
  return isFixed(b.map[2], b.dims.h) && isFixed(b.map[3], b.dims.w);
}

bool hasRowWeights(const Recipe &recipe) {
  return std::any_of(recipe.buffers.begin(), recipe.buffers.end(),
                     [&](const Buffer &b) { return isRowWeight(recipe, b); });
}

/// Whether a window's instruction reads the buffer, which must then lie as its layout has it.
static bool isWindowOperand(const Recipe &recipe, int buffer) {
  return readsAs(recipe, buffer, Role::PackedFilter) || readsAs(recipe, buffer, Role::Filter) ||
         readsAs(recipe, buffer, Role::Bias);
}

RowBlob rowBlobOf(const Recipe &recipe, Range channels, const LocalMemory &memory) {
  RowBlob blob;
  blob.channels = channels;
  blob.lanes = std::min(memory.lanes, channels.size());
  const int64_t groups = (channels.size() + memory.lanes - 1) / memory.lanes;
  // Filters start at the align unit; then what has 32-bit items, entries and biases interleaved.
  std::vector<int> filters, words;
  int entries = -1;
  for (int i = 0; i < int(recipe.buffers.size()); ++i) {
    const Buffer &b = recipe.buffers[i];
    if (!isRowWeight(recipe, b))
      continue;
    if (readsAs(recipe, i, Role::Entries))
      entries = i;
    else if (b.dims.h * b.dims.w == 1 && kernel::byteSize(b.dtype) == 4 && !isWindowOperand(recipe, i))
      words.push_back(i);
    else
      filters.push_back(i);
  }
  for (int i : filters) {
    const Buffer &b = recipe.buffers[i];
    RowPart part{i, alignUp(blob.rowBytes, memory.alignBytes), b.dims.h * b.dims.w * kernel::byteSize(b.dtype), 0};
    part.groupBytes = b.layout == Layout::Compact ? part.itemBytes : alignUp(part.itemBytes, memory.alignBytes);
    blob.rowBytes = part.offset + (groups - 1) * part.groupBytes + part.itemBytes;
    blob.parts.push_back(part);
  }
  int64_t record = (entries >= 0 ? 12 : 0) + 4 * int64_t(words.size());
  if (record > 0) {
    int64_t at = alignUp(blob.rowBytes, 4), start = at;
    if (entries >= 0) {
      blob.entries = int(blob.parts.size());
      blob.parts.push_back({entries, at, 12, record});
      at += 12;
    }
    for (int i : words) {
      blob.parts.push_back({i, at, 4, record});
      at += 4;
    }
    blob.rowBytes = start + groups * record;
  }
  blob.rowBytes = alignUp(blob.rowBytes, 4);
  blob.localBytes = alignUp(blob.rowBytes, memory.alignBytes);
  if (blob.entries >= 0) {
    blob.spreadOffset = blob.localBytes;
    blob.localBytes += groups * memory.alignBytes;
  }
  return blob;
}

std::vector<Range> channelTiles(const Recipe &recipe, int64_t limit, const LocalMemory &memory) {
  const int64_t channels = recipe.outputDims().c;
  if (!hasRowWeights(recipe))
    return {{0, channels}};
  int64_t whole = rowBlobOf(recipe, {0, channels}, memory).localBytes;
  int64_t groups = (channels + memory.lanes - 1) / memory.lanes;
  int64_t pieces = std::min(groups, std::max<int64_t>(1, (whole + limit - 1) / limit));
  int64_t step = (groups + pieces - 1) / pieces * memory.lanes;
  std::vector<Range> tiles;
  for (int64_t c = 0; c < channels; c += step)
    tiles.push_back({c, std::min(c + step, channels)});
  return tiles;
}

} // namespace tpu_mlir::schedule
