//===- EmitTimeline.cpp - A placed timeline as commands -------------------===//
// Walks the works in order. Before each stand the loads placed there and the
// stores of the work before; a load that waits for such a store stands behind
// it. Dependencies follow from the memory that commands touch.
#include "tpu_mlir/Schedule/EmitTimeline.h"

#include <algorithm>
#include <cassert>

namespace tpu_mlir::schedule {

using codegen::LocalView;

namespace {

constexpr uint64_t kCoefficientAlign = 64;

class TimelineEmitter {
public:
  TimelineEmitter(const Network &network, const Plan &plan, const Timeline &t, const CoefficientMap &coefficients,
                  codegen::Emitter &emitter, int64_t rowLimit, EmitObserver &observer)
      : network(network), plan(plan), t(t), coefficients(coefficients), emitter(emitter), rowLimit(rowLimit),
        observer(observer), memory(emitter.target().memory), steps(emitter.steps()), loadsAt(t.works.size() + 1) {
    for (int i = 0; i < int(t.loads.size()); ++i)
      if (int at = t.buffers[t.loads[i].buffer].loadAt; at >= 0)
        loadsAt[at].push_back(i);
  }

  void run(const std::function<void(const Node &)> &alone) {
    for (int w = 0; w < int(t.works.size()); ++w) {
      const Work &work = t.works[w];
      auto late = [&](int i) { return t.buffers[t.loads[i].buffer].first <= w; };
      auto waits = [&](int i) { return t.buffers[t.loads[i].buffer].notBefore >= w && w > 0; };
      for (int i : loadsAt[w])
        if (late(i) && !waits(i))
          load(t.loads[i]);
      for (int i : loadsAt[w])
        if (!late(i))
          load(t.loads[i]);
      if (w > 0)
        store(t.works[w - 1]);
      for (int i : loadsAt[w])
        if (late(i) && waits(i))
          load(t.loads[i]);
      const Node &node = network.nodes[work.node];
      observer.owns(node.id);
      if (plan.groups[work.group].alone) {
        for (const Node &part : node.parts)
          alone(part);
        if (node.parts.empty())
          alone(node);
      } else {
        compute(work);
      }
      if (emitter.stream().isNearlyFull(kMargin))
        emitter.stream().closeGroup();
    }
    if (!t.works.empty())
      store(t.works.back());
  }

private:
  /// Ids kept free so that a work's commands never cross the limit.
  static constexpr uint32_t kMargin = 65536;

  LocalView view(const Work &work, int buffer, const Region &part) {
    const Binding &binding = work.bindings[buffer];
    int64_t start = binding.buffer >= 0 ? t.buffers[binding.buffer].offset : 0;
    return viewOf(*network.nodes[work.node].recipe(), buffer, binding, start, part, memory);
  }

  void load(const Load &l) {
    const LocalBuffer &buffer = t.buffers[l.buffer];
    observer.owns(network.nodes[l.node].id);
    LocalView view;
    view.offset = buffer.offset;
    if (l.kind == Load::Kind::Rows) {
      const Recipe &recipe = *network.nodes[l.node].recipe();
      RowBlob blob = rowBlobOf(recipe, channelTiles(recipe, rowLimit, memory)[l.blob], memory);
      view.dtype = DType::I32; // any format of the row's bytes
      view.layout = Layout::Compact;
      view.dims = {1, blob.lanes, 1, blob.rowBytes / 4};
      view.bytes = blob.rowBytes;
      return steps.loadRows(coefficients.blobs.at({l.node, l.blob}), view);
    }
    view.dtype = l.dtype;
    view.layout = l.layout;
    view.dims = dimsOf(l.region);
    view.bytes = localBytes(view.layout, view.dims, l.dtype, memory);
    const Value &v = network.values[l.value];
    uint64_t address = v.isWeight ? coefficients.plain.at(l.value) : network.values[network.root(l.value)].address;
    steps.load({l.whole, l.region, address}, view, l.repeat);
    if (!v.isWeight && l.kind == Load::Kind::Region && l.repeat == 1)
      observer.loaded(l.value, l.whole, l.region, view);
  }

