//===- Grouped.cpp - How convolutions in groups are computed --------------===//
// The array multiplies whole lanes of input channels, from lane 0. Groups of
// fewer channels run one after the other, each moved to lane 0 through global
// memory; or join into one of a larger filter; or every block of output lanes
// reads all channels of the groups it has a part of, which lie in whole lane
// groups already. Zeros make them equal in every bit.
#include "Grouped.h"
#include "tpu_mlir/Ops/FilterPacking.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>

namespace tpu_mlir {

namespace {

/// The most groups whose input channels fit side by side in one pass of the array.
int64_t groupsToJoin(int64_t group, int64_t ic, int64_t pack) {
  for (int64_t join = group; join > 1; --join)
    if (group % join == 0 && join * ic <= pack)
      return join;
  return 1;
}

class Prices {
public:
  Prices(const ConvShape &shape, const Dims &in, const Dims &out, const target::Chip &chip)
      : shape(shape), in(in), out(out), chip(chip) {}

  /// Blocks in local memory: their weights stream meanwhile.
  double ofBand(const AxisMap &band) const {
    double compute = 0;
    for (int64_t c = 0; c < out.c; c += band.stride) {
      Range part{c, std::min(c + band.stride, out.c)};
      compute += conv(needOf(band, part, in.c).range.size(), part.size());
    }
    return std::max(compute, load(weights(bandWidth(band, in.c), band.stride)));
  }

  /// One group after the other, from and to global memory, where its neighbours put and find the tensors.
  double ofGroups(int64_t join, int64_t pack) const {
    int64_t count = shape.group / join, ic = in.c / count;
    double crossing = double(in.count() + out.count());
    return double(count) * conv(ic, out.c / count) + load(crossing + weights(ic, pack)) +
           crossing / timing::copyRate(chip, timing::Copy::Store);
  }

private:
  double conv(int64_t ic, int64_t oc) const {
    const kernel::Window &w = shape.window;
    return timing::convCycles(
        chip, {double(out.n), double(ic), double(oc), double(out.h), double(out.w), double(w.kh), double(w.kw), 1});
  }
  double load(double bytes) const { return bytes / timing::copyRate(chip, timing::Copy::Load); }
  double weights(int64_t ic, int64_t pack) const {
    return double(out.c * ((ic + pack - 1) / pack * pack) * shape.window.kh * shape.window.kw);
  }

  const ConvShape &shape;
  const Dims &in, &out;
  const target::Chip &chip;
};

} // namespace

Grouping groupingOf(const ConvShape &shape, const Dims &in, const Dims &out, DType type, const target::Chip &chip) {
  const int64_t ic = in.c / shape.group, oc = out.c / shape.group, pack = channelPack(chip, type);
  Grouping g;
  g.width = ic;
  if (shape.group == 1 || shape.isDepthwise(in.c, out.c))
    return g;
  g.join = groupsToJoin(shape.group, ic, pack);
  g.width = ic * g.join;
  auto fillsLanes = [&](int64_t channels) { return channels * g.join % chip.local.lanes == 0; };
  if (pack != chip.local.lanes || (fillsLanes(ic) && fillsLanes(oc)))
    return g;
  g.map = AxisMap::band(oc, ic, pack);
  Prices prices(shape, in, out, chip);
  if (prices.ofBand(g.map) < prices.ofGroups(g.join, pack)) {
    g.join = 1, g.band = pack;
    g.width = bandWidth(g.map, in.c);
  }
  return g;
}

} // namespace tpu_mlir
