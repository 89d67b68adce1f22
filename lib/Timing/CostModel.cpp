//===- CostModel.cpp - What an operation costs, by its shape --------------===//
// The formulas. Each was read off silicon counters of a sibling chip where one
// exists (bench/timing_vs_silicon.py holds them against it) and says so where
// none does; the constants' own sources are in the chip files.

#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>
#include <cmath>

namespace tpu_mlir::timing {

namespace {

double ceilDiv(double a, double b) { return std::ceil(a / b); }

double lanesOf(const Chip &chip) { return double(chip.local.lanes); }

/// Input channels that the convolution array multiplies together.
double channelsTogether(const Chip &chip, double bytes) {
  return double(bytes == 1   ? chip.compute.icParallel8
                : bytes == 2 ? chip.compute.icParallel16
                             : chip.compute.icParallel32);
}

/// Output pixels that the array makes per cycle: what the peak rate leaves after lanes and channels.
double pixelsTogether(const Chip &chip, double bytes) {
  return arrayRate(chip, bytes) / (lanesOf(chip) * channelsTogether(chip, bytes));
}

double window(const Chip &chip, const WindowShape &s, double factor) {
  double reads = s.kh * s.kw * streamCycles(chip, s.result, s.bytes) * factor;
  return std::max(reads, streamCycles(chip, s.result, s.resultBytes)) + chip.time.poolCycles;
}

} // namespace

double lanePasses(const Chip &chip, double n, double c, double lane) { return n * ceilDiv(lane + c, lanesOf(chip)); }

double streamCycles(const Chip &chip, const Spread &r, double bytes) {
  double width = double(chip.time.elementBytes);
  double lines = r.rowsApart ? r.h * ceilDiv(r.w * bytes, width) : ceilDiv(r.h * r.w * bytes, width);
  return lanePasses(chip, r.n, r.c, r.lane) * lines;
}

double arrayRate(const Chip &chip, double bytes) {
  return double(bytes == 1 ? chip.compute.mac8 : bytes == 2 ? chip.compute.mac16 : chip.compute.mac32);
}

double convCycles(const Chip &chip, const ConvShape &s) {
  double groups = lanePasses(chip, 1, s.oc, s.lane);
  double work = s.n * groups * ceilDiv(s.oh * s.ow, pixelsTogether(chip, s.bytes)) *
                ceilDiv(s.ic, channelsTogether(chip, s.bytes)) * s.kh * s.kw;
  return work + chip.time.convCycles + chip.time.convCyclesPerGroup * groups;
}

double poolCycles(const Chip &chip, const WindowShape &s) { return window(chip, s, chip.time.poolFactor); }
double depthwiseCycles(const Chip &chip, const WindowShape &s) { return window(chip, s, chip.time.depthwiseFactor); }

double elementCycles(const Chip &chip, const Spread &result, double widest, double conflict) {
  double penalty = widest == 4 ? chip.time.bankConflict32 : chip.time.bankConflict;
  return streamCycles(chip, result, widest) * (1 + conflict * (penalty - 1)) + chip.time.elementCycles;
}

double divideCycles(const Chip &chip, const Spread &result, double widest, double conflict) {
  double start = chip.time.elementCycles;
  return (elementCycles(chip, result, widest, conflict) - start) * chip.time.divideFactor + start;
}

double gatherCycles(const Chip &chip, const Spread &r, bool toleratesConflicts) {
  double factor = toleratesConflicts ? chip.time.gatherConflict : 1;
  return lanePasses(chip, r.n, r.c, r.lane) * r.h * r.w * chip.time.gatherCyclesPerElement * factor +
         chip.time.elementCycles;
}

double matrixCycles(const Chip &chip, double rows, double depth, double sections, double width, double bytes) {
  return streamCycles(chip, {rows, sections, 1, width, 0, false}, bytes) * depth * chip.time.matmulFactor;
}

double matrix2Cycles(const Chip &chip, double rows, double depth, double columns, double bytes) {
  return ceilDiv(rows, lanesOf(chip)) * ceilDiv(columns, pixelsTogether(chip, bytes)) *
             ceilDiv(depth, channelsTogether(chip, bytes)) * chip.time.matmulFactor +
         chip.time.matrix2Cycles;
}

double laneCopyCycles(const Chip &chip, const Spread &result, double bytes) {
  return chip.time.laneCopyCycles + streamCycles(chip, result, bytes);
}

double transposeCycles(const Chip &chip, const Spread &r, double bytes) {
  return chip.time.transposeCycles + ceilDiv(r.n * r.c * r.h * r.w * bytes, double(chip.time.elementBytes));
}

double copyRate(const Chip &chip, Copy direction) {
  switch (direction) {
  case Copy::Store:
    return chip.time.gdmaStoreBytes;
  case Copy::Move:
    return chip.time.gdmaMoveBytes;
  default:
    return chip.time.gdmaLoadBytes;
  }
}

double copyCycles(const Chip &chip, Copy direction, double rows, double rowBytes) {
  double burst = double(chip.time.gdmaBurstBytes);
  // A single run has nothing to round: its head and tail are part of the latency.
  double bytes = rows > 1 ? rows * ceilDiv(rowBytes, burst) * burst : rowBytes;
  return chip.time.gdmaLatencyCycles + bytes / copyRate(chip, direction) +
         (rows > 1 ? rows * chip.time.gdmaRowCycles : 0);
}

std::array<EngineClock, 2> engineClocks(const Chip &chip) {
  const double gdma = gdmaToTiu(chip);
  return {EngineClock{1, chip.time.issueCycles}, EngineClock{gdma, chip.time.gdmaIssueCycles * gdma}};
}

double bankShare(const Chip &chip, double a, double aBytes, double b, double bBytes) {
  double bank = double(chip.local.laneBytes / chip.local.banks);
  if (aBytes <= 0 || bBytes <= 0 || a < 0 || b < 0)
    return 0;
  // Time runs from 0 to 1; tensor x is in bank k from (k·bank − x) / xBytes on.
  double share = 0;
  // What leaves the lane (an illegal command) is not followed.
  double last = std::min(
      {std::floor((a + aBytes - 1) / bank), std::floor((b + bBytes - 1) / bank), double(chip.local.banks - 1)});
  for (double k = std::max(std::floor(a / bank), std::floor(b / bank)); k <= last; ++k) {
    double from = std::max({0.0, (k * bank - a) / aBytes, (k * bank - b) / bBytes});
    double to = std::min({1.0, ((k + 1) * bank - a) / aBytes, ((k + 1) * bank - b) / bBytes});
    share += std::max(0.0, to - from);
  }
  return std::min(share, 1.0);
}

} // namespace tpu_mlir::timing
