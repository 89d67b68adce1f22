//===- StagedMove.cpp - Moves through local memory ------------------------===//
// A box of the tensor after the other: loaded in the source's rows, put in the
// target's order by the TIU, stored in the target's rows. Boxes have two places
// each, so that one is loaded while another is put in order. Which way and
// which box is planned elsewhere (MovePlan.cpp).
#include "StagedMove.h"
#include "Encoding.h"

#include <algorithm>

namespace tpu_mlir::backend::tiu_gdma {

namespace {

using Sizes = std::vector<int64_t>;

/// Calls fn(elements to add on the `from` side, on the `to` side) for every position of the loop's axes.
template <typename F>
void forEach(const std::vector<Extent> &loop, F &&fn, size_t axis = 0, int64_t from = 0, int64_t to = 0) {
  if (axis == loop.size())
    return fn(from, to);
  for (int64_t i = 0; i < loop[axis].size; ++i)
    forEach(loop, fn, axis + 1, from + i * loop[axis].from, to + i * loop[axis].to);
}

class StagedMove {
public:
  StagedMove(const MovePlan &plan, DType type, CommandEmitter &emitter, uint64_t source, uint64_t target)
      : plan(plan), type(type), item(kernel::byteSize(type)), quarter(emitter.machine.memory.bytes / 4),
        machine(emitter.machine), emitter(emitter), commands(emitter.stream()), source(source), target(target) {
    for (const MoveAxis &a : plan.axes)
      sourceStrides.push_back(a.source), targetStrides.push_back(a.target);
  }

  void run() {
    const std::vector<Box> boxes = boxesOf();
    const uint32_t most = uint32_t(commandsOfBox(plan, machine));
    if (commands.isNearlyFull(2 * most + 2))
      commands.closeGroup();
    load(boxes[0], 0);
    for (size_t i = 0; i < boxes.size(); ++i) {
      if (i + 1 < boxes.size())
        load(boxes[i + 1], (i + 1) % 2);
      arrange(boxes[i], i % 2);
      store(boxes[i], i % 2);
      if (commands.isNearlyFull(most + 2))
        commands.closeGroup();
    }
  }

private:
  struct Box {
    Sizes sizes;
    int64_t source = 0, target = 0; ///< elements from the tensors' first
  };

  std::vector<Box> boxesOf() const {
    std::vector<Box> boxes = {Box{}};
    for (size_t a = 0; a < plan.axes.size(); ++a) {
      std::vector<Box> next;
      for (const Box &b : boxes)
        for (int64_t at = 0; at < plan.axes[a].size; at += plan.box[a]) {
          next.push_back(b);
          next.back().sizes.push_back(std::min(plan.box[a], plan.axes[a].size - at));
          next.back().source += at * plan.axes[a].source;
          next.back().target += at * plan.axes[a].target;
        }
      boxes = std::move(next);
    }
    return boxes;
  }

  bool turns() const { return plan.way == MovePlan::Way::Turn; }
  bool inOrder(const Box &b) const {
    return !turns() && laneOrder(plan, b.sizes, false).strides == laneOrder(plan, b.sizes, true).strides;
  }
  int64_t inPlace(size_t place) const { return int64_t(place) * quarter; }
  int64_t outPlace(const Box &b, size_t place) const {
    return inOrder(b) ? inPlace(place) : (2 + int64_t(place)) * quarter;
  }

  /// Of a turning move: the axis over the lanes, the one within, and the batches before them.
  struct Plane {
    int64_t channels, width, channelStride;
    Dims dims(int64_t n) const { return {n, channels, 1, width}; }
  };
  Plane planeOf(const Box &b, bool asTarget) const {
    const size_t y = plan.axes.size() - 1, x = y - 1;
    return asTarget ? Plane{b.sizes[x], b.sizes[y], targetStrides[x]} : Plane{b.sizes[y], b.sizes[x], sourceStrides[y]};
  }
  int64_t batchesOf(const Box &b) const {
    int64_t n = 1;
    for (size_t i = 0; i + 2 < b.sizes.size(); ++i)
      n *= b.sizes[i];
    return n;
  }

  /// How a box crosses: its channels, and the axes of its rows by global and local strides.
  struct Crossing {
    int64_t channels, globalStride, localStride, bytes;
    CommandShape shape;
  };
  Crossing crossing(const Box &b, bool asTarget) const {
    const Sizes &global = asTarget ? targetStrides : sourceStrides;
    if (!turns()) {
      const LaneOrder lane = laneOrder(plan, b.sizes, asTarget);
      const int64_t channels = b.sizes[plan.lane], aligned = strideOf(lane.plane);
      return {channels, global[plan.lane], aligned, groupsOf(channels) * aligned * item,
              shapeOf(extentsOf(plan, b.sizes, global, lane.strides), denseBytes(machine) / item)};
    }
    const Plane p = planeOf(b, asTarget);
    const int64_t aligned = strideOf(p.width);
    int64_t batch = groupsOf(p.channels) * aligned;
    Crossing c{p.channels, p.channelStride, aligned, batch * batchesOf(b) * item, {}};
    std::vector<Extent> outer;
    for (size_t i = b.sizes.size() - 2; i-- > 0;) {
      outer.insert(outer.begin(), {b.sizes[i], global[i], batch});
      batch *= b.sizes[i];
    }
    c.shape.axes[0] = c.shape.axes[1] = {1, 1, 1};
    c.shape.axes[2] = {p.width, 1, 1};
    if (!outer.empty()) {
      c.shape.axes[0] = outer.back();
      outer.pop_back();
    }
    c.shape.outer = std::move(outer);
    return c;
  }
  int64_t strideOf(int64_t plane) const {
    const int64_t unit = machine.memory.alignBytes / item;
    return (plane + unit - 1) / unit * unit;
  }
  int64_t groupsOf(int64_t channels) const { return (channels + machine.memory.lanes - 1) / machine.memory.lanes; }

