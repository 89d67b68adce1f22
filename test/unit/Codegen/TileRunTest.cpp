//===- TileRunTest.cpp - Tiles compute what the whole computes ------------===//
// Each tile of a plan as a small recipe of its own, over copies of exactly the
// regions that the tile needs: the results, put together, are the bits of the
// whole recipe's. Emits no instruction; it is the geometry that is tested, with
// the kernels as its witness.

#include "HostRun.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Codegen/Tiling.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::codegen;
using namespace tpu_mlir::test;
using HostBuffer = tpu_mlir::test::Buffer;
using RecipeBuffer = tpu_mlir::Buffer;

namespace {

int64_t sizeOf(const Dims &d, int axis) { return axis == 0 ? d.n : axis == 1 ? d.c : axis == 2 ? d.h : d.w; }

/// Copies a region of a dense tensor out (into `part`) or back in.
void moveRegion(HostBuffer &whole, const Region &region, HostBuffer &part, bool out) {
  int64_t item = kernel::byteSize(whole.dtype), at = 0;
  for (int64_t n = region[0].begin; n < region[0].end; ++n)
    for (int64_t c = region[1].begin; c < region[1].end; ++c)
      for (int64_t h = region[2].begin; h < region[2].end; ++h) {
        uint8_t *row = whole.bytes.data() + whole.index(n, c, h, region[3].begin) * item;
        int64_t bytes = region[3].size() * item;
        std::memcpy(out ? part.bytes.data() + at : row, out ? row : part.bytes.data() + at, size_t(bytes));
        at += bytes;
      }
}

/// The recipe of one tile, whole in itself.
Recipe recipeOfTile(const Recipe &recipe, const Region &tile, std::vector<Region> &regions) {
  Recipe part = recipe;
  regions.resize(recipe.buffers.size());
  for (size_t i = 0; i < recipe.buffers.size(); ++i) {
    const RecipeBuffer &b = recipe.buffers[i];
    for (int a = 0; a < 4; ++a) {
      AxisNeed need = needOf(b.map[a], tile[a], sizeOf(b.dims, a));
      regions[i][a] = need.range;
      for (Step &s : part.steps)
        if (s.sources[0] == int(i) && b.map[a].kind == AxisMap::Kind::Window) {
          auto with = attributesOf<primitive::WindowAttributes>(s);
          (a == 2 ? with.window.padTop : with.window.padLeft) = need.padBefore;
          (a == 2 ? with.window.padBottom : with.window.padRight) = need.padAfter;
          s.attributes = std::make_shared<const primitive::WindowAttributes>(with);
        }
    }
    part.buffers[i].dims = dimsOf(regions[i]);
    if (b.map[1].kind == AxisMap::Kind::Group)
      part.buffers[i].map[1] = AxisMap::full();
  }
  return part;
}

void expectTilesMakeTheWhole(const Recipe &recipe, const Dims &tile, std::mt19937 &random) {
  Operands whole(recipe, &random);
  runRecipe(recipe, whole.host);
  HostBuffer assembled(whole.host.result.dtype, recipe.outputDims());
  for (const Region &region : tilesOf(recipe, tile)) {
    std::vector<Region> regions;
    Recipe part = recipeOfTile(recipe, region, regions);
    Operands own(part, nullptr);
    for (size_t i = 0; i < recipe.buffers.size(); ++i) {
      if (recipe.buffers[i].place != Place::Input && recipe.buffers[i].place != Place::Weight)
        continue;
      Region from = regions[i];
      if (convOf(recipe, int(i))) // rows of the row-major filter
        from[2] = {0, whole.storage[i].dims.h}, from[3] = {0, whole.storage[i].dims.w};
      moveRegion(whole.storage[i], from, own.storage[i], true);
    }
    runRecipe(part, own.host);
    moveRegion(assembled, region, own.storage[size_t(recipe.output)], false);
  }
  ASSERT_EQ(assembled.bytes, whole.storage[size_t(recipe.output)].bytes);
}

TEST(TileRun, ChosenTiles) {
  int tiled = 0;
  for (uint32_t seed = 0; seed < 700; ++seed) {
    int kind = int(seed) % RandomRecipes::kKinds;
    SCOPED_TRACE(std::string(RandomRecipes::nameOf(kind)) + ", seed " + std::to_string(seed));
    RandomRecipes recipes(seed);
    Recipe recipe = recipes.next(kind);
    LocalMemory small = {16, between(recipes.random, 4, 24) * 1024, 1024, 64, 65535, &backend::familyFor("tiu_gdma")};
    try {
      Dims tile = chooseTile(recipe, small).tile;
      tiled += tile != recipe.outputDims();
      expectTilesMakeTheWhole(recipe, tile, recipes.random);
    } catch (const UserError &) {
      continue; // counted in TilingTest
    }
    if (HasFatalFailure())
      return;
  }
  EXPECT_GT(tiled, 100);
}

// A user may write any tile into `ginfo`.
TEST(TileRun, AnyTile) {
  for (uint32_t seed = 10000; seed < 10400; ++seed) {
    int kind = int(seed) % RandomRecipes::kKinds;
    SCOPED_TRACE(std::string(RandomRecipes::nameOf(kind)) + ", seed " + std::to_string(seed));
    RandomRecipes recipes(seed);
    Recipe recipe = recipes.next(kind);
    Dims out = recipe.outputDims();
    auto upTo = [&](int64_t most) { return between(recipes.random, 1, most); };
    expectTilesMakeTheWhole(recipe, {upTo(out.n), upTo(out.c), upTo(out.h), upTo(out.w)}, recipes.random);
    if (HasFatalFailure())
      return;
  }
}

} // namespace
