//===- NetworkTest.cpp - Fusion and links ---------------------------------===//
// Which ops join which, and what stays whole.
#include "Chains.h"
#include "tpu_mlir/Primitive/Moves.h"

#include <gtest/gtest.h>

namespace tpu_mlir::schedule {
namespace {

bool always(int, int) { return true; }
bool never(int) { return false; }

TEST(Network, AnElementWiseOpJoinsItsOnlyProducer) {
  Chain c;
  int y = c.clamp(c.conv(c.input({1, 16, 8, 8}), 32, 3, 1));
  Network fused = fuse(c.output(y), memoryOf(), never, always);
  ASSERT_EQ(fused.nodes.size(), 1u);
  const Node &node = fused.nodes[0];
  EXPECT_EQ(node.result, y);
  ASSERT_EQ(node.parts.size(), 2u);
  ASSERT_EQ(node.observed.size(), 1u);
  EXPECT_EQ(node.observed[0].value, node.parts[0].result);
  EXPECT_EQ(node.recipe()->buffers[node.observed[0].buffer].place, Place::Scratch);
  EXPECT_EQ(node.recipe()->steps.size(), 4u);
}

TEST(Network, ElementWiseOpsTakeTheShapeThatTheirOperandWasMadeIn) {
  Chain c;
  int v = c.conv(c.input({1, 16, 8, 8}), 32, 3, 1), y = c.clamp(c.clamp(v));
  for (Node &node : c.network.nodes)
    if (node.id > 0)
      for (Buffer &b : std::get<Recipe>(node.form).buffers)
        b.dims = {4, 8, 64, 1};
  Network adopted = c.output(y);
  adoptLocalForms(adopted, memoryOf(), [](int n) { return n == 2; });
  EXPECT_EQ(adopted.nodes[1].recipe()->outputDims(), (Dims{1, 32, 8, 8}));
  EXPECT_TRUE(adopted.readsAsMade(adopted.nodes[1], adopted.nodes[1].recipe()->buffers[0]));
  EXPECT_EQ(adopted.nodes[2].recipe()->outputDims(), (Dims{4, 8, 64, 1})) << "by itself an op is as it was lowered";
}

TEST(Network, AnOpAmongOthersHasItsLocalForm) {
  for (bool alone : {false, true}) {
    Chain c;
    int y = c.clamp(c.input({1, 16, 8, 8}));
    Node &node = c.network.nodes[0];
    node.local = *node.recipe();
    node.local->steps[0] = primitive::binary(kernel::BinaryOp::Max, node.local->steps[0].dst,
                                             node.local->steps[0].sources[0], primitive::Constant{5, DType::I8});
    Network adopted = c.output(y);
    adoptLocalForms(adopted, memoryOf(), [&](int) { return alone; });
    EXPECT_EQ(attributesOf<primitive::BinaryAttributes>(adopted.nodes[0].recipe()->steps[0]).constant, alone ? 0 : 5);
  }
}

TEST(Network, AValueWithTwoReadersOrOutsideStaysWhole) {
  Chain c;
  int conv = c.conv(c.input({1, 16, 8, 8}), 32, 3, 1), a = c.clamp(conv);
  EXPECT_EQ(fuse(c.output(c.larger(a, conv)), memoryOf(), never, always).nodes.size(), 3u);
  Chain d;
  int kept = d.conv(d.input({1, 16, 8, 8}), 32, 3, 1), last = d.clamp(kept);
  d.network.values[kept].isOutput = true;
  EXPECT_EQ(fuse(d.output(last), memoryOf(), never, always).nodes.size(), 2u);
}

TEST(Network, FusionAsksItsCaller) {
  Chain c;
  int y = c.clamp(c.conv(c.input({1, 16, 8, 8}), 32, 3, 1));
  EXPECT_EQ(fuse(c.output(y), memoryOf(), never, [](int, int) { return false; }).nodes.size(), 2u);
}

TEST(Network, RowsOffTheAlignUnitAreCopied) {
  // 111 columns: only every 64th row starts at the align unit, but scratch memory holds 36 rows.
  Chain c;
  Network fused = fuse(c.output(c.conv(c.input({1, 16, 111, 111}), 32, 3, 1)), memoryOf(), never, always);
  EXPECT_EQ(fused.nodes[0].recipe()->steps.back().primitive, &primitive::copy());
  Chain small;
  Network plain = fuse(small.output(small.conv(small.input({1, 16, 11, 11}), 32, 3, 1)), memoryOf(), never, always);
  EXPECT_EQ(plain.nodes[0].recipe()->steps.back().primitive, &primitive::requant());
}

} // namespace
} // namespace tpu_mlir::schedule