  void store(const Work &work) {
    for (const Work::Store &s : work.stores) {
      observer.owns(network.nodes[work.node].parts.empty() ? network.nodes[work.node].id
                                                           : network.nodes[work.node].parts.back().id);
      const Value &v = network.values[s.value];
      const Binding &binding = work.bindings[s.binding];
      LocalView from;
      from.dtype = v.dtype;
      from.dims = dimsOf(s.region);
      from.outer = codegen::layoutStrides(Layout::Aligned, dimsOf(binding.held), v.dtype, memory);
      int64_t item = kernel::byteSize(v.dtype);
      from.rowStride = binding.held[3].size();
      from.offset =
          t.buffers[binding.buffer].offset + item * ((s.region[0].begin - binding.held[0].begin) * from.outer->n +
                                                     (s.region[2].begin - binding.held[2].begin) * from.rowStride +
                                                     s.region[3].begin - binding.held[3].begin);
      int64_t groups = (from.dims.c + memory.lanes - 1) / memory.lanes;
      from.bytes = item * ((from.dims.n - 1) * from.outer->n + (groups - 1) * from.outer->c +
                           (from.dims.h - 1) * from.rowStride + from.dims.w);
      steps.store({v.dims, s.region, v.address}, from, scratch());
      observer.madeGlobal(s.value, s.region);
    }
  }

  /// The first place of scratch memory: between works nobody uses it.
  codegen::FreeBytes scratch() const {
    const int64_t end = t.scratch.tableBase < 0 ? memory.bytes : t.scratch.tableBase;
    return {t.scratch.slot(0), std::min(t.scratch.slotBytes, end - t.scratch.area)};
  }

  void compute(const Work &work) {
    const Node &node = network.nodes[work.node];
    const Recipe &recipe = *node.recipe();
    if (work.expand >= 0)
      spread(work, recipe);
    std::vector<LocalView> views(recipe.buffers.size());
    for (const Region &part : work.parts) {
      for (int i = 0; i < int(views.size()); ++i)
        views[i] = view(work, i, part);
      observer.owns(node.id);
      size_t op = 0; // of those fused
      for (int s = 0; s < int(recipe.steps.size()); ++s) {
        steps.emit(recipe.steps[s], views);
        for (const Observation &o : node.observed)
          if (o.step == s) {
            observer.madeLocal(o.value, part, views[o.buffer], stridesOf(views[o.buffer], memory));
            observer.owns(node.parts[++op].id);
          }
      }
      observer.madeLocal(node.result, part, views[recipe.output], stridesOf(views[recipe.output], memory));
    }
  }

  /// Requantisation entries from side by side to one an align unit.
  void spread(const Work &work, const Recipe &recipe) {
    RowBlob blob = rowBlobOf(recipe, work.region[1], memory);
    const RowPart &part = blob.parts[blob.entries];
    int buffer = work.bindings[part.buffer].buffer;
    LocalView from, to;
    from.dtype = to.dtype = DType::I32;
    from.dims = to.dims = {1, blob.channels.size(), 1, part.itemBytes / 4};
    from.layout = Layout::Compact;
    from.outer = codegen::LocalStrides{0, part.groupBytes / 4};
    int64_t groups = (blob.channels.size() + memory.lanes - 1) / memory.lanes, start = t.buffers[buffer].offset;
    from.offset = start + part.offset;
    from.bytes = (groups - 1) * part.groupBytes + part.itemBytes;
    to.offset = start + blob.spreadOffset;
    to.bytes = localBytes(Layout::Aligned, to.dims, to.dtype, memory);
    steps.spread(to, from);
  }

