//===- Net.cpp - Networks for the toy family ------------------------------===//
// The path from a network to queues is the real one: search, timeline, places,
// emission. Only lowering is done by hand here, as no op lowers for such chips.
#include "Net.h"
#include "tpu_mlir/Codegen/Emitter.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

#include <cstring>
#include <gtest/gtest.h>

namespace tpu_mlir::toy {

namespace {

constexpr uint64_t kBase = 0x40000000, kAlign = 64;

template <typename T> std::vector<uint8_t> bytesOf(const std::vector<T> &values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// From [oc, ic, taps] to [oc, blocks, taps, kPack].
std::vector<uint8_t> packed(const std::vector<uint8_t> &rows, int64_t oc, int64_t ic, int64_t taps) {
  const int64_t blocks = (ic + kPack - 1) / kPack;
  std::vector<uint8_t> out(size_t(oc * blocks * taps * kPack));
  for (int64_t o = 0; o < oc; ++o)
    for (int64_t i = 0; i < ic; ++i)
      for (int64_t k = 0; k < taps; ++k)
        out[size_t(((o * blocks + i / kPack) * taps + k) * kPack + i % kPack)] = rows[size_t((o * ic + i) * taps + k)];
  return out;
}

} // namespace

int Net::add(std::string name, const Dims &dims) {
  schedule::Value v;
  v.name = std::move(name), v.dims = dims, v.dtype = DType::I8;
  network.values.push_back(std::move(v));
  host.emplace_back(), device.emplace_back();
  return int(network.values.size()) - 1;
}

int Net::input(const Dims &dims) {
  const int v = add("input" + std::to_string(network.values.size()), dims);
  network.values[size_t(v)].isInput = true;
  host[size_t(v)].resize(size_t(dims.count()));
  for (uint8_t &b : host[size_t(v)])
    b = uint8_t(random());
  device[size_t(v)] = host[size_t(v)];
  return v;
}

int Net::weight(std::vector<uint8_t> onHost, std::vector<uint8_t> onDevice) {
  const int v = add("weight" + std::to_string(network.values.size()), {1, 1, 1, int64_t(onDevice.size())});
  network.values[size_t(v)].isWeight = true;
  network.values[size_t(v)].sameAs = v;
  host[size_t(v)] = std::move(onHost), device[size_t(v)] = std::move(onDevice);
  return v;
}

int Net::finish(const std::string &kind, Form form, const Dims &dims, std::vector<int> operands) {
  schedule::Node node;
  node.id = int(network.nodes.size());
  node.name = kind + std::to_string(node.id);
  node.result = add(node.name, dims);
  node.operands = std::move(operands);
  node.form = std::move(form);
  network.nodes.push_back(std::move(node));
  return network.nodes.back().result;
}

int Net::conv(int in, int64_t oc, int64_t k, int64_t stride) {
  const Dims d = dims(in);
  kernel::Window w{k, k, stride, stride, 1, 1, k / 2, k / 2, k / 2, k / 2};
  const Dims out{d.n, oc, w.outH(d.h), w.outW(d.w)};
  const int64_t taps = k * k, blocks = (d.c + kPack - 1) / kPack;
  std::vector<uint8_t> filter(size_t(oc * d.c * taps));
  for (uint8_t &b : filter)
    b = uint8_t(random());
  std::vector<int32_t> bias, entries;
  for (int64_t o = 0; o < oc; ++o) {
    bias.push_back(int32_t(random() % 8192) - 4096);
    // A multiplier and the shift after it, and a zero point.
    entries.insert(entries.end(), {int32_t(1 << 29) + int32_t(random() % (1 << 28)), -int32_t(38 + random() % 3),
                                   int32_t(random() % 7) - 3});
  }
  Recipe r;
  const AxisMap same = AxisMap::same(), full = AxisMap::full();
  const std::array<AxisMap, 4> each = {full, same, full, full};
  const int x = r.addInput(
      0, DType::I8, d, {same, full, AxisMap::window(k, stride, 1, w.padTop), AxisMap::window(k, stride, 1, w.padLeft)});
  const int f = r.addWeight(1, DType::I8, {1, oc, blocks, taps * kPack}, Layout::Compact, each);
  const int b = r.addWeight(2, DType::I32, {1, oc, 1, 1}, Layout::Compact, each);
  const int e = r.addWeight(3, DType::I32, {1, oc, 1, 3}, Layout::Aligned, each);
  const int y = r.addOutput(DType::I8, out), sums = r.addScratch(DType::I32, out),
            biased = r.addScratch(DType::I32, out);
  r.steps = {primitive::conv(sums, x, f, w), primitive::binary(kernel::BinaryOp::Add, biased, sums, b),
             primitive::requant(y, biased, e)};
  const int filters = weight(filter, packed(filter, oc, d.c, taps)), biases = weight(bytesOf(bias), bytesOf(bias)),
            scales = weight(bytesOf(entries), bytesOf(entries));
  return finish("conv", std::move(r), out, {in, filters, biases, scales});
}

int Net::clamp(int in) {
  Recipe r;
  const int x = r.addInput(0, DType::I8, dims(in)), y = r.addOutput(DType::I8, dims(in));
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Max, y, x, primitive::Constant{0, DType::I8}));
  return finish("clamp", std::move(r), dims(in), {in});
}

