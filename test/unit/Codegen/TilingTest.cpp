//===- TilingTest.cpp - Tile plans against their promises -----------------===//
// Random recipes in random local memories: tiles cover the result exactly once,
// every buffer's part of every tile lies inside the tensor and inside its place,
// places lie inside local memory and apart, and operands that want banks of
// their own share none. Runs nothing; TileRunTest does.

#include "tpu_mlir/Codegen/Tiling.h"
#include "RandomRecipes.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Backend/MachineOf.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>
#include <set>

using namespace tpu_mlir;
using namespace tpu_mlir::codegen;
using namespace tpu_mlir::test;

namespace {

const LocalMemory kChip = {64, 256 * 1024, 16 * 1024, 64, 65535, &backend::familyFor("tiu_gdma")};

int64_t sizeOf(const Dims &d, int axis) { return axis == 0 ? d.n : axis == 1 ? d.c : axis == 2 ? d.h : d.w; }

void expectCoversOnce(const Recipe &recipe, const std::vector<Region> &tiles) {
  Dims out = recipe.outputDims();
  std::vector<uint8_t> times(size_t(out.count()));
  for (const Region &tile : tiles) {
    for (int a = 0; a < 4; ++a) {
      ASSERT_GE(tile[a].begin, 0);
      ASSERT_LT(tile[a].begin, tile[a].end);
      ASSERT_LE(tile[a].end, sizeOf(out, a));
    }
    for (int64_t n = tile[0].begin; n < tile[0].end; ++n)
      for (int64_t c = tile[1].begin; c < tile[1].end; ++c)
        for (int64_t h = tile[2].begin; h < tile[2].end; ++h)
          for (int64_t w = tile[3].begin; w < tile[3].end; ++w)
            ++times[size_t(((n * out.c + c) * out.h + h) * out.w + w)];
  }
  ASSERT_EQ(std::count(times.begin(), times.end(), 1), int64_t(times.size()));
}

void expectPlacesApart(const Recipe &recipe, const TilePlan &plan, const LocalMemory &memory) {
  struct Span {
    int64_t begin, end;
    size_t buffer;
    bool ownBank;
  };
  std::vector<Span> spans;
  for (size_t i = 0; i < recipe.buffers.size(); ++i)
    for (int64_t offset : plan.placements[i].offsets) {
      ASSERT_GE(offset, 0);
      ASSERT_EQ(offset % memory.alignBytes, 0);
      ASSERT_LE(offset + plan.placements[i].bytes, plan.usedBytes);
      spans.push_back({offset, offset + plan.placements[i].bytes, i, recipe.buffers[i].ownBank});
    }
  ASSERT_LE(plan.usedBytes, memory.bytes);
  for (size_t i = 0; i < spans.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const Span &a = spans[i], &b = spans[j];
      ASSERT_TRUE(a.end <= b.begin || b.end <= a.begin) << "buffers " << a.buffer << " and " << b.buffer << " overlap";
      if ((a.ownBank || b.ownBank) && a.buffer != b.buffer) {
        int64_t firstA = a.begin / memory.bankBytes, lastA = (a.end - 1) / memory.bankBytes;
        int64_t firstB = b.begin / memory.bankBytes, lastB = (b.end - 1) / memory.bankBytes;
        ASSERT_TRUE(lastA < firstB || lastB < firstA)
            << "buffers " << a.buffer << " and " << b.buffer << " share a bank";
      }
    }
}

void expectTileFits(const Recipe &recipe, const TilePlan &plan, const Region &tile, const LocalMemory &memory) {
  for (size_t i = 0; i < recipe.buffers.size(); ++i) {
    const tpu_mlir::Buffer &b = recipe.buffers[i];
    Region region;
    for (int a = 0; a < 4; ++a) {
      AxisNeed need = needOf(b.map[a], tile[a], sizeOf(b.dims, a));
      region[a] = need.range;
      ASSERT_GE(need.range.begin, 0) << "buffer " << i << " axis " << a;
      ASSERT_LT(need.range.begin, need.range.end) << "buffer " << i << " axis " << a;
      ASSERT_LE(need.range.end, sizeOf(b.dims, a)) << "buffer " << i << " axis " << a;
      ASSERT_LE(need.range.size(), memory.maxDim);
      ASSERT_GE(need.padBefore, 0) << "buffer " << i << " axis " << a;
      ASSERT_GE(need.padAfter, 0) << "buffer " << i << " axis " << a;
    }
    ASSERT_LE(localBytes(b.layout, dimsOf(region), b.dtype, memory), plan.placements[i].bytes) << "buffer " << i;
  }
}

void expectSound(const Recipe &recipe, const TilePlan &plan, const LocalMemory &memory) {
  ASSERT_EQ(plan.placements.size(), recipe.buffers.size());
  ASSERT_TRUE(plan.buffers == 1 || plan.buffers == 2);
  expectPlacesApart(recipe, plan, memory);
  std::vector<Region> tiles = tilesOf(recipe, plan.tile);
  expectCoversOnce(recipe, tiles);
  bool isMatrix = recipe.steps[0].is(primitive::matMul()), isTable = recipe.steps[0].is(primitive::lookup());
  for (const Region &tile : tiles) {
    for (int a = 0; a < 4; ++a)
      ASSERT_LE(tile[a].size(), sizeOf(plan.tile, a));
    ASSERT_TRUE(!isMatrix || tile[0].size() == 1) << "the matrix unit has no batch";
    ASSERT_TRUE(!isTable || tile[2].size() * tile[3].size() <= memory.maxDim) << "a lookup sees h and w as one axis";
    expectTileFits(recipe, plan, tile, memory);
  }
  for (size_t i = 0; i < recipe.buffers.size(); ++i) {
    size_t copies = plan.placements[i].offsets.size();
    ASSERT_GE(copies, 1u);
    ASSERT_LE(copies, size_t(plan.buffers));
    // What moves while engines compute needs a second place; scratch does not move.
    if (plan.buffers == 2 && tiles.size() > 1 &&
        (recipe.buffers[i].place == Place::Output || recipe.buffers[i].place == Place::Input))
      ASSERT_EQ(copies, 2u) << "buffer " << i;
    if (recipe.buffers[i].place == Place::Scratch)
      ASSERT_EQ(copies, 1u);
  }
}

TEST(Tiling, RandomRecipesInRandomMemories) {
  int refused[RandomRecipes::kKinds] = {}, doubled = 0, tiled = 0, whole = 0;
  for (uint32_t seed = 0; seed < 1400; ++seed) {
    int kind = int(seed) % RandomRecipes::kKinds;
    RandomRecipes recipes(seed);
    Recipe recipe = recipes.next(kind);
    LocalMemory memory = kChip;
    memory.bytes = between(recipes.random, 4, 16) * memory.bankBytes;
    if (seed % 3 == 0)
      memory.bankBytes = 1024, memory.bytes = between(recipes.random, 8, 64) * 1024;
    if (seed % 5 == 0)
      memory.maxDim = between(recipes.random, 40, 300); // axes longer than a command takes
    if (seed % 4 == 0)
      memory.lanes = 8;
    SCOPED_TRACE(std::string(RandomRecipes::nameOf(kind)) + ", seed " + std::to_string(seed));
    TilePlan plan;
    try {
      plan = chooseTile(recipe, memory);
    } catch (const UserError &e) {
      ++refused[kind];
      ASSERT_EQ(std::string(e.what()).rfind("needs ", 0), 0u) << e.what();
      continue;
    }
    ++(plan.tile == recipe.outputDims() ? whole : tiled);
    doubled += plan.buffers == 2;
    expectSound(recipe, plan, memory);
    if (HasFatalFailure())
      return;
  }
  // The shapes above exercise every branch, and little is refused.
  EXPECT_GT(whole, 100);
  EXPECT_GT(tiled, 100);
  EXPECT_GT(doubled, 100);
  for (int kind = 0; kind < RandomRecipes::kKinds; ++kind)
    EXPECT_LT(refused[kind], 40) << RandomRecipes::nameOf(kind);
}

TEST(Tiling, WholeChipRefusesNothing) {
  for (uint32_t seed = 5000; seed < 5700; ++seed) {
    RandomRecipes recipes(seed);
    Recipe recipe = recipes.next(int(seed) % RandomRecipes::kKinds);
    SCOPED_TRACE("seed " + std::to_string(seed));
    expectSound(recipe, chooseTile(recipe, kChip), kChip);
    if (HasFatalFailure())
      return;
  }
}

Recipe pointwise(Dims d, DType type) {
  Recipe r;
  int x = r.addInput(0, type, d), y = r.addOutput(type, d);
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, y, x, x));
  return r;
}