  Access local(int64_t at, int64_t bytes, bool isWrite) const {
    return {Access::Space::Local, uint64_t(at), uint64_t(at + bytes), isWrite};
  }
  /// The bytes that a command of the crossing touches in global memory.
  Access global(uint64_t at, const Crossing &c, bool isWrite) const {
    int64_t last = (c.channels - 1) * c.globalStride;
    for (const Extent &e : c.shape.axes)
      last += (e.size - 1) * e.from;
    return {Access::Space::Global, at, at + uint64_t((last + 1) * item), isWrite};
  }

  void load(const Box &b, size_t place) {
    const Crossing c = crossing(b, false);
    forEach(c.shape.outer, [&](int64_t from, int64_t to) {
      const uint64_t at = source + uint64_t((b.source + from) * item);
      transfer(c, at, uint64_t(emitter.chip.local.windowBase) + uint64_t(inPlace(place) + to * item), true,
               {global(at, c, false), local(inPlace(place), c.bytes, true)});
    });
  }

  void store(const Box &b, size_t place) {
    const Crossing c = crossing(b, true);
    const int64_t lane = outPlace(b, place);
    forEach(c.shape.outer, [&](int64_t from, int64_t to) {
      const uint64_t at = target + uint64_t((b.target + from) * item);
      transfer(c, uint64_t(emitter.chip.local.windowBase) + uint64_t(lane + to * item), at, false,
               {local(lane, c.bytes, false), global(at, c, true)});
    });
  }

  void transfer(const Crossing &c, uint64_t from, uint64_t to, bool isLoad, std::initializer_list<Access> accesses) {
    const Extent &n = c.shape.axes[0], &h = c.shape.axes[1], &w = c.shape.axes[2];
    auto pick = [&](const Extent &e, bool local) { return uint32_t(e.size == 1 ? 1 : local ? e.to : e.from); };
    isa::DMATensor dma;
    dma.nchw_copy = 1;
    dma.src_data_format = precisionOf(type);
    dma.src_nsize = n.size, dma.src_csize = c.channels, dma.src_hsize = h.size, dma.src_wsize = w.size;
    dma.src_nstride = pick(n, !isLoad), dma.dst_nstride = pick(n, isLoad);
    dma.src_hstride = pick(h, !isLoad), dma.dst_hstride = pick(h, isLoad);
    dma.src_wstride = pick(w, !isLoad), dma.dst_wstride = pick(w, isLoad);
    dma.src_cstride = isLoad ? c.globalStride : c.localStride;
    dma.dst_cstride = isLoad ? c.localStride : c.globalStride;
    dma.setSrcAddr(from);
    dma.setDstAddr(to);
    emitter.issue(dma, accesses);
  }

  void arrange(const Box &b, size_t place) {
    if (inOrder(b))
      return;
    const Crossing in = crossing(b, false), out = crossing(b, true);
    if (turns()) {
      auto view = [&](bool asTarget, int64_t at, int64_t bytes) {
        LocalView v;
        v.dims = planeOf(b, asTarget).dims(batchesOf(b));
        v.dtype = type;
        v.offset = at, v.bytes = bytes;
        return v;
      };
      return emitter.transpose(view(true, outPlace(b, place), out.bytes), view(false, inPlace(place), in.bytes));
    }
    const LaneOrder from = laneOrder(plan, b.sizes, false), to = laneOrder(plan, b.sizes, true);
    const CommandShape s = shapeOf(extentsOf(plan, b.sizes, from.strides, to.strides), kMostStride);
    const Extent &n = s.axes[0], &h = s.axes[1], &w = s.axes[2];
    forEach(s.outer, [&](int64_t fromMore, int64_t toMore) {
      emitter.copyInLanes({n.size, b.sizes[plan.lane], h.size, w.size}, type,
                          {outPlace(b, place) + toMore * item, n.to, out.localStride, h.to, w.to},
                          {inPlace(place) + fromMore * item, n.from, in.localStride, h.from, w.from},
                          {local(inPlace(place), in.bytes, false), local(outPlace(b, place), out.bytes, true)});
    });
  }

  const MovePlan &plan;
  const DType type;
  const int64_t item, quarter;
  const Machine &machine;
  CommandEmitter &emitter;
  Stream &commands;
  const uint64_t source, target;
  Sizes sourceStrides, targetStrides;
};

} // namespace

void emitStaged(const MovePlan &plan, DType type, CommandEmitter &emitter, uint64_t source, uint64_t target) {
  StagedMove(plan, type, emitter, source, target).run();
}

} // namespace tpu_mlir::backend::tiu_gdma
