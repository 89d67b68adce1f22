//===- Parts.cpp - A work in parts that scratch memory holds --------------===//
// Tries cuts from the coarsest on: batches, then channel groups, then rows, each
// until every intermediate fits its place and every instruction takes its views.
// Where the places are is Scratch.cpp's.
#include "tpu_mlir/Schedule/Parts.h"
#include "tpu_mlir/Primitive/Primitive.h"

#include <algorithm>

namespace tpu_mlir::schedule {

using codegen::LocalView;

namespace {

class PartChooser {
public:
  PartChooser(const Recipe &recipe, const std::vector<Binding> &bindings, const ScratchMap &scratch,
              const LocalMemory &memory)
      : recipe(recipe), bindings(bindings), scratch(scratch), memory(memory) {}

  std::vector<Region> choose(const Region &region) {
    const int64_t n = region[0].size(), h = region[2].size();
    // Copies that move channels take all of them at once.
    const bool whole = std::any_of(recipe.steps.begin(), recipe.steps.end(),
                                   [](const Step &s) { return s.primitive->movesChannels(s); });
    const int64_t c = std::min(region[1].size(), recipe.channelLimit());
    for (int64_t take = n; take >= 1; take /= 2)
      if (auto parts = tried(region, take, c, h); !parts.empty())
        return parts;
    for (int64_t rows = h - 1; whole && rows >= 1; --rows)
      if (auto parts = tried(region, 1, c, rows); !parts.empty())
        return parts;
    if (whole)
      return {};
    const int64_t groups = (c + memory.lanes - 1) / memory.lanes;
    for (int64_t k = groups - 1; k >= 1; --k)
      if (auto parts = tried(region, 1, k * memory.lanes, h); !parts.empty())
        return parts;
    for (int64_t rows = h - 1; rows >= 1; --rows)
      if (auto parts = tried(region, 1, memory.lanes, rows); !parts.empty())
        return parts;
    return {};
  }

private:
  std::vector<Region> tried(const Region &region, int64_t n, int64_t c, int64_t h) {
    const int64_t group = recipe.channelLimit();
    std::vector<Region> parts;
    std::vector<LocalView> views(recipe.buffers.size());
    for (int64_t ni = region[0].begin; ni < region[0].end; ni += n)
      for (int64_t ci = region[1].begin, end; ci < region[1].end; ci = end) {
        end = std::min({ci + c, region[1].end, (ci / group + 1) * group});
        for (int64_t hi = region[2].begin; hi < region[2].end; hi += h) {
          Region part = {Range{ni, std::min(ni + n, region[0].end)}, Range{ci, end},
                         Range{hi, std::min(hi + h, region[2].end)}, region[3]};
          for (size_t i = 0; i < views.size(); ++i) {
            views[i] = viewOf(recipe, int(i), bindings[i], 0, part, memory);
            const Dims &d = views[i].dims;
            bool isScratch = recipe.buffers[i].place == Place::Scratch;
            if (std::max({d.n, d.c, d.h, d.w}) > memory.maxDim || (isScratch && views[i].bytes > scratch.slotBytes))
              return {};
          }
          for (const Step &s : recipe.steps)
            if (!canEmit(s, views, memory))
              return {};
          parts.push_back(part);
        }
      }
    return parts;
  }

  const Recipe &recipe;
  const std::vector<Binding> &bindings;
  const ScratchMap &scratch;
  const LocalMemory &memory;
};

} // namespace

std::vector<Region> chooseParts(const Recipe &recipe, const Region &region, const std::vector<Binding> &bindings,
                                const ScratchMap &scratch, const LocalMemory &memory) {
  return PartChooser(recipe, bindings, scratch, memory).choose(region);
}

} // namespace tpu_mlir::schedule
