//===- Cost.cpp - Cycles of works and transfers ---------------------------===//
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Codegen/StepEmitter.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>

namespace tpu_mlir::schedule {

static double widest(const Recipe &recipe, const Step &s) {
  int64_t bytes = kernel::byteSize(recipe.buffers[s.dst].dtype);
  for (int id : {s.a, s.b})
    if (id >= 0 && recipe.buffers[id].place != Place::Weight)
      bytes = std::max<int64_t>(bytes, kernel::byteSize(recipe.buffers[id].dtype));
  return double(bytes);
}

static LocalMemory memoryOf(const target::Chip &chip) {
  return {chip.local.lanes, chip.local.laneBytes, chip.local.laneBytes / chip.local.banks, chip.local.alignBytes,
          chip.limits.maxDim};
}

double lookupCycles(const Dims &dims, const target::Chip &chip) {
  timing::Spread result{double(dims.n), double(dims.c), double(dims.h), double(dims.w)};
  double copies = 0;
  if (int64_t half = codegen::lookupSplit(dims, memoryOf(chip))) {
    result.h = 1, result.w = double(dims.h * dims.w - half);
    copies = 2 * (timing::laneCopyCycles(chip, result, 1) + double(chip.time.issueCycles));
    result.c *= 2;
  }
  return copies + timing::gatherCycles(chip, result);
}

/// Whether a step makes, element by element, exactly the part of the result that is asked for.
static bool isPlain(const Step &s, const Buffer &dst) {
  if (s.kind != StepKind::Binary && s.kind != StepKind::Requant && s.kind != StepKind::Cast)
    return false;
  return dst.place != Place::Scratch ||
         std::all_of(dst.map.begin(), dst.map.end(), [](const AxisMap &m) { return m.kind == AxisMap::Kind::Same; });
}

double stepCycles(const Recipe &recipe, const Region &part, const target::Chip &chip) {
  double cycles = 0;
  double plain[9] = {}; // by width: curves are dozens of such steps
  for (const Step &s : recipe.steps) {
    const Buffer &dst = recipe.buffers[s.dst], &a = recipe.buffers[s.a];
    if (isPlain(s, dst)) {
      const double width = widest(recipe, s);
      double &known = plain[size_t(width)];
      if (known == 0) {
        const Dims d = dimsOf(part);
        known = timing::elementCycles(chip, {double(d.n), double(d.c), double(d.h), double(d.w)}, width) +
                double(chip.time.issueCycles);
      }
      cycles += known;
      continue;
    }
    Region region;
    for (int i = 0; i < 4; ++i)
      region[i] = dst.place == Place::Scratch ? needOf(dst, i, part).range : part[i];
    Dims d = dimsOf(region);
    timing::Spread result{double(d.n), double(d.c), double(d.h), double(d.w)};
    double bytes = double(kernel::byteSize(a.dtype));
    double kh = double(s.window.kh), kw = double(s.window.kw);
    switch (s.kind) {
    case StepKind::Conv: {
      const AxisMap &map = a.map[1];
      auto conv = [&](Range out) {
        double ic = double(needOf(map, out, a.dims.c).range.size());
        return timing::convCycles(chip, {double(d.n), ic, double(out.size()), double(d.h), double(d.w), kh, kw, bytes});
      };
      // Groups and blocks take an instruction each.
      const int64_t block = blockOf(map);
      for (int64_t c = region[1].begin, end; c < region[1].end; c = end) {
        end = block ? std::min(region[1].end, (c / block + 1) * block) : region[1].end;
        cycles += conv({c, end}) + (end < region[1].end ? double(chip.time.issueCycles) : 0);
      }
      break;
    }
    case StepKind::Depthwise:
      cycles += timing::depthwiseCycles(chip, {result, kh, kw, bytes, double(kernel::byteSize(dst.dtype))});
      break;
    case StepKind::MaxPool:
      cycles += timing::poolCycles(chip, {result, kh, kw, bytes, double(kernel::byteSize(dst.dtype))});
      break;
    case StepKind::Copy:
      result.c = double(s.channels ? s.channels : d.c);
      cycles += double(s.repeatH * s.repeatW - 1) * double(chip.time.elementCycles) +
                (s.toChannel % chip.local.lanes || s.fromChannel % chip.local.lanes
                     ? timing::laneCopyCycles(chip, result, bytes)
                     : timing::elementCycles(chip, result, bytes));
      break;
    case StepKind::Lookup:
      cycles += lookupCycles(d, chip);
      break;
    case StepKind::MatMul:
      cycles +=
          double(d.n) * timing::matrix2Cycles(chip, double(d.c), double(a.dims.h * a.dims.w), double(d.w), bytes) +
          double(d.n - 1) * double(chip.time.issueCycles);
      break;
    case StepKind::Transpose:
      cycles += timing::transposeCycles(chip, result, bytes);
      break;
    case StepKind::Insert:
      result.h = std::min(result.h, double(a.dims.h)), result.w = std::min(result.w, double(a.dims.w));
      result.rowsApart = result.h > 1 && result.w < double(d.w);
      cycles += timing::elementCycles(chip, result, bytes);
      break;
    case StepKind::Heads:
      cycles += timing::elementCycles(chip, result, bytes);
      break;
    default:
      cycles += timing::elementCycles(chip, result, widest(recipe, s));
    }
    cycles += double(chip.time.issueCycles);
  }
  return cycles;
}

double regionCycles(const Recipe &recipe, const Region &region, const target::Chip &chip, int64_t slotBytes) {
  // Parts differ little in cost: take those of one channel group, with as many rows as the widest intermediate allows.
  int64_t item = 1;
  for (const Buffer &b : recipe.buffers)
    if (b.place == Place::Scratch)
      item = std::max<int64_t>(item, kernel::byteSize(b.dtype));
  Dims d = dimsOf(region);
  int64_t lanes = chip.local.lanes, groups = (d.c + lanes - 1) / lanes, plane = d.h * d.w * item;
  bool hasScratch = item > 1;
  if (!hasScratch || plane * groups * d.n <= slotBytes)
    return stepCycles(recipe, region, chip);
  int64_t rows = std::clamp<int64_t>(slotBytes / std::max<int64_t>(1, d.w * item), 1, d.h);
  int64_t pieces = (d.h + rows - 1) / rows;
  Region part = region;
  part[0] = {region[0].begin, region[0].begin + 1};
  part[1] = {region[1].begin, std::min(region[1].end, region[1].begin + lanes)};
  part[2] = {region[2].begin, region[2].begin + (d.h + pieces - 1) / pieces};
  return stepCycles(recipe, part, chip) * double(pieces * groups * d.n);
}

double transferCycles(double bytes, bool isStore, const target::Chip &chip) {
  return bytes / timing::copyRate(chip, isStore ? timing::Copy::Store : timing::Copy::Load) * timing::gdmaToTiu(chip);
}

} // namespace tpu_mlir::schedule
