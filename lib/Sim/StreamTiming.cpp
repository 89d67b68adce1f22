//===- StreamTiming.cpp - Timing a bmodel without its data ----------------===//
// Prices every command, plays the two engines, and adds up. The lower bound of
// traffic is "weights once, inputs, outputs": the bytes of the coefficients and
// of the tensors that go in and out, at the types that they have in the file.

#include "tpu_mlir/Sim/StreamTiming.h"
#include "FindTable.h"
#include "Streams.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tpu_mlir::sim {

using isa::Engine;

struct TimedStream::State {
  const target::Chip &chip;
  std::vector<Group> groups;
  Bounds bounds;
  std::string path;
  bmodel::OptionalBlob table; ///< read only where asked for layers: it may be larger than the streams
};

namespace {

Bounds boundsOf(const bmodel::NetParameter &p, const target::Chip &chip) {
  Bounds b;
  auto add = [](const auto &tensors, int64_t &bytes, int64_t &converted) {
    for (const bmodel::Tensor &t : tensors) {
      double count = 1;
      for (const auto &shape : t.shape)
        for (uint64_t d : shape)
          count *= double(d);
      if (t.dataType != uint32_t(kernel::DType::F32))
        converted += int64_t(std::min(count, 1e12));
      size_t width = t.dataType <= uint32_t(kernel::DType::U4) ? kernel::byteSize(kernel::DType(t.dataType)) : 1;
      bytes += int64_t(std::min(count, 1e12)) * int64_t(width);
    }
  };
  add(p.inputTensor, b.inputBytes, b.convertedInputs);
  add(p.outputTensor, b.outputBytes, b.convertedOutputs);
  if (p.coeffMem && p.coeffMem->coeff) {
    b.weightBytes = int64_t(p.coeffMem->coeff->size());
  } else if (uint64_t first = p.ioSize ? std::min(p.ioAddr, p.ctxAddr) : p.ctxAddr;
             first > uint64_t(chip.global.ddrBase)) {
    b.weightBytes = int64_t(first - uint64_t(chip.global.ddrBase));
    b.weightsByRange = true;
  }
  return b;
}

/// Of a command that the tensor table names.
Engine engineOf(bool byGdma) { return byGdma ? Engine::GDMA : Engine::TIU; }

/// What a small-channel convolution would save if kernel positions filled the array's channels.
double packingSaves(const isa::Command &c, const target::Chip &chip, double cycles) {
  using isa::Field;
  if (c.info->id != isa::CommandId::SCONV && c.info->id != isa::CommandId::CONV)
    return 0;
  double channels = double(c.get(Field::opd0_c)), kernel = double(c.get(Field::opd1_h) * c.get(Field::opd1_w));
  if (channels > 4 || kernel <= 1)
    return 0;
  bool bytes = c.get(Field::opd0_prec) == isa::kTiuPrecInt8;
  double together = double(bytes ? chip.compute.icParallel8 : chip.compute.icParallel16);
  double steps = std::ceil(channels / together) * kernel, packed = std::ceil(channels * kernel / together);
  double start = chip.time.convCycles;
  return std::max(0.0, (cycles - start) * (1 - packed / steps));
}

} // namespace

TimedStream::TimedStream(const bmodel::Model &model, const std::string &path, size_t net, size_t stage) {
  const bmodel::NetParameter &p = selectStage(model, path, net, stage);
  const target::Chip &chip = target::lookupOf(path, model.chip);
  state = std::make_unique<State>(State{chip, decodeGroups(p, chip, path), boundsOf(p, chip), path, p.tensorLoc});
}

TimedStream::~TimedStream() = default;
const target::Chip &TimedStream::chip() const { return state->chip; }
const Bounds &TimedStream::bounds() const { return state->bounds; }

uint64_t TimedStream::commands() const {
  uint64_t total = 0;
  for (const Group &g : state->groups)
    for (const std::vector<isa::Command> &stream : g.streams)
      total += stream.size();
  return total;
}

TensorTable TimedStream::tensorTable() const { return findTable(state->table, state->path, state->groups); }

const isa::Command &TimedStream::command(const TimedCommand &timed) const {
  return state->groups[timed.group].streams[timed.engine][timed.id - 1];
}