int Net::larger(int a, int b) {
  Recipe r;
  const int x = r.addInput(0, DType::I8, dims(a)), z = r.addInput(1, DType::I8, dims(a)),
            y = r.addOutput(DType::I8, dims(a));
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Max, y, x, z));
  return finish("larger", std::move(r), dims(a), {a, b});
}

int Net::maxPool(int in, int64_t k, int64_t stride) {
  const Dims d = dims(in);
  kernel::Window w{k, k, stride, stride, 1, 1, 0, 0, 0, 0};
  const Dims out{d.n, d.c, w.outH(d.h), w.outW(d.w)};
  Recipe r;
  const AxisMap same = AxisMap::same();
  const int x =
      r.addInput(0, DType::I8, d, {same, same, AxisMap::window(k, stride, 1, 0), AxisMap::window(k, stride, 1, 0)});
  r.steps.push_back(primitive::maxPool(r.addOutput(DType::I8, out), x, w, -128));
  return finish("pool", std::move(r), out, {in});
}

int Net::sums(int in, int64_t k) {
  const Dims d = dims(in);
  kernel::Window w{k, k, 1, 1, 1, 1, 0, 0, 0, 0};
  const Dims out{d.n, d.c, w.outH(d.h), w.outW(d.w)};
  Recipe r;
  const AxisMap same = AxisMap::same(), window = AxisMap::window(k, 1, 1, 0);
  const int x = r.addInput(0, DType::I8, d, {same, same, window, window}), wide = r.addScratch(DType::I32, out);
  r.steps = {primitive::windowSum(wide, x, w, 1, DType::I8),
             primitive::requant(r.addOutput(DType::I8, out), wide, {1, -4, 0})};
  return finish("sums", std::move(r), out, {in});
}

int Net::turn(int in) {
  const Dims d = dims(in);
  Move m;
  m.source = 0;
  m.dims = {d.n * d.c, d.w, d.h};
  m.sourceStrides = {d.h * d.w, 1, d.w}, m.targetStrides = {d.h * d.w, d.h, 1};
  return finish("turn", CopyProgram{DType::I8, {m}}, {d.n, d.c, d.w, d.h}, {in});
}

int Net::join(int a, int b) {
  CopyProgram program{DType::I8, {}};
  const Dims out{dims(a).n, dims(a).c + dims(b).c, dims(a).h, dims(a).w};
  int64_t at = 0;
  for (int part : {a, b}) {
    const int64_t own = dims(part).count() / out.n, whole = out.count() / out.n;
    Move m;
    m.source = part == a ? 0 : 1;
    m.targetOffset = at;
    m.dims = {out.n, own}, m.sourceStrides = {own, 1}, m.targetStrides = {whole, 1};
    program.moves.push_back(m);
    at += own;
  }
  return finish("join", std::move(program), out, {a, b});
}

