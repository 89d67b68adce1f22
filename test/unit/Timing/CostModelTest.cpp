//===- CostModelTest.cpp - What an operation costs, by its shape ----------===//
// Each formula against a count done by hand with round constants, so that the
// tests hold whatever the chip files say; and properties over random shapes.

#include "tpu_mlir/Timing/CostModel.h"

#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::timing;

namespace {

/// A small chip with constants that are easy to follow.
Chip smallChip() {
  Chip chip = target::lookup("bm1684x");
  chip.local.lanes = 4, chip.local.laneBytes = 1024, chip.local.banks = 4;
  chip.compute.mac8 = 4 * 8 * 2, chip.compute.icParallel8 = 8; // two pixels a cycle
  target::Time &t = chip.time;
  t.elementBytes = 16;
  t.convCycles = 100, t.convCyclesPerGroup = 10;
  t.elementCycles = 5, t.bankConflict = 2, t.bankConflict32 = 3, t.divideFactor = 4;
  t.gatherCyclesPerElement = 1.5, t.gatherConflict = 2;
  t.poolFactor = 2, t.depthwiseFactor = 3, t.poolCycles = 7;
  t.laneCopyCycles = 20, t.transposeCycles = 30;
  t.matmulFactor = 1, t.matrix2Cycles = 50;
  t.gdmaLatencyCycles = 1000, t.gdmaLoadBytes = 10, t.gdmaStoreBytes = 5, t.gdmaMoveBytes = 2;
  t.gdmaBurstBytes = 8, t.gdmaRowCycles = 3;
  return chip;
}

TEST(CostModel, LanesAreFilledFromTheStartLane) {
  Chip chip = smallChip();
  EXPECT_EQ(lanePasses(chip, 1, 4), 1);
  EXPECT_EQ(lanePasses(chip, 1, 5), 2);
  EXPECT_EQ(lanePasses(chip, 3, 4), 3);
  EXPECT_EQ(lanePasses(chip, 1, 4, 1), 2); // the last channel wraps to lane 0
}

TEST(CostModel, RowsApartAreRoundedUpAlone) {
  Chip chip = smallChip();
  EXPECT_EQ(streamCycles(chip, {1, 4, 3, 9}, 1), 2);               // 27 bytes
  EXPECT_EQ(streamCycles(chip, {1, 4, 3, 9, 0, true}, 1), 3);      // three rows of 9 bytes
  EXPECT_EQ(streamCycles(chip, {2, 8, 3, 9, 0, false}, 4), 4 * 7); // 108 bytes, four passes
}

TEST(CostModel, ConvolutionArray) {
  Chip chip = smallChip();
  // 2 lane groups, ceil(9 / 2) pixel steps, ceil(10 / 8) channel steps, 9 taps
  EXPECT_EQ(convCycles(chip, {1, 10, 8, 3, 3, 3, 3}), 2 * 5 * 2 * 9 + 100 + 20);
  EXPECT_EQ(convCycles(chip, {3, 8, 4, 2, 2, 1, 1}), 3 * 2 + 100 + 10);
}

TEST(CostModel, Windows) {
  Chip chip = smallChip();
  WindowShape s{{1, 4, 4, 4}, 3, 3, 1, 1};
  EXPECT_EQ(poolCycles(chip, s), 9 * 1 * 2 + 7);
  EXPECT_EQ(depthwiseCycles(chip, s), 9 * 1 * 3 + 7);
  s.kh = s.kw = 1, s.resultBytes = 4; // the wide result takes longer to write than the input to read
  EXPECT_EQ(poolCycles(chip, s), 4 + 7);
}

TEST(CostModel, ElementWiseConflictsAndDivision) {
  Chip chip = smallChip();
  Spread r{1, 4, 4, 8};
  EXPECT_EQ(elementCycles(chip, r, 1), 2 + 5);
  EXPECT_EQ(elementCycles(chip, r, 2, 1), 4 * 2 + 5);
  EXPECT_EQ(elementCycles(chip, r, 4, 1), 8 * 3 + 5);
  EXPECT_EQ(elementCycles(chip, r, 2, 0.5), 4 * 1.5 + 5);
  EXPECT_EQ(divideCycles(chip, r, 4), 8 * 4 + 5);
  EXPECT_EQ(gatherCycles(chip, r), 32 * 1.5 + 5);
  EXPECT_EQ(gatherCycles(chip, r, true), 32 * 3 + 5);
}

TEST(CostModel, MatrixProductsAndMoves) {
  Chip chip = smallChip();
  // 3 rows, 5 sections on 4 lanes, 20 bytes in steps of 16, 7 deep
  EXPECT_EQ(matrixCycles(chip, 3, 7, 5, 20), 3 * 2 * 2 * 7);
  // a row a lane, two columns and eight channels at a time
  EXPECT_EQ(matrix2Cycles(chip, 5, 9, 7), 2 * 4 * 2 + 50);
  EXPECT_EQ(laneCopyCycles(chip, {1, 5, 1, 17}, 1), 20 + 2 * 2);
  EXPECT_EQ(transposeCycles(chip, {1, 5, 1, 16}, 2), 30 + 10);
}

TEST(CostModel, Copies) {
  Chip chip = smallChip();
  EXPECT_EQ(copyCycles(chip, Copy::Load, 13), 1000 + 1.3);
  EXPECT_EQ(copyCycles(chip, Copy::Store, 4, 16), 1000 + 64 / 5.0 + 12);
  EXPECT_EQ(copyCycles(chip, Copy::Move, 4, 9), 1000 + 4 * 16 / 2.0 + 12); // rows fill whole bursts
  EXPECT_EQ(copyRate(chip, Copy::Local), copyRate(chip, Copy::Load));
}

TEST(CostModel, TensorsThatMeetInABank) {
  Chip chip = smallChip(); // banks of 256 bytes
  EXPECT_EQ(bankShare(chip, 0, 100, 0, 100), 1);
  EXPECT_EQ(bankShare(chip, 0, 100, 256, 100), 0);
  EXPECT_EQ(bankShare(chip, 0, 200, 128, 200), 128 / 200.0); // until the second leaves the bank
  EXPECT_EQ(bankShare(chip, 0, 512, 128, 512), 0.5);         // half of each bank
  EXPECT_EQ(bankShare(chip, 0, 512, 0, 256), 0.5);           // twice as fast: together in the first bank only
  EXPECT_EQ(bankShare(chip, 0, 0, 0, 256), 0);
}

TEST(CostModel, BankShareIsAShareAndSymmetric) {
  Chip chip = smallChip();
  std::mt19937 random(1);
  auto below = [&](int n) { return double(random() % unsigned(n)); };
  for (int i = 0; i < 2000; ++i) {
    double a = below(1023), b = below(1023), aBytes = 1 + below(int(1023 - a)), bBytes = 1 + below(int(1023 - b));
    double share = bankShare(chip, a, aBytes, b, bBytes);
    EXPECT_GE(share, 0);
    EXPECT_LE(share, 1);
    EXPECT_NEAR(share, bankShare(chip, b, bBytes, a, aBytes), 1e-12);
    // Against walking both in small steps.
    int together = 0, steps = 4000;
    for (int t = 0; t < steps; ++t)
      together += int((a + aBytes * (t + 0.5) / steps) / 256) == int((b + bBytes * (t + 0.5) / steps) / 256);
    EXPECT_NEAR(share, double(together) / steps, 0.01) << a << " " << aBytes << " " << b << " " << bBytes;
  }
}

TEST(CostModel, MoreWorkNeverCostsLess) {
  std::mt19937 random(2);
  auto upTo = [&](int n) { return double(1 + random() % unsigned(n)); };
  for (const Chip *chip : target::timedChips())
    for (int i = 0; i < 2000; ++i) {
      ConvShape conv{upTo(4), upTo(600), upTo(600), upTo(80), upTo(80), upTo(7), upTo(7)};
      ConvShape more = conv;
      more.ic += upTo(50), more.oc += upTo(50), more.oh += upTo(5);
      EXPECT_LE(convCycles(*chip, conv), convCycles(*chip, more));
      // Never faster than the array's peak.
      EXPECT_GE(convCycles(*chip, conv) * double(chip->compute.mac8),
                conv.n * conv.ic * conv.oc * conv.oh * conv.ow * conv.kh * conv.kw);
      double rows = upTo(2000), bytes = upTo(3000);
      EXPECT_LE(copyCycles(*chip, Copy::Load, rows, bytes), copyCycles(*chip, Copy::Load, rows + 1, bytes + 1));
      EXPECT_GE(copyCycles(*chip, Copy::Store, rows, bytes), rows * bytes / chip->time.gdmaStoreBytes);
    }
}

TEST(CostModel, RangesHoldTheirValues) {
  for (const Chip *chip : target::timedChips()) {
    EXPECT_GT(chip->constants.size(), 20u);
    for (const target::Constant &constant : chip->constants) {
      EXPECT_LE(constant.low, chip->time.*constant.member) << constant.name;
      EXPECT_GE(constant.high, chip->time.*constant.member) << constant.name;
    }
    for (const target::Fact &fact : chip->facts)
      EXPECT_EQ(fact.key.starts_with("time."), !fact.evidence.empty()) << fact.key;
  }
}

} // namespace
