//===- EmitTest.cpp - Emitted commands against the host -------------------===//
// Random recipes with any tile that fits, and random copy programs, emitted with
// so few ids that command groups end in the middle, run by the simulator with
// the engines in random order: the result is, bit by bit, what the host computes.

#include "Backend/TiuGdma/MovePlan.h"
#include "HostRun.h"
#include "tpu_mlir/Backend/MachineOf.h"
#include "tpu_mlir/Codegen/Emitter.h"
#include "tpu_mlir/Sim/Simulator.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;
using codegen::TilePlan;
using HostBuffer = tpu_mlir::test::Buffer;

namespace {

const target::Chip &chip() { return target::lookup("bm1684x"); }

/// A bmodel in the making: tensors at addresses, and their bytes.
class Bench {
public:
  explicit Bench(codegen::Machine m) : machine(m), emitter(machine), next(chip().global.ddrBase) {}

  uint64_t place(const std::string &name, std::vector<uint8_t> bytes, bool isInput) {
    bmodel::Tensor t;
    t.name = name, t.dataType = uint32_t(DType::U8), t.deviceAddr = next, t.size = bytes.size(), t.memType = 1;
    t.shape.push_back({bytes.size()});
    (isInput ? net.inputTensor : net.outputTensor).push_back(t);
    uint64_t align = uint64_t(chip().global.regionAlign);
    next += (bytes.size() + align - 1) / align * align;
    if (isInput)
      inputs.emplace_back(name, std::move(bytes));
    return t.deviceAddr;
  }

  /// Runs what the emitter holds; the bytes of output "out".
  std::vector<uint8_t> run(uint64_t seed) {
    for (codegen::CommandGroup &g : emitter.stream().finish()) {
      codegen::Queue &tiu = g.queues.at(0), &gdma = g.queues.at(1);
      const uint32_t tiuBytes = uint32_t(tiu.bytes.size()), gdmaBytes = uint32_t(gdma.bytes.size());
      net.cmdGroup.push_back({tiu.count, gdma.count, bmodel::Blob(std::move(tiu.bytes)),
                              bmodel::Blob(std::move(gdma.bytes)), tiuBytes, gdmaBytes});
    }
    groups = net.cmdGroup.size();
    bmodel::SubNet sub;
    sub.cmdGroup = net.cmdGroup, sub.id = 0;
    net.subNet.push_back(sub);
    net.ctxAddr = chip().global.ddrBase, net.ctxSize = next - net.ctxAddr, net.ctxSizes = {net.ctxSize};
    bmodel::Model model;
    model.chip = chip().identity.bmodelChip, model.time = "now";
    bmodel::Net whole;
    whole.name = "bench", whole.parameter.push_back(net);
    model.net.push_back(whole);
    sim::Simulator simulator(model, "bench");
    for (auto &[name, bytes] : inputs)
      simulator.setInput(name, bytes);
    sim::RunOptions options;
    options.policy = seed % 3 == 0   ? sim::Policy::GdmaFirst
                     : seed % 3 == 1 ? sim::Policy::TiuFirst
                                     : sim::Policy::Random;
    options.seed = seed;
    return simulator.run(options).outputs.at(0).bytes;
  }

