//===- OperandTest.cpp - What debuggers know of operands ------------------===//
// Places of operands, what a dry run reports, and the test that tells a wrong
// command from a wrong input.

#include "Program.h"
#include "Relation.h"
#include "tpu_mlir/Sim/Show.h"

#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::sim;
using namespace tpu_mlir::test;
using kernel::Dims;

namespace {

TEST(Operand, EveryElementIsFoundWhereItLies) {
  std::mt19937 random(181);
  auto below = [&](int64_t limit) { return int64_t(random() % uint64_t(limit)); };
  Memory memory(target::lookup("BM1684X").local);
  for (int round = 0; round < 200; ++round) {
    Operand o;
    o.isLocal = random() % 2;
    o.dtype = round % 3 ? kernel::DType::I8 : kernel::DType::I32;
    o.dims = {1 + below(3), 1 + below(150), 1 + below(6), 1 + below(6)};
    o.start = {below(64), 64 * below(8)};
    o.address = 0x100000000 + random();
    if (!o.isLocal)
      o.strides = {o.dims.c * o.dims.h * o.dims.w + below(3), o.dims.h * o.dims.w, o.dims.w, 1};
    else
      o.strides = random() % 2 ? alignedStrides(o.dims, o.dtype, o.start.lane, memory)
                               : compactStrides(o.dims, o.start.lane, memory);
    for (int k = 0; k < 50; ++k) {
      Dims index{below(o.dims.n), below(o.dims.c), below(o.dims.h), below(o.dims.w)};
      ElementPlace place = placeOf(o, index, memory.lanes());
      place.address += uint64_t(below(kernel::byteSize(o.dtype))); // any byte of it
      EXPECT_EQ(find(o, place, memory.lanes()), index);
      EXPECT_EQ(indexOf(o.dims, denseIndex(o.dims, index)), index);
    }
    ElementPlace before = placeOf(o, {0, 0, 0, 0}, memory.lanes());
    if (before.address > 0) {
      --before.address;
      EXPECT_EQ(find(o, before, memory.lanes()), std::nullopt);
    }
    ElementPlace other = placeOf(o, {0, 0, 0, 0}, memory.lanes());
    other.isLocal = !other.isLocal;
    EXPECT_EQ(find(o, other, memory.lanes()), std::nullopt);
  }
}

TEST(Operand, ADryRunShowsTheResultAndWritesNothing) {
  Simulator simulator(Program::make().model(), "m.bmodel");
  std::vector<uint8_t> x(size_t(kProgramChannels * 2 * kProgramPlane), 7);
  simulator.setInput("x", x);
  RunOptions options;
  int seen = 0;
  options.beforeCommand = [&](const CommandEvent &event) {
    std::vector<uint8_t> before(simulator.lane(3).begin(), simulator.lane(3).end());
    std::vector<OperandValue> operands = simulator.operandsOf(event.group, event.command);
    EXPECT_TRUE(std::equal(before.begin(), before.end(), simulator.lane(3).begin()));
    if (event.command.engine() != isa::Engine::TIU || event.command.id() != 1)
      return;
    ++seen;
    ASSERT_EQ(operands.size(), 2u); // res0 = 3 · opd0
    EXPECT_EQ(operands[0].operand.name, "opd0");
    EXPECT_EQ(operands[0].values[0], 7);
    EXPECT_TRUE(operands[1].operand.isWrite);
    EXPECT_EQ(showValue(operands[1].operand.dtype, operands[1].values.data()), "21");
    EXPECT_EQ(show(operands[1].operand, simulator.memory()),
              "i16 [1, 70, 1, 24] in all 64 lanes (channel 0 in lane 0) from offset 0x4000, aligned");
  };
  simulator.run(options);
  EXPECT_EQ(seen, 1);
}

TEST(Operand, TablesMarkTheElement) {
  std::vector<uint8_t> values;
  for (int i = 0; i < 2 * 3 * 4; ++i)
    values.push_back(uint8_t(i - 5));
  Dims dims{1, 2, 3, 4};
  EXPECT_EQ(showTable(kernel::DType::I8, dims, values.data(), around(dims, {0, 1, 1, 2}, 2, true), "  "),
            "  n 0, c 1\n"
            "    h\\w |    1    2\n"
            "      0 |    8    9\n"
            "      1 |   12 [13]\n");
}

TEST(Relation, TellsWhatCannotFollow) {
  Relation rises;
  for (int x : {5, 1, 3, 3, 9})
    rises.add(0, x, x / 2);
  EXPECT_TRUE(rises.isPossible(true));
  EXPECT_EQ(rises.pairs(), 4);
  Relation twice;
  twice.add(0, 3, 1), twice.add(0, 3, 2);
  EXPECT_FALSE(twice.isPossible(false));
  Relation apart; // the same in two channels may well be
  apart.add(0, 3, 1), apart.add(1, 3, 2);
  EXPECT_TRUE(apart.isPossible(true));
  EXPECT_EQ(apart.pairs(), 0);
  Relation turns;
  turns.add(0, 1, 5), turns.add(0, 2, 9), turns.add(0, 3, 4);
  EXPECT_FALSE(turns.isPossible(true));
  EXPECT_TRUE(turns.isPossible(false)); // a lookup may turn
}

} // namespace