TEST(Tiling, WholeTensorsThatFitAreOneTile) {
  Recipe recipe = pointwise({1, 64, 16, 16}, DType::I8);
  TilePlan plan = chooseTile(recipe, kChip);
  EXPECT_EQ(plan.tile, recipe.outputDims());
  EXPECT_EQ(plan.usedBytes, 2 * 256);
  EXPECT_EQ(tilesOf(recipe, plan.tile).size(), 1u);
}

TEST(Tiling, DoubleBuffersWhereItFits) {
  TilePlan plan = chooseTile(pointwise({1, 64, 1024, 1024}, DType::I8), kChip);
  EXPECT_EQ(plan.buffers, 2);
  EXPECT_EQ(plan.placements[0].offsets.size(), 2u);
  EXPECT_LE(plan.usedBytes, kChip.bytes);
  // Nearly equal pieces, as large as double buffering allows within a factor of two.
  EXPECT_GT(plan.usedBytes, kChip.bytes / 2 - 4096);
}

TEST(Tiling, AxesBeyondTheCommandAreCut) {
  Recipe recipe = pointwise({70000, 1, 1, 70000}, DType::I8);
  TilePlan plan = chooseTile(recipe, kChip);
  EXPECT_LE(plan.tile.n, kChip.maxDim);
  EXPECT_LE(plan.tile.w, kChip.maxDim);
}