  codegen::Machine machine;
  codegen::Emitter emitter;
  size_t groups = 0;

private:
  uint64_t next;
  bmodel::NetParameter net;
  std::vector<std::pair<std::string, std::vector<uint8_t>>> inputs;
};

/// The bytes of a buffer as the chip loads them: filters of the array hold `pack` input channels side by side.
std::vector<uint8_t> deviceBytes(const Recipe &recipe, size_t buffer, const HostBuffer &host) {
  const tpu_mlir::Buffer &b = recipe.buffers[buffer];
  const Step *conv = convOf(recipe, int(buffer));
  if (!conv)
    return host.bytes;
  int64_t taps = windowOf(*conv).kh * windowOf(*conv).kw, pack = b.dims.w / taps, ic = host.dims.h;
  HostBuffer packed(b.dtype, b.dims);
  int64_t item = kernel::byteSize(b.dtype);
  for (int64_t o = 0; o < b.dims.c; ++o)
    for (int64_t i = 0; i < ic; ++i)
      for (int64_t k = 0; k < taps; ++k)
        std::memcpy(&packed.bytes[size_t(packed.index(0, o, i / pack, k * pack + i % pack) * item)],
                    &host.bytes[size_t(host.index(0, o, i, k) * item)], size_t(item));
  return packed.bytes;
}

/// Few ids: a group ends after about `commands` commands of one engine.
codegen::Machine machineWith(int64_t laneBytes, uint32_t commands, uint32_t margin) {
  codegen::Machine machine = codegen::machineOf(chip(), laneBytes);
  machine.idLimit = commands + margin;
  return machine;
}

void expectSame(const Recipe &recipe, const TilePlan &plan, const codegen::Machine &machine, Operands &operands,
                uint64_t seed, size_t &groups) {
  Bench bench(machine);
  std::vector<uint64_t> addresses(operands.host.operands.size());
  for (size_t i = 0; i < recipe.buffers.size(); ++i) {
    const tpu_mlir::Buffer &b = recipe.buffers[i];
    if (b.place == Place::Input || b.place == Place::Weight)
      addresses[size_t(b.index)] =
          bench.place("operand" + std::to_string(i), deviceBytes(recipe, i, operands.storage[i]), true);
  }
  HostBuffer &result = operands.storage[size_t(recipe.output)];
  uint64_t address = bench.place("out", result.bytes, false);
  bench.emitter.emitRecipe(recipe, plan, addresses, address);
  std::vector<uint8_t> simulated = bench.run(seed);
  groups = bench.groups;
  runRecipe(recipe, operands.host);
  ASSERT_EQ(simulated.size(), result.bytes.size());
  for (size_t i = 0; i < simulated.size(); ++i)
    ASSERT_EQ(simulated[i], result.bytes[i]) << "byte " << i;
}

TEST(Emit, RecipesInGroupsOfCommands) {
  constexpr uint32_t kMargin = 4096; // of EmitRecipe.cpp
  int tiled = 0, manyGroups = 0;
  for (uint32_t seed = 0; seed < 40 * RandomRecipes::kKinds; ++seed) {
    int kind = int(seed) % RandomRecipes::kKinds;
    SCOPED_TRACE(std::string(RandomRecipes::nameOf(kind)) + ", seed " + std::to_string(seed));
    RandomRecipes recipes(seed);
    Recipe recipe = recipes.next(kind);
    codegen::Machine machine = machineWith(between(recipes.random, 3, 5) * 16384, 20, kMargin);
    Dims out = recipe.outputDims(), tile = out;
    // Tiles cut at random, as a user may write them; convolution groups and products of matrices keep their rules.
    for (int64_t *size : {&tile.n, &tile.c, &tile.h, &tile.w})
      if (recipes.random() % 2)
        *size = between(recipes.random, std::max<int64_t>(1, *size / 4), *size);
    if (recipe.steps[0].is(primitive::matMul()))
      tile.n = 1;
    std::optional<TilePlan> plan =
        codegen::placeBuffers(recipe, tile, 1 + int(seed / RandomRecipes::kKinds) % 2, machine.memory);
    if (!plan)
      plan = codegen::chooseTile(recipe, machine.memory);
    tiled += plan->tile != out;
    Operands operands(recipe, &recipes.random);
    size_t groups = 0;
    expectSame(recipe, *plan, machine, operands, seed, groups);
    manyGroups += groups > 1;
    if (HasFatalFailure())
      return;
  }
  EXPECT_GT(tiled, 150);
  EXPECT_GT(manyGroups, 50);
}

int64_t spanOf(const std::vector<int64_t> &dims, const std::vector<int64_t> &strides) {
  int64_t last = 0;
  for (size_t i = 0; i < dims.size(); ++i)
    last += (dims[i] - 1) * strides[i];
  return last + 1;
}

/// Strides of an array of these dims within a larger one: some axes have gaps, some are reordered.
std::vector<int64_t> randomStrides(std::mt19937 &random, const std::vector<int64_t> &dims) {
  std::vector<size_t> order(dims.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  if (random() % 2)
    std::shuffle(order.begin(), order.end(), random);
  std::vector<int64_t> strides(dims.size());
  int64_t next = 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = next * (random() % 3 ? 1 : between(random, 1, 3));
    next = strides[order[i]] * dims[order[i]];
  }
  return strides;
}

TEST(Emit, CopyProgramsWithinTheEnginesLimits) {
  int manyGroups = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    codegen::Machine machine = machineWith(0, 10, 2);
    target::Chip narrow = chip();
    machine.chip = &narrow;
    if (seed % 2)
      machine.memory.maxDim = between(random, 3, 7); // axes beyond the command's sizes
    if (seed % 3 == 0)
      narrow.limits.maxDmaWstrideBytes = between(random, 1, 8);
    CopyProgram program{seed % 5 == 0 ? DType::F32 : seed % 5 == 1 ? DType::I16 : DType::I8, {}};
    int64_t item = kernel::byteSize(program.dtype), extent = 6000;
    for (int64_t moves = between(random, 1, 5); moves > 0; --moves) {
      Move m;
      for (int64_t rank = between(random, 1, 6); rank > 0; --rank)
        m.dims.push_back(random() % 4 ? between(random, 1, 4) : between(random, 1, 40));
      m.targetStrides = randomStrides(random, m.dims);
      m.source = int(between(random, -1, 1));
      int64_t span = spanOf(m.dims, m.targetStrides);
      if (m.source != -1) {
        m.sourceStrides = randomStrides(random, m.dims);
        span = std::max(span, spanOf(m.dims, m.sourceStrides));
      }
      if (2 * span > extent)
        continue;
      m.targetOffset = between(random, extent / 2, extent - span);
      m.sourceOffset = m.source == -1 ? 0 : between(random, 0, extent / 2 - span);
      if (random() % 4 == 0 && m.source == 0)
        m.source = kFromResult;
      m.value = uint32_t(random());
      program.moves.push_back(m);
    }
    // The result's first half is written whole, so that nothing is read that was never written.
    Move whole{0, 0, 0, {extent}, {1}, {1}, 0};
    program.moves.insert(program.moves.begin(), whole);
    Bench bench(machine);
    std::vector<std::vector<uint8_t>> operands(2, std::vector<uint8_t>(size_t(extent * item)));
    std::vector<uint64_t> addresses;
    for (auto &bytes : operands) {
      for (uint8_t &b : bytes)
        b = uint8_t(random());
      addresses.push_back(bench.place("operand" + std::to_string(addresses.size()), bytes, true));
    }
    std::vector<uint8_t> expected(size_t(extent * item));
    uint64_t address = bench.place("out", expected, false);
    bench.emitter.emitCopy(program, addresses, address);
    std::vector<uint8_t> simulated = bench.run(seed);
    manyGroups += bench.groups > 1;
    HostOperands host{{}, {program.dtype, {1, 1, 1, extent}, expected.data()}};
    for (auto &bytes : operands)
      host.operands.emplace_back(program.dtype, Dims{1, 1, 1, extent}, bytes.data());
    runCopy(program, host);
    ASSERT_EQ(simulated, expected);
  }
  EXPECT_GT(manyGroups, 100);
}