  const Network &network;
  const Plan &plan;
  const Timeline &t;
  const CoefficientMap &coefficients;
  codegen::Emitter &emitter;
  int64_t rowLimit;
  EmitObserver &observer;
  const LocalMemory &memory;
  codegen::StepEmitter &steps;
  std::vector<std::vector<int>> loadsAt;
};

/// Weights of a node that its blob holds, by recipe buffer.
std::vector<int> rowWeights(const Network &network, const Node &node) {
  std::vector<int> values;
  for (const Buffer &b : node.recipe()->buffers)
    if (isRowWeight(*node.recipe(), b))
      values.push_back(network.values[node.operands[b.index]].sameAs);
  return values;
}

} // namespace

CoefficientMap mapCoefficients(const Network &network, const Plan &plan, const Timeline &timeline, uint64_t base,
                               const LocalMemory &memory, int64_t rowLimit) {
  CoefficientMap map;
  std::map<std::pair<std::vector<int>, std::vector<int64_t>>, uint64_t> known;
  uint64_t next = base;
  auto take = [&](uint64_t bytes) {
    uint64_t at = next;
    next = (next + bytes + kCoefficientAlign - 1) / kCoefficientAlign * kCoefficientAlign;
    return at;
  };
  auto plain = [&](int value) {
    value = value < 0 ? -1 : network.root(value);
    if (value < 0 || !network.values[value].isWeight || map.plain.contains(value))
      return;
    int first = network.values[value].sameAs;
    if (!map.plain.contains(first))
      map.plain[first] = take(network.values[first].bytes());
    map.plain[value] = map.plain[first];
  };
  for (const Load &l : timeline.loads) {
    if (l.kind != Load::Kind::Rows) {
      plain(l.value);
      continue;
    }
    const Recipe &recipe = *network.nodes[l.node].recipe();
    RowBlob blob = rowBlobOf(recipe, channelTiles(recipe, rowLimit, memory)[l.blob], memory);
    std::vector<int64_t> shape = {blob.channels.begin, blob.channels.end};
    for (const RowPart &part : blob.parts)
      shape.insert(shape.end(), {part.offset, part.itemBytes, part.groupBytes});
    auto [at, isNew] = known.try_emplace({rowWeights(network, network.nodes[l.node]), shape}, 0);
    if (isNew)
      at->second = take(blob.bytes());
    map.blobs[{l.node, l.blob}] = at->second;
  }
  auto plainOperands = [&](const Node &node) {
    for (int operand : node.operands)
      plain(operand);
  };
  for (const Group &group : plan.groups)
    if (group.alone) {
      const Node &node = network.nodes[group.first];
      for (const Node &part : node.parts)
        plainOperands(part);
      if (node.parts.empty())
        plainOperands(node);
    }
  for (int v = 0; v < int(network.values.size()); ++v)
    if (network.values[v].isOutput) // a view of a weight may leave the network
      plain(v);
  map.bytes = next - base;
  return map;
}

std::vector<CoefficientBytes> coefficientBytes(const Network &network, const CoefficientMap &map, uint64_t base,
                                               const LocalMemory &memory, int64_t rowLimit) {
  std::vector<CoefficientBytes> copies;
  for (auto [value, address] : map.plain)
    copies.push_back({address - base, value, 0, network.values[value].bytes()});
  for (auto [key, address] : map.blobs) {
    const Node &node = network.nodes[key.first];
    const Recipe &recipe = *node.recipe();
    RowBlob blob = rowBlobOf(recipe, channelTiles(recipe, rowLimit, memory)[key.second], memory);
    for (int64_t c = blob.channels.begin; c < blob.channels.end; ++c)
      for (const RowPart &part : blob.parts) {
        int64_t lane = (c - blob.channels.begin) % memory.lanes, group = (c - blob.channels.begin) / memory.lanes;
        uint64_t to = address - base + lane * blob.rowBytes + part.offset + group * part.groupBytes;
        copies.push_back({to, node.operands[recipe.buffers[part.buffer].index], c * part.itemBytes, part.itemBytes});
      }
  }
  return copies;
}

void emitTimeline(const Network &network, const Plan &plan, const Timeline &timeline,
                  const CoefficientMap &coefficients, codegen::Emitter &emitter, int64_t rowLimit,
                  const std::function<void(const Node &)> &alone, EmitObserver &observer) {
  TimelineEmitter(network, plan, timeline, coefficients, emitter, rowLimit, observer).run(alone);
}

} // namespace tpu_mlir::schedule
