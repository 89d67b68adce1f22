//===- Arena.cpp - Places for tensors that live for a while ---------------===//
#include "tpu_mlir/Allocate/Arena.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace tpu_mlir::allocate {

Arena planArena(const std::vector<Lifetime> &lifetimes, int64_t align) {
  auto alignUp = [&](int64_t v) { return (v + align - 1) / align * align; };
  Arena arena;
  arena.offsets.assign(lifetimes.size(), 0);
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
  std::vector<size_t> placed; // by offset
  for (size_t i : order) {
    const Lifetime &life = lifetimes[i];
    int64_t offset = 0;
    for (size_t j : placed) {
      if (lifetimes[j].last < life.first || life.last < lifetimes[j].first)
        continue;
      if (arena.offsets[j] - offset >= life.bytes)
        break; // a gap before the next neighbour in time
      offset = std::max(offset, alignUp(arena.offsets[j] + lifetimes[j].bytes));
    }
    arena.offsets[i] = offset;
    arena.bytes = std::max(arena.bytes, offset + life.bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                   [&](size_t a, size_t b) { return arena.offsets[a] < arena.offsets[b]; }),
                  i);
  }
  arena.bytes = alignUp(arena.bytes);
  std::map<int64_t, int64_t> change;
  for (const Lifetime &life : lifetimes) {
    change[life.first] += alignUp(life.bytes);
    change[life.last + 1] -= alignUp(life.bytes);
  }
  int64_t live = 0;
  for (auto [step, delta] : change)
    arena.lowerBound = std::max(arena.lowerBound, live += delta);
  return arena;
}

} // namespace tpu_mlir::allocate