/// A permutation of a tensor of some thousand elements, sometimes with gaps on either side; of a matrix with a batch.
Move randomPermutation(std::mt19937 &random, bool isMatrix, bool isLarge) {
  const int64_t kFew = isLarge ? 300000 : 3000, kMany = isLarge ? 500000 : 40000;
  Move m;
  m.source = 0;
  int64_t count = 0;
  std::vector<int64_t> shape;
  while (count < kFew || count > kMany) {
    shape.clear();
    count = 1;
    if (isMatrix)
      shape = {between(random, 1, 3), between(random, 40, isLarge ? 900 : 200), between(random, 40, 400)};
    for (int64_t rank = isMatrix ? 0 : between(random, 2, 6); rank > 0; --rank)
      shape.push_back(random() % 3 ? between(random, 1, 12) : between(random, 1, 200));
    for (int64_t size : shape)
      count *= size;
  }
  std::vector<size_t> order(shape.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  if (isMatrix)
    order = {0, 2, 1};
  else
    std::shuffle(order.begin(), order.end(), random);
  std::vector<int64_t> source(shape.size());
  int64_t step = isMatrix || random() % 4 ? 1 : 2;
  for (size_t i = shape.size(); i-- > 0; step *= shape[i])
    source[i] = step;
  for (size_t i : order)
    m.dims.push_back(shape[i]), m.sourceStrides.push_back(source[i]);
  m.targetStrides.resize(shape.size());
  step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    m.targetStrides[i] = step;
    step *= m.dims[i] + (random() % 4 ? 0 : between(random, 0, 2));
  }
  return m;
}

