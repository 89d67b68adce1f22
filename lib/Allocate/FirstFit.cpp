//===- FirstFit.cpp - Lowest free place, tensor by tensor -----------------===//
// Keeps for each tensor those that live at the same time, unless these pairs
// are too many; then every tensor that has its place is looked through.
// Decides no order of tensors.
#include "FirstFit.h"

#include <algorithm>
#include <numeric>

namespace tpu_mlir::allocate {

/// Above so many pairs a list of them costs more than it saves.
static constexpr int64_t kMostPairs = 4 << 20;

FirstFit::FirstFit(const std::vector<Lifetime> &lives) : offsets(lives.size(), 0), lives(lives) {
  std::vector<int> byStart(lives.size());
  std::iota(byStart.begin(), byStart.end(), 0);
  std::stable_sort(byStart.begin(), byStart.end(), [&](int a, int b) { return lives[a].first < lives[b].first; });
  std::vector<std::pair<int, int>> pairs;
  std::vector<int> alive;
  for (int i : byStart) {
    std::erase_if(alive, [&](int j) { return lives[j].last < lives[i].first; });
    if (int64_t(pairs.size() + alive.size()) > kMostPairs)
      return;
    for (int j : alive)
      pairs.emplace_back(i, j);
    alive.push_back(i);
  }
  start.assign(lives.size() + 1, 0);
  for (auto [i, j] : pairs)
    ++start[i + 1], ++start[j + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  others.resize(2 * pairs.size());
  std::vector<int64_t> next(start.begin(), start.end() - 1);
  for (auto [i, j] : pairs)
    others[next[i]++] = j, others[next[j]++] = i;
}

int64_t FirstFit::lowestAmongNeighbours(int i) {
  taken.clear();
  for (int64_t k = start[i]; k < start[i + 1]; ++k)
    if (int j = others[k]; isPlaced[j])
      taken.emplace_back(offsets[j], offsets[j] + lives[j].bytes);
  work += start[i + 1] - start[i];
  std::sort(taken.begin(), taken.end());
  int64_t offset = 0;
  for (auto [begin, end] : taken) {
    if (begin - offset >= lives[i].bytes)
      break;
    offset = std::max(offset, end);
  }
  return offset;
}

int64_t FirstFit::lowestAmongPlaced(int i) {
  const Lifetime &life = lives[i];
  int64_t offset = 0;
  auto at = placed.begin();
  for (; at != placed.end(); ++at) {
    if (at->last < life.first || life.last < at->first)
      continue;
    if (at->begin - offset >= life.bytes)
      break;
    offset = std::max(offset, at->end);
  }
  work += at - placed.begin();
  Span span{offset, offset + life.bytes, life.first, life.last};
  auto place = std::upper_bound(placed.begin(), placed.end(), offset,
                                [](int64_t value, const Span &s) { return value < s.begin; });
  placed.insert(place, span);
  return offset;
}

int FirstFit::place(const std::vector<int> &order, int64_t limit) {
  isPlaced.assign(lives.size(), 0);
  placed.clear();
  top = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    int i = order[k];
    offsets[i] = start.empty() ? lowestAmongPlaced(i) : lowestAmongNeighbours(i);
    isPlaced[i] = 1;
    if (offsets[i] + lives[i].bytes > limit)
      return int(k);
    top = std::max(top, offsets[i] + lives[i].bytes);
  }
  return -1;
}

} // namespace tpu_mlir::allocate