StreamReport TimedStream::time(const target::Chip &chip, std::vector<TimedCommand> *list) const {
  StreamReport r;
  timing::EventModel events(timing::engineClocks(chip));
  if (list)
    list->reserve(commands());
  for (size_t g = 0; g < state->groups.size(); ++g) {
    const Group &group = state->groups[g];
    events.startGroup();
    isa::PerEngine<size_t> next;
    auto isLeft = [&](Engine e) { return next[e] < group.streams[e].size(); };
    auto isReady = [&](Engine e) { return isLeft(e) && group.streams[e][next[e]].dep() <= next[isa::otherThan(e)]; };
    while (isLeft(Engine::TIU) || isLeft(Engine::GDMA)) {
      // The order of issue does not matter to the times, only that what a command waits for came before.
      const Engine e = isReady(Engine::GDMA) ? Engine::GDMA : Engine::TIU;
      if (!isReady(e))
        throw UserError("the streams of group " + std::to_string(g) + " wait for each other: tiu command " +
                        std::to_string(next[Engine::TIU] + 1) + " and gdma command " +
                        std::to_string(next[Engine::GDMA] + 1));
      const isa::Command &command = group.streams[e][next[e]++];
      Cost cost = costOf(command, chip);
      auto [start, end] = events.issue(size_t(e), cost.cycles, {size_t(isa::otherThan(e)), command.dep()});
      r.work += cost.work;
      r.packedTiu -= packingSaves(command, chip, cost.cycles);
      ++r.engines[e].commands;
      if (list) {
        const isa::KindInfo *kind = command.kind();
        list->push_back({uint32_t(g), e, command.id(), kind ? kind->name : command.info->name, start, end, cost.work});
      }
    }
  }
  r.cycles = events.now();
  for (Engine e : isa::kEngines)
    r.engines[e].busyCycles = events.busy(size_t(e));
  r.packedTiu += r.engines[Engine::TIU].busyCycles;
  const Bounds &b = state->bounds;
  r.ddrBound = timing::gdmaToTiu(chip) * (double(b.weightBytes + b.inputBytes) / chip.time.gdmaLoadBytes +
                                          double(b.outputBytes) / chip.time.gdmaStoreBytes);
  return r;
}

std::vector<LayerReport> TimedStream::layers(const std::vector<TimedCommand> &list,
                                             std::vector<size_t> *layerOf) const {
  const TensorTable table = tensorTable();
  if (table.empty())
    return {};
  std::vector<LayerReport> layers;
  // By group and engine: last command of a range -> (first, layer).
  std::map<std::pair<uint32_t, Engine>, std::map<uint32_t, std::pair<uint32_t, size_t>>> owner;
  for (const LayerEntry &layer : table.layers) {
    for (const CommandRange &r : layer.commands)
      owner[{r.group, engineOf(r.byGdma)}][r.last] = {r.first, layers.size()};
    layers.push_back({.name = layer.name, .op = layer.op});
  }
  if (layers.empty())
    // Older tables: a layer ends with the command that completes its tensor, and with the one that this waits for.
    for (const TensorEntry &t : table.tensors) {
      for (const TensorPiece &piece : t.pieces) {
        auto [group, byGdma, id] = piece.after;
        if (!id)
          continue;
        const Engine engine = engineOf(byGdma);
        owner[{group, engine}][id] = {1, layers.size()};
        if (uint32_t dep = state->groups[group].streams[engine][id - 1].dep())
          owner[{group, isa::otherThan(engine)}].try_emplace(dep, 1, layers.size());
      }
      layers.push_back({.name = t.name, .op = ""});
    }
  layers.push_back({.name = "(other)", .op = ""});
  for (const TimedCommand &c : list) {
    const auto &stream = owner[{c.group, c.engine}];
    auto it = stream.lower_bound(c.id);
    size_t index = it != stream.end() && it->second.first <= c.id ? it->second.second : layers.size() - 1;
    LayerReport &l = layers[index];
    if (layerOf)
      layerOf->push_back(index);
    if (l.isEmpty())
      l.start = c.start;
    l.start = std::min(l.start, c.start), l.end = std::max(l.end, c.end);
    l.engines[c.engine].add(c.end - c.start);
    l.work += c.work;
  }
  return layers;
}

InferenceEstimate TimedStream::inference(const target::Chip &chip, const StreamReport &report,
                                         bool floatTensors) const {
  const Bounds &b = state->bounds;
  const target::Time &t = chip.time;
  InferenceEstimate e;
  e.launch = t.launchUs / 1e3, e.stream = timing::milliseconds(chip, report.cycles);
  e.inputs = double(b.inputBytes) / t.userCopyBytes / 1e6, e.outputs = double(b.outputBytes) / t.userCopyBytes / 1e6;
  if (floatTensors) {
    // Three bytes more a value are copied in. What a value costs to hand out as fp32 (cast, permutation, copy) was
    // measured as a whole, so its copy above is taken back.
    double in = double(b.convertedInputs), out = double(b.convertedOutputs);
    e.inputs += in * 3 / t.userCopyBytes / 1e6 + in * t.floatInputNs / 1e6;
    e.outputs += out * t.floatOutputNs / 1e6 - out / t.userCopyBytes / 1e6;
  }
  return e;
}

} // namespace tpu_mlir::sim