TEST(Emit, MovesThroughLocalMemory) {
  int ways[3] = {}, boxes = 0;
  for (uint32_t seed = 0; seed < 240; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const bool isLarge = seed % 8 == 0;
    codegen::Machine machine =
        machineWith((isLarge ? 1 : between(random, 1, 16)) * 16384, uint32_t(between(random, 10, 400)), 2);
    CopyProgram program{seed % 5 == 0 ? DType::F32 : seed % 7 == 1 ? DType::I16 : DType::I8, {}};
    program.moves.push_back(randomPermutation(random, seed % 3 == 1, isLarge));
    Move &m = program.moves[0];
    const int64_t item = kernel::byteSize(program.dtype), from = between(random, 0, 5), to = between(random, 0, 5);
    m.sourceOffset = from, m.targetOffset = to;
    const backend::tiu_gdma::MovePlan plan = backend::tiu_gdma::planMove(m, program.dtype, machine);
    ++ways[int(plan.way)];
    boxes += plan.way != backend::tiu_gdma::MovePlan::Way::Direct && [&] {
      for (size_t i = 0; i < plan.axes.size(); ++i)
        if (plan.box[i] < plan.axes[i].size)
          return true;
      return false;
    }();
    Bench bench(machine);
    std::vector<uint8_t> operand(size_t((spanOf(m.dims, m.sourceStrides) + from) * item));
    for (uint8_t &b : operand)
      b = uint8_t(random());
    // What the move does not write was written before.
    const int64_t extent = spanOf(m.dims, m.targetStrides) + to;
    program.moves.insert(program.moves.begin(), Move{-1, 0, 0, {extent}, {1}, {1}, 0x11111111});
    std::vector<uint64_t> addresses = {bench.place("operand", operand, true)};
    std::vector<uint8_t> expected(size_t(extent * item));
    const uint64_t address = bench.place("out", expected, false);
    bench.emitter.emitCopy(program, addresses, address);
    const std::vector<uint8_t> simulated = bench.run(seed);
    HostOperands host{{}, {program.dtype, {1, 1, 1, extent}, expected.data()}};
    host.operands.emplace_back(program.dtype, Dims{1, 1, 1, int64_t(operand.size()) / item}, operand.data());
    runCopy(program, host);
    ASSERT_EQ(simulated, expected);
  }
  EXPECT_GT(ways[int(backend::tiu_gdma::MovePlan::Way::Lanes)], 60);
  EXPECT_GT(ways[int(backend::tiu_gdma::MovePlan::Way::Turn)], 10);
  EXPECT_GT(boxes, 20);
}

} // namespace
