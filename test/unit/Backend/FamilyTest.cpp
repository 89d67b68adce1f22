//===- FamilyTest.cpp - The tables of primitives and of families ----------===//
// Every row has its columns by the compiler; here, that they agree with each
// other, with the instruction table, and with recipes as ops make them.
#include "tpu_mlir/Backend/Family.h"
#include "../Codegen/HostRun.h"
#include "tpu_mlir/Isa/Table.h"
#include "tpu_mlir/Sim/Forms.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Target/Target.h"

#include <gtest/gtest.h>

#include <set>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

const target::Chip &chip() { return target::lookup("bm1684x"); }
const backend::Family &family() { return backend::familyFor(chip().identity.family); }

TEST(Primitives, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const Primitive *p : primitives()) {
    EXPECT_TRUE(names.insert(p->name()).second) << p->name();
    EXPECT_GE(p->roles().size(), 1u) << p->name();
    EXPECT_EQ(primitives()[size_t(numberOf(*p))], p);
  }
}

TEST(Primitives, EachHasItsRowOfTheFamily) {
  for (const Primitive *p : primitives())
    EXPECT_EQ(&family().row(*p).primitive(), p) << p->name();
}

// What the notes call unknown is never emitted; what is emitted, the simulator executes and prices in its decoded form.
TEST(Primitives, InstructionsAreInTheTableKnownAndExecuted) {
  const isa::Table &table = isa::tableFor(chip().identity.isa);
  for (const Primitive *p : primitives()) {
    EXPECT_FALSE(family().row(*p).instructions().empty()) << p->name();
    for (std::string_view mnemonic : family().row(*p).instructions()) {
      bool isThere = false;
      for (const isa::CommandInfo &command : table.commands)
        for (const isa::KindInfo &kind : command.kinds)
          if (kind.name == mnemonic) {
            isThere = true;
            EXPECT_NE(kind.evidence, isa::Evidence::Unknown) << p->name() << ": " << mnemonic;
            EXPECT_TRUE(sim::formOf(command).execute) << p->name() << ": " << mnemonic;
          }
      EXPECT_TRUE(isThere) << p->name() << ": " << mnemonic;
    }
  }
}

TEST(Primitives, ComputeTheFormatsThatRecipesHave) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    RandomRecipes recipes(seed);
    const Recipe recipe = recipes.next(int(seed) % RandomRecipes::kKinds);
    for (const Step &s : recipe.steps)
      EXPECT_TRUE(computes(recipe, s)) << s.primitive->name() << ", seed " << seed;
  }
}

// Moves only appear among other ops, where a group has whole channels: test/Ops and lit run those.
TEST(Primitives, AllButMovesAreInRandomRecipes) {
  std::set<const Primitive *> seen;
  for (uint32_t seed = 0; seed < 100; ++seed)
    for (const Step &s : RandomRecipes(seed).next(int(seed) % RandomRecipes::kKinds).steps)
      seen.insert(s.primitive);
  for (const Primitive *p : {&primitive::copy(), &primitive::transpose(), &primitive::heads(), &primitive::insert()})
    EXPECT_TRUE(seen.insert(p).second) << p->name() << " is no exception";
  for (const Primitive *p : primitives())
    EXPECT_TRUE(seen.count(p)) << p->name();
}

TEST(Primitives, DoNotComputeOthers) {
  using enum DType;
  auto takes = [](const Primitive &p, DType result, std::vector<DType> sources) { return p.computes(result, sources); };
  EXPECT_FALSE(takes(primitive::conv(), I8, {I8, I8})) << "sums have 32 bits";
  EXPECT_FALSE(takes(primitive::conv(), F32, {I8, F32}));
  EXPECT_FALSE(takes(primitive::matMul(), I32, {F32, F32}));
  EXPECT_FALSE(takes(primitive::requant(), F32, {I32}));
  EXPECT_FALSE(takes(primitive::binary(), F32, {F32, I8}));
  EXPECT_FALSE(takes(primitive::lookup(), F32, {I8, F32}));
  EXPECT_FALSE(takes(primitive::copy(), I8, {F32}));
}

TEST(Primitives, StepsThatCostDifferentlyAreToldApart) {
  auto described = [](const Step &s) {
    std::vector<int64_t> numbers;
    s.primitive->describe(s, numbers);
    return numbers;
  };
  kernel::Window three, one;
  three.kh = three.kw = 3;
  EXPECT_NE(described(primitive::conv(2, 0, 1, three)), described(primitive::conv(2, 0, 1, one)));
  EXPECT_NE(described(primitive::binary(kernel::BinaryOp::Add, 2, 0, 1)),
            described(primitive::binary(kernel::BinaryOp::Mul, 2, 0, 1)));
  // Values of constants cost nothing.
  EXPECT_EQ(described(primitive::requant(1, 0, {5, -3, 0})), described(primitive::requant(1, 0, {7, -9, 1})));
}

TEST(Families, EveryTaskHasAnEngine) {
  using enum backend::Task;
  for (backend::Task task : {Compute, Load, Store, Move})
    EXPECT_LT(size_t(family().engineFor(task)), family().engines().size());
  EXPECT_LE(family().engines().size(), size_t(codegen::CommandStream::kMostEngines));
}

TEST(Families, UnknownOnesAreNamed) {
  try {
    backend::familyFor("none");
    FAIL() << "there is no such family";
  } catch (const UserError &e) {
    EXPECT_STREQ(e.what(), "there is no family of chips 'none' in lib/Backend");
  }
}

} // namespace
