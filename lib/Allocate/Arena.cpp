//===- Arena.cpp - Places for tensors that live for a while ---------------===//
// First fit in several orders; then the best order is changed, tensor by
// tensor, where it fails to stay below what was reached: a tensor that found no
// place is placed earlier. Stops at the lower bound, or after a fixed amount of
// work, so that equal networks get equal plans on every machine.
#include "tpu_mlir/Allocate/Arena.h"
#include "FirstFit.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace tpu_mlir::allocate {

namespace {

/// Neighbours looked at, some nanoseconds each: by the orders, and by the search after them.
constexpr int64_t kMostOrderWork = 50'000'000, kMostSearchWork = 6'000'000;
/// Rounds without success after which the search goes back to the best order.
constexpr int kPatience = 60;

int64_t boundOf(const std::vector<Lifetime> &lives) {
  std::map<int64_t, int64_t> change;
  for (const Lifetime &life : lives) {
    change[life.first] += life.bytes;
    change[life.last + 1] -= life.bytes;
  }
  int64_t live = 0, bound = 0;
  for (auto [step, delta] : change)
    bound = std::max(bound, live += delta);
  return bound;
}

/// By tensor: the most bytes that live at once at some step of its life.
std::vector<int64_t> pressureOf(const std::vector<Lifetime> &lives) {
  std::map<int64_t, int64_t> change;
  for (const Lifetime &life : lives) {
    change[life.first] += life.bytes;
    change[life.last + 1] -= life.bytes;
  }
  std::vector<int64_t> steps, live;
  int64_t sum = 0;
  for (auto [step, delta] : change) {
    steps.push_back(step);
    live.push_back(sum += delta);
  }
  // Maxima over ranges of a power of two steps.
  std::vector<std::vector<int64_t>> most = {live};
  for (size_t width = 1; 2 * width <= live.size(); width *= 2) {
    const std::vector<int64_t> &half = most.back();
    std::vector<int64_t> row(live.size() - 2 * width + 1);
    for (size_t i = 0; i < row.size(); ++i)
      row[i] = std::max(half[i], half[i + width]);
    most.push_back(std::move(row));
  }
  std::vector<int64_t> pressure;
  for (const Lifetime &life : lives) {
    size_t first = std::lower_bound(steps.begin(), steps.end(), life.first) - steps.begin();
    size_t end = std::upper_bound(steps.begin(), steps.end(), life.last) - steps.begin();
    size_t level = 0;
    while ((size_t(2) << level) <= end - first)
      ++level;
    pressure.push_back(std::max(most[level][first], most[level][end - (size_t(1) << level)]));
  }
  return pressure;
}

class Planner {
public:
  explicit Planner(const std::vector<Lifetime> &lives) : bound(boundOf(lives)), lives(lives), fit(lives) {}

  void run() {
    std::vector<int64_t> pressure = pressureOf(lives);
    auto length = [&](int i) { return lives[i].last - lives[i].first + 1; };
    auto bytes = [&](int i) { return lives[i].bytes; };
    auto first = [&](int i) { return lives[i].first; };
    // Large before small; what is alike in size by time, so that one takes the place of another.
    auto sizeClass = [&](int i) { return std::bit_width(uint64_t(bytes(i))); };
    auto area = [&](int i, double power) { return std::pow(double(bytes(i)), power) * double(length(i)); };
    tryOrder([&](int a, int b) { return std::pair(-sizeClass(a), first(a)) < std::pair(-sizeClass(b), first(b)); });
    tryOrder([&](int a, int b) { return area(a, 2) > area(b, 2); });
    tryOrder([&](int a, int b) { return std::pair(bytes(a), length(a)) > std::pair(bytes(b), length(b)); });
    tryOrder([&](int a, int b) { return std::pair(pressure[a], bytes(a)) > std::pair(pressure[b], bytes(b)); });
    tryOrder([&](int a, int b) { return area(a, 1) > area(b, 1); });
    tryOrder([&](int a, int b) { return std::pair(length(a), bytes(a)) > std::pair(length(b), bytes(b)); });
    tryOrder([&](int a, int b) { return std::pair(pressure[a], length(a)) > std::pair(pressure[b], length(b)); });
    tryOrder([&](int a, int b) { return first(a) < first(b); });
    mostWork = fit.work + kMostSearchWork;
    improve();
  }

  int64_t bound, best = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> offsets;

private:
  bool isDone() const { return best <= bound || fit.work > mostWork; }

  void tryOrder(auto isBefore) {
    if (isDone())
      return;
    std::vector<int> order(lives.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), isBefore);
    if (fit.place(order, best == std::numeric_limits<int64_t>::max() ? best : best - 1) < 0)
      keep(order);
  }

  void keep(const std::vector<int> &order) {
    best = fit.top;
    offsets = fit.offsets;
    bestOrder = order;
  }

  void improve() {
    std::vector<int> order = bestOrder;
    uint64_t state = 1;
    for (int round = 0; !isDone(); ++round) {
      int failed = fit.place(order, best - 1);
      if (failed < 0) {
        keep(order);
        round = 0;
        continue;
      }
      if (round >= kPatience) {
        order = bestOrder;
        round = 0;
      }
      if (failed == 0)
        return; // one tensor alone is that large
      state = state * 6364136223846793005u + 1442695040888963407u;
      int to = int((state >> 33) % uint64_t(failed));
      std::rotate(order.begin() + to, order.begin() + failed, order.begin() + failed + 1);
    }
  }

  const std::vector<Lifetime> &lives;
  FirstFit fit;
  int64_t mostWork = kMostOrderWork;
  std::vector<int> bestOrder;
};

} // namespace

Arena planArena(const std::vector<Lifetime> &lifetimes, int64_t align) {
  Arena arena;
  arena.offsets.assign(lifetimes.size(), 0);
  std::vector<Lifetime> lives;
  std::vector<size_t> number;
  for (size_t i = 0; i < lifetimes.size(); ++i)
    if (Lifetime life = lifetimes[i]; life.bytes > 0) {
      life.bytes = (life.bytes + align - 1) / align; // units of the alignment
      lives.push_back(life);
      number.push_back(i);
    }
  if (lives.empty())
    return arena;
  Planner planner(lives);
  planner.run();
  for (size_t i = 0; i < lives.size(); ++i)
    arena.offsets[number[i]] = planner.offsets[i] * align;
  arena.bytes = planner.best * align;
  arena.lowerBound = planner.bound * align;
  return arena;
}

} // namespace tpu_mlir::allocate