std::vector<std::vector<uint8_t>> Net::interpret() {
  std::vector<std::vector<uint8_t>> values = host;
  for (const schedule::Node &node : network.nodes) {
    std::vector<uint8_t> &result = values[size_t(node.result)];
    result.resize(size_t(dims(node.result).count()));
    HostOperands operands{{}, {DType::I8, dims(node.result), result.data()}};
    for (int v : node.operands)
      operands.operands.emplace_back(DType::I8, dims(v), values[size_t(v)].data());
    if (const Recipe *recipe = node.recipe())
      runRecipe(*recipe, operands);
    else
      runCopy(std::get<CopyProgram>(node.form), operands);
  }
  return values;
}

Net::Run Net::run(int64_t laneBytes, uint64_t seed) {
  codegen::Machine machine = machineWith(laneBytes);
  uint64_t next = kBase;
  auto take = [&](uint64_t bytes) { return std::exchange(next, (next + bytes + kAlign - 1) / kAlign * kAlign); };
  for (schedule::Node &node : network.nodes)
    if (auto *program = std::get_if<CopyProgram>(&node.form))
      node.price = family().priceOf(*program, machine);
  for (schedule::Value &v : network.values)
    if (!v.isWeight)
      v.address = take(uint64_t(v.bytes()));
  network.link();

  Run run;
  run.schedule = schedule::findSchedule(network, machine.memory, chip(), 2);
  const schedule::Schedule &s = run.schedule;
  machine.memory.scratchBanks = s.scratchBanks;
  const int64_t rowLimit = schedule::rowLimitOf(machine.memory);
  schedule::Built built = schedule::buildTimeline(s.network, s.plan, machine.memory, rowLimit);
  EXPECT_EQ(built.problem, "");
  schedule::Pace pace = schedule::paceOf(s.network, built.timeline, backend::pricesOf(machine));
  EXPECT_EQ(schedule::placeBuffers(built.timeline, pace), -1);
  const uint64_t weights = next;
  const schedule::CoefficientMap map =
      schedule::mapCoefficients(s.network, s.plan, built.timeline, weights, machine.memory, rowLimit);
  next += map.bytes;

  codegen::Emitter emitter(machine);
  schedule::EmitObserver observer;
  schedule::emitTimeline(
      s.network, s.plan, built.timeline, map, emitter, rowLimit,
      [&](const schedule::Node &scheduled) {
        const schedule::Node &node = network.nodes[size_t(scheduled.id)];
        std::vector<uint64_t> operands;
        for (int v : node.operands)
          operands.push_back(network.values[size_t(v)].isWeight ? map.plain.at(v) : network.values[size_t(v)].address);
        const uint64_t result = network.values[size_t(node.result)].address;
        if (const Recipe *recipe = node.recipe())
          emitter.emitRecipe(*recipe, codegen::chooseTile(*recipe, machine.memory), operands, result);
        else
          emitter.emitCopy(std::get<CopyProgram>(node.form), operands, result);
      },
      observer);

  Machine simulator(laneBytes, kBase, size_t(next - kBase), seed);
  for (const schedule::CoefficientBytes &c :
       schedule::coefficientBytes(s.network, map, weights, machine.memory, rowLimit))
    std::memcpy(simulator.global(weights + c.to, size_t(c.count)), device[size_t(c.value)].data() + c.from,
                size_t(c.count));
  for (size_t v = 0; v < network.values.size(); ++v)
    if (network.values[v].isInput)
      std::memcpy(simulator.global(network.values[v].address, device[v].size()), device[v].data(), device[v].size());
  for (const codegen::CommandGroup &group : emitter.stream().finish()) {
    ++run.groups;
    EXPECT_TRUE(simulator.run(group)) << "engines wait for each other, or tokens are left";
  }
  run.outputs.resize(network.values.size());
  for (size_t v = 0; v < network.values.size(); ++v)
    if (network.values[v].isOutput) {
      const size_t bytes = size_t(network.values[v].bytes());
      const uint8_t *at = simulator.global(network.values[v].address, bytes);
      run.outputs[v].assign(at, at + bytes);
    }
  for (Engine e : {kIn, kOut, kArithmetic})
    run.counts.push_back(simulator.count(e)), run.busy += simulator.busy(e);
  run.cycles = simulator.cycles();
  return run;
}

} // namespace tpu_mlir::toy
