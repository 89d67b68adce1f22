//===- NeedTest.cpp - What a tile needs, against brute force --------------===//
// Ranges of windows, groups and broadcast axes from their definition, position
// by position, and the counts that recipes give.

#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/MatMul.h"
#include "tpu_mlir/Primitive/Window.h"

#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;

namespace {

TEST(Need, WindowsSeeTheSameThroughTheirRange) {
  std::mt19937 random(1);
  auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  int clipped = 0;
  for (int round = 0; round < 20000; ++round) {
    int64_t kernel = pick(1, 7), stride = pick(1, 4), dilation = pick(1, 3), extent = dilation * (kernel - 1) + 1;
    int64_t before = pick(0, extent - 1), after = pick(0, extent - 1), size = pick(1, 40);
    if (size + before + after < extent)
      continue;
    int64_t outputs = (size + before + after - extent) / stride + 1;
    Range out{pick(0, outputs - 1), 0};
    out.end = pick(out.begin + 1, outputs);
    AxisNeed need = needOf(AxisMap::window(kernel, stride, dilation, before), out, size);
    SCOPED_TRACE("size " + std::to_string(size) + ", kernel " + std::to_string(kernel) + ", stride " +
                 std::to_string(stride) + ", dilation " + std::to_string(dilation) + ", pad " + std::to_string(before) +
                 ", outputs " + std::to_string(out.begin) + " to " + std::to_string(out.end));
    // A tap that falls inside the tensor, and where it lies seen from the range.
    bool touched = false;
    for (int64_t o = out.begin; o < out.end; ++o)
      for (int64_t k = 0; k < kernel; ++k) {
        int64_t position = o * stride - before + k * dilation;
        int64_t seen = (o - out.begin) * stride - need.padBefore + k * dilation;
        bool inside = position >= 0 && position < size;
        touched |= inside;
        ASSERT_EQ(inside, seen >= 0 && seen < need.range.size());
        if (inside)
          ASSERT_EQ(need.range.begin + seen, position);
      }
    if (!touched)
      continue; // a window of padding alone: any element will do, the tiling engine does not ask for it
    ASSERT_GE(need.range.begin, 0);
    ASSERT_LE(need.range.end, size);
    ASSERT_GE(need.padBefore, 0);
    ASSERT_GE(need.padAfter, 0);
    // The window of the part gives exactly the outputs that were asked for.
    ASSERT_EQ((need.range.size() + need.padBefore + need.padAfter - extent) / stride + 1, out.size());
    clipped += need.padBefore > 0 || need.padAfter > 0;
  }
  EXPECT_GT(clipped, 1000);
}

TEST(Need, BroadcastAndWholeAxes) {
  EXPECT_EQ(needOf(AxisMap::same(), {3, 9}, 20).range, (Range{3, 9}));
  EXPECT_EQ(needOf(AxisMap::same(), {3, 9}, 1).range, (Range{0, 1}));
  EXPECT_EQ(needOf(AxisMap::full(), {3, 9}, 20).range, (Range{0, 20}));
}

TEST(Need, GroupsOfAConvolution) {
  AxisMap map = AxisMap::group(6, 4); // 6 outputs see 4 inputs
  for (int64_t o = 0; o < 24; ++o)
    EXPECT_EQ(needOf(map, {o, o + 1}, 16).range, (Range{o / 6 * 4, o / 6 * 4 + 4})) << o;
  EXPECT_EQ(needOf(map, {6, 12}, 16).range, (Range{4, 8}));
}

TEST(Need, BandsOfBlocks) {
  AxisMap map = AxisMap::band(80, 80, 64); // blocks of 64 outputs in 3 groups of 80
  const Range reads[] = {{0, 80}, {0, 160}, {64, 240}, {128, 240}};
  for (int64_t o = 0; o < 240; ++o)
    EXPECT_EQ(needOf(map, {o, o + 1}, 240).range, reads[o / 64]) << o;
  EXPECT_EQ(needOf(map, {192, 240}, 240).range, reads[3]);
  EXPECT_EQ(bandWidth(map, 240), 176);
  EXPECT_EQ(bandWidth(AxisMap::band(4, 4, 64), 128), 64); // 32 groups of 4
}

TEST(Need, AnotherAxisOfTheTile) {
  Buffer turned{Place::Scratch, 0, DType::I8, {2, 30, 1, 50}};
  turned.map = {AxisMap::same(), AxisMap::full(), AxisMap::full(), AxisMap::along(1)};
  const Region tile = {Range{1, 2}, Range{10, 40}, Range{0, 1}, Range{0, 7}};
  EXPECT_EQ(needOf(turned, 0, tile).range, (Range{1, 2}));
  EXPECT_EQ(needOf(turned, 1, tile).range, (Range{0, 30}));
  EXPECT_EQ(needOf(turned, 3, tile).range, (Range{10, 40}));
}

TEST(Need, Regions) {
  EXPECT_EQ(wholeOf({2, 3, 4, 5}), (Region{Range{0, 2}, Range{0, 3}, Range{0, 4}, Range{0, 5}}));
  EXPECT_EQ(dimsOf({Range{1, 2}, Range{3, 6}, Range{0, 4}, Range{5, 10}}), (Dims{1, 3, 4, 5}));
}

TEST(Macs, ByKindOfStep) {
  auto full = AxisMap::full(), same = AxisMap::same();
  Recipe conv;
  int x = conv.addInput(0, DType::I8, {2, 12, 8, 8}, {same, AxisMap::group(10, 6), full, full});
  int f = conv.addWeight(1, DType::I8, {1, 20, 1, 9 * 64}, Layout::Compact, {});
  int y = conv.addOutput(DType::I32, {2, 20, 6, 6});
  kernel::Window window;
  window.kh = window.kw = 3;
  conv.steps.push_back(primitive::conv(y, x, f, window));
  EXPECT_EQ(conv.macs(), 2 * 20 * 6 * 6 * 6 * 9);

  Recipe depthwise;
  x = depthwise.addInput(0, DType::I8, {1, 7, 8, 8});
  y = depthwise.addOutput(DType::I32, {1, 7, 6, 6});
  depthwise.steps.push_back(primitive::windowSum(y, x, window, 1, DType::I8));
  EXPECT_EQ(depthwise.macs(), 7 * 6 * 6 * 9);

  Recipe product;
  int a = product.addInput(0, DType::F32, {3, 5, 1, 11}), b = product.addInput(1, DType::F32, {3, 11, 1, 13});
  y = product.addOutput(DType::F32, {3, 5, 1, 13});
  product.steps = {primitive::matMul(y, a, b), primitive::binary(kernel::BinaryOp::Add, y, y, y)};
  EXPECT_EQ(product.macs(), 3 * 5 * 13 * 11);
}

} // namespace
