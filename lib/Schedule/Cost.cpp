//===- Cost.cpp - Cycles of works and transfers ---------------------------===//
// Adds up the cycles that the family's rows give for the steps of a work,
// without emitting it. Overlap of engines is the event model's.
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Primitive/Elements.h"

#include <algorithm>

namespace tpu_mlir::schedule {

/// Whether a step makes, element by element, exactly the part of the result that is asked for.
static bool isPlain(const backend::Row &row, const Buffer &dst) {
  return row.streamsOnce() &&
         (dst.place != Place::Scratch ||
          std::all_of(dst.map.begin(), dst.map.end(), [](const AxisMap &m) { return m.kind == AxisMap::Kind::Same; }));
}

static backend::StepShape shapeOf(const Recipe &recipe, const Step &step, const Region &region) {
  const Dims d = dimsOf(region);
  return {recipe, step, region, d, {double(d.n), double(d.c), double(d.h), double(d.w)}};
}

/// The width that a step streams: the widest of the result and the sources that are no weights.
static size_t widest(const Recipe &recipe, const Step &s) {
  int64_t bytes = kernel::byteSize(recipe.buffers[s.dst].dtype);
  for (int id : s.sources)
    if (id >= 0 && recipe.buffers[id].place != Place::Weight)
      bytes = std::max<int64_t>(bytes, kernel::byteSize(recipe.buffers[id].dtype));
  return size_t(bytes);
}

double stepCycles(const Recipe &recipe, const Region &part, const target::Chip &chip) {
  const backend::Family &family = backend::familyFor(chip.identity.isa);
  double cycles = 0;
  double plain[9] = {}; // by width: curves are dozens of such steps
  for (const Step &s : recipe.steps) {
    const Buffer &dst = recipe.buffers[s.dst];
    const backend::Row &row = family.row(s);
    const bool isKnown = isPlain(row, dst);
    double *known = isKnown ? &plain[widest(recipe, s)] : nullptr;
    if (known && *known > 0) {
      cycles += *known;
      continue;
    }
    Region region;
    for (int i = 0; i < 4; ++i)
      region[i] = dst.place == Place::Scratch ? needOf(dst, i, part).range : part[i];
    const double own = row.cycles(shapeOf(recipe, s, isKnown ? part : region), chip);
    const double issue = double(chip.time.issueCycles);
    if (known)
      *known = own + issue, cycles += *known;
    else
      cycles += own, cycles += issue;
  }
  return cycles;
}

double lookupCycles(const Dims &dims, const target::Chip &chip) {
  Recipe r;
  const int x = r.addInput(0, DType::I8, dims), table = r.addWeight(1, DType::I8, {1, 1, 1, 256}, Layout::Lanes, {});
  r.steps.push_back(primitive::lookup(r.addOutput(DType::I8, dims), x, table));
  const Step &step = r.steps.front();
  return backend::familyFor(chip.identity.isa).row(step).cycles(shapeOf(r, step, wholeOf(dims)), chip);
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
