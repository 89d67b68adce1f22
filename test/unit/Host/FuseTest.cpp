//===- FuseTest.cpp - What may be joined, and what may not ----------------===//
// Items before and after, by hand. That joined items compute the same is
// tested on programs (ProgramTest.cpp).
#include "Fuse.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::host;

namespace {

/// Tensors of one shape and items over them; tensor 0 is the input.
class Plan {
public:
  Plan() { tensor(); }
  int conv(int input) { return add(Conv{}, {input, filter()}); }
  int sum(int a, int b) { return add(Combine{Combine::Kind::Add, {}}, {a, b}); }
  int relu(int input) { return unary(input, {UnaryKind::Relu, -1}); }
  int unary(int input, UnaryFunction function) { return add(Unary{function}, {input}); }
  int view(int input) { return add(View{}, {input}); }
  int concat(int a, int b) { return add(Concat{0}, {a, b}); }

  std::vector<Item> fused(std::vector<int> outputs, bool withResiduals = true) {
    std::vector<bool> isKept(tensors.size());
    isKept[0] = true;
    for (int output : outputs)
      isKept[output] = true;
    auto has = +[](const UnaryFunction &f) { return f.kind != UnaryKind::Erf; };
    return fuse(items, tensors, isKept, has, withResiduals);
  }

  std::vector<Item> items;

private:
  int tensor() {
    tensors.push_back({"t" + std::to_string(tensors.size()), {1, 4, 5, 5}, Element::F32, nullptr});
    return static_cast<int>(tensors.size()) - 1;
  }
  int filter() {
    static const float constant[4] = {};
    int made = tensor();
    tensors[made].constant = constant;
    return made;
  }
  int add(Work work, std::vector<int> inputs) {
    int output = tensor();
    items.push_back({std::move(work), std::move(inputs), output, {}, {}});
    return output;
  }
  std::vector<Tensor> tensors;
};

TEST(Fuse, ActivationsJoinTheWorkBefore) {
  Plan plan;
  int out = plan.relu(plan.unary(plan.conv(0), {UnaryKind::SiLU}));
  auto items = plan.fused({out});
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].output, out);
  ASSERT_EQ(items[0].posts.size(), 2u);
  EXPECT_EQ(items[0].posts[0].kind, UnaryKind::SiLU);
  EXPECT_EQ(items[0].posts[1].kind, UnaryKind::Relu);
}

TEST(Fuse, ActivationsStayWhereTheValueBeforeIsNeeded) {
  Plan wanted;
  int conv = wanted.conv(0);
  EXPECT_EQ(wanted.fused({wanted.relu(conv), conv}).size(), 2u) << "the convolution is an output";
  Plan shared;
  conv = shared.conv(0);
  EXPECT_EQ(shared.fused({shared.relu(conv), shared.conv(conv)}).size(), 3u) << "another item reads it";
  Plan missing;
  EXPECT_EQ(missing.fused({missing.unary(missing.conv(0), {UnaryKind::Erf})}).size(), 2u) << "no such function";
  Plan moved;
  EXPECT_EQ(moved.fused({moved.relu(moved.view(0))}).size(), 2u) << "a view computes nothing";
  Plan input;
  EXPECT_EQ(input.fused({input.relu(0)}).size(), 1u);
}

TEST(Fuse, ActivationsOfOtherWorkJoinOnlyWhenCheap) {
  Plan plan;
  int a = plan.unary(plan.concat(0, 0), {UnaryKind::SiLU}), b = plan.relu(plan.concat(0, 0));
  auto items = plan.fused({a, b});
  EXPECT_EQ(items.size(), 3u);
}

TEST(Fuse, ASumJoinsTheLaterConvolution) {
  Plan plan;
  int x = plan.conv(0), y = plan.conv(plan.conv(x)), out = plan.relu(plan.sum(y, x));
  auto items = plan.fused({out});
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[2].residual, x);
  EXPECT_EQ(items[2].postsBeforeResidual, 0u);
  EXPECT_EQ(items[2].output, out);
  EXPECT_EQ(items[2].posts.size(), 1u);
  EXPECT_EQ(plan.fused({out}, false).size(), 4u) << "without residuals the sum stays";
}

TEST(Fuse, APostBeforeTheSumStaysBeforeIt) {
  Plan plan;
  int x = plan.conv(0), y = plan.unary(plan.conv(plan.conv(x)), {UnaryKind::SiLU}), out = plan.relu(plan.sum(x, y));
  auto items = plan.fused({out});
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[2].postsBeforeResidual, 1u);
  ASSERT_EQ(items[2].posts.size(), 2u);
  EXPECT_EQ(items[2].posts[1].kind, UnaryKind::Relu);
}

/// Cases where the sum must not overwrite its other operand.
TEST(Fuse, AResidualThatIsStillNeededIsNotOverwritten) {
  auto residuals = [](const std::vector<Item> &items) {
    return std::count_if(items.begin(), items.end(), [](const Item &item) { return item.residual >= 0; });
  };
  Plan input;
  EXPECT_EQ(residuals(input.fused({input.sum(0, input.conv(0))})), 0) << "the input's memory is the user's";
  Plan own;
  int x = own.conv(0);
  EXPECT_EQ(residuals(own.fused({own.sum(x, own.conv(x))})), 0) << "the convolution reads it itself";
  Plan output;
  x = output.conv(0);
  int y = output.conv(output.conv(x));
  EXPECT_EQ(residuals(output.fused({output.sum(x, y), x})), 0) << "it is an output";
  Plan later;
  x = later.conv(0);
  y = later.sum(x, later.conv(later.conv(x)));
  EXPECT_EQ(residuals(later.fused({later.concat(y, x)})), 0) << "a later item reads it";
  Plan view;
  x = view.conv(0);
  int seen = view.view(x);
  y = view.sum(x, view.conv(view.conv(x)));
  EXPECT_EQ(residuals(view.fused({view.concat(y, seen)})), 0) << "a later item reads a view of it";
  Plan shown;
  x = shown.conv(0);
  seen = shown.view(x);
  y = shown.sum(seen, shown.conv(shown.conv(x)));
  EXPECT_EQ(residuals(shown.fused({y, x})), 0) << "it is a view of an output";
  Plan same;
  x = same.conv(0);
  EXPECT_EQ(residuals(same.fused({same.sum(x, x)})), 0) << "both operands are one tensor";
}

TEST(Fuse, BothBranchesOfADownsamplingBlock) {
  Plan plan;
  int x = plan.relu(plan.conv(0));
  int main = plan.conv(plan.conv(x)), side = plan.conv(x);
  int out = plan.relu(plan.sum(main, side));
  auto items = plan.fused({out});
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[3].residual, main) << "the branch that ends last takes the other one";
}

} // namespace