TEST(Tiling, TilesStayInOneConvolutionGroup) {
  Recipe r;
  auto full = AxisMap::full(), same = AxisMap::same();
  Dims in{1, 12, 4, 4}, out{1, 300, 4, 4};
  int x = r.addInput(0, DType::I8, in, {same, AxisMap::group(100, 4), same, same});
  int f = r.addWeight(1, DType::I8, {1, 300, 1, 64}, Layout::Compact, {full, same, full, full});
  int y = r.addOutput(DType::I32, out);
  r.steps.push_back(primitive::conv(y, x, f, {}));
  TilePlan plan = chooseTile(r, kChip);
  EXPECT_EQ(plan.tile.c, 100);
  std::vector<Region> tiles = tilesOf(r, plan.tile);
  ASSERT_EQ(tiles.size(), 3u);
  EXPECT_EQ(tiles[2][1], (Range{200, 300}));
  EXPECT_EQ(needOf(r.buffers[x].map[1], tiles[2][1], 12).range, (Range{8, 12}));
  // A larger tile, written by a user, is cut: what each group loads needs two places of its own.
  std::optional<TilePlan> large = placeBuffers(r, {1, 300, 4, 4}, 2, kChip);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->tile.c, 100);
  EXPECT_EQ(large->placements[f].offsets.size(), 2u);
  // Smaller tiles start again at each group.
  std::vector<int64_t> begins;
  for (const Region &tile : tilesOf(r, {1, 64, 4, 4}))
    begins.push_back(tile[1].begin);
  EXPECT_EQ(begins, (std::vector<int64_t>{0, 64, 100, 164, 200, 264}));
}

TEST(Tiling, WeightsStayWhileOnlyPixelsChange) {
  Recipe r;
  auto full = AxisMap::full(), same = AxisMap::same();
  int x = r.addInput(0, DType::I8, {1, 64, 512, 512}, {same, full, same, same});
  int f = r.addWeight(1, DType::I8, {1, 64, 1, 64}, Layout::Compact, {full, same, full, full});
  int y = r.addOutput(DType::I8, {1, 64, 512, 512});
  int acc = r.addScratch(DType::I32, {1, 64, 512, 512});
  r.steps = {primitive::conv(acc, x, f, {}), primitive::requant(y, acc, {1, 0, 0})};
  TilePlan plan = chooseTile(r, kChip);
  EXPECT_EQ(plan.tile.c, 64);
  EXPECT_EQ(plan.placements[f].offsets.size(), 1u);
  EXPECT_EQ(plan.placements[acc].offsets.size(), 1u);
  EXPECT_EQ(plan.placements[x].offsets.size(), 2u);
}

