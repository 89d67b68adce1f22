//===- Cost.cpp - Cycles of works -----------------------------------------===//
// Adds up the cycles that the family's rows give for the steps of a work,
// without emitting it. Overlap of engines is the event model's.
#include "tpu_mlir/Schedule/Cost.h"
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

double stepCycles(const Recipe &recipe, const Region &part, const Prices &prices) {
  double cycles = 0;
  double known[9] = {}; // of plain steps, by width: curves are dozens of them
  for (const Step &s : recipe.steps) {
    const Buffer &dst = recipe.buffers[s.dst];
    const backend::Row &row = prices.family.row(s);
    Region region = part;
    const bool plain = isPlain(row, dst);
    for (int i = 0; i < 4 && !plain; ++i)
      region[i] = dst.place == Place::Scratch ? needOf(dst, i, part).range : part[i];
    const backend::StepShape shape = shapeOf(recipe, s, region);
    const int64_t width = shape.widest();
    double own = plain ? known[width] : 0;
    if (own == 0)
      own = row.cycles(shape, prices.chip) + prices.issue();
    if (plain)
      known[width] = own;
    cycles += own;
  }
  return cycles;
}

double lookupCycles(const Dims &dims, const Prices &prices) {
  Recipe r;
  const int x = r.addInput(0, DType::I8, dims), table = r.addWeight(1, DType::I8, {1, 1, 1, 256}, Layout::Lanes, {});
  r.steps.push_back(primitive::lookup(r.addOutput(DType::I8, dims), x, table));
  const Step &step = r.steps.front();
  return prices.family.row(step).cycles(shapeOf(r, step, wholeOf(dims)), prices.chip);
}

double regionCycles(const Recipe &recipe, const Region &region, const Prices &prices, int64_t slotBytes) {
  // Parts differ little in cost: take those of one channel group, with as many rows as the widest intermediate allows.
  int64_t item = 1;
  for (const Buffer &b : recipe.buffers)
    if (b.place == Place::Scratch)
      item = std::max<int64_t>(item, kernel::byteSize(b.dtype));
  Dims d = dimsOf(region);
  int64_t lanes = prices.chip.local.lanes, groups = (d.c + lanes - 1) / lanes, plane = d.h * d.w * item;
  bool hasScratch = item > 1;
  if (!hasScratch || plane * groups * d.n <= slotBytes)
    return stepCycles(recipe, region, prices);
  int64_t rows = std::clamp<int64_t>(slotBytes / std::max<int64_t>(1, d.w * item), 1, d.h);
  int64_t pieces = (d.h + rows - 1) / rows;
  Region part = region;
  part[0] = {region[0].begin, region[0].begin + 1};
  part[1] = {region[1].begin, std::min(region[1].end, region[1].begin + lanes)};
  part[2] = {region[2].begin, region[2].begin + (d.h + pieces - 1) / pieces};
  return stepCycles(recipe, part, prices) * double(pieces * groups * d.n);
}

} // namespace tpu_mlir::schedule