// Tiles that a user writes into `ginfo` and no command can compute.
TEST(Tiling, PlacesNoTileThatTheUnitCannotCompute) {
  Recipe product;
  auto full = AxisMap::full(), same = AxisMap::same();
  int a = product.addInput(0, DType::F32, {4, 8, 1, 8}, {same, same, full, full});
  int b = product.addInput(1, DType::F32, {4, 8, 1, 8}, {same, full, full, same});
  product.steps.push_back(primitive::matMul(product.addOutput(DType::F32, {4, 8, 1, 8}), a, b));
  EXPECT_TRUE(placeBuffers(product, {1, 8, 1, 8}, 1, kChip));
  EXPECT_FALSE(placeBuffers(product, {2, 8, 1, 8}, 1, kChip));

  Recipe table;
  int x = table.addInput(0, DType::U8, {1, 1, 300, 300});
  int entries = table.addWeight(1, DType::U8, {1, 1, 1, 256}, Layout::Lanes, {full, full, full, full});
  table.steps.push_back(primitive::lookup(table.addOutput(DType::U8, {1, 1, 300, 300}), x, entries));
  EXPECT_TRUE(placeBuffers(table, {1, 1, 200, 300}, 1, kChip));
  EXPECT_FALSE(placeBuffers(table, {1, 1, 300, 300}, 1, kChip));
}

TEST(Tiling, SaysWhatIsNeededWhenNothingFits) {
  Recipe r;
  auto full = AxisMap::full(), same = AxisMap::same();
  r.addInput(0, DType::F32, {1, 64, 1, 60000}, {same, same, same, full}); // one row of 234 KiB
  int y = r.addOutput(DType::F32, {1, 64, 1, 60000});
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, y, 0, 0));
  LocalMemory small = kChip;
  small.bytes = 64 * 1024;
  try {
    chooseTile(r, small);
    FAIL() << "it cannot fit";
  } catch (const UserError &e) {
    EXPECT_STREQ(e.what(), "needs 235 KiB of local memory per lane after tiling to 1 row(s) of 1; there are 64 KiB");
  }
}

TEST(Tiling, SaysWhichAxisNoInstructionTakes) {
  Recipe r;
  auto full = AxisMap::full(), same = AxisMap::same();
  r.addInput(0, DType::I8, {1, 70003, 1, 1}, {same, full, same, same});
  int y = r.addOutput(DType::I8, {1, 64, 1, 1});
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, y, 0, 0));
  try {
    chooseTile(r, kChip);
    FAIL() << "it cannot fit";
  } catch (const UserError &e) {
    EXPECT_STREQ(e.what(), "needs 70003 channels of a tensor in one instruction, which takes at most 65535");
  }
}

TEST(Tiling, LocalBytesByLayout) {
  // 70 channels take two rows of lanes; a row of 3 x 5 bytes is padded to 64 where aligned.
  EXPECT_EQ(localBytes(Layout::Aligned, {2, 70, 3, 5}, DType::I8, kChip), 2 * 2 * 64);
  EXPECT_EQ(localBytes(Layout::Aligned, {2, 70, 3, 5}, DType::F32, kChip), 2 * 2 * 64);
  EXPECT_EQ(localBytes(Layout::Aligned, {1, 1, 1, 17}, DType::F32, kChip), 128);
  EXPECT_EQ(localBytes(Layout::Compact, {1, 70, 1, 36}, DType::I8, kChip), 128);
  EXPECT_EQ(localBytes(Layout::Lanes, {1, 1, 1, 256}, DType::U8, kChip), 256);
}

TEST(Tiling, MachineOfChipAndItsErrors) {
  const target::Chip &chip = target::lookup("bm1684x");
  EXPECT_EQ(machineOf(chip).memory.bytes, chip.local.laneBytes);
  EXPECT_EQ(machineOf(chip, 32768).memory.bytes, 32768);
  for (int64_t bytes : {int64_t(-16384), int64_t(1000), chip.local.laneBytes + 16384})
    EXPECT_THROW(machineOf(chip, bytes), UserError) << bytes;
}

} // namespace
