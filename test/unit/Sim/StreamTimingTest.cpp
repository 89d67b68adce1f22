//===- StreamTimingTest.cpp - Timing a bmodel without its data ------------===//
// The same times as a run with data, layers that add up, and figures done by
// hand for a small program.

#include "tpu_mlir/Sim/StreamTiming.h"
#include "Program.h"
#include "tpu_mlir/Sim/Simulator.h"
#include "tpu_mlir/Timing/Uncertain.h"

#include <filesystem>
#include <gtest/gtest.h>

using namespace tpu_mlir;
using namespace tpu_mlir::sim;
using namespace tpu_mlir::test;
using isa::Engine;

namespace {

constexpr int64_t kCount = kProgramChannels * 2 * kProgramPlane;

void expectSameAsRun(const bmodel::Model &model, const std::string &path) {
  TimedStream stream(model, path);
  std::vector<TimedCommand> list;
  StreamReport r = stream.time(stream.chip(), &list);
  std::map<std::tuple<size_t, bool, uint32_t>, std::pair<double, double>> times;
  RunOptions options;
  options.functional = false;
  options.afterCommand = [&](const CommandEvent &e) {
    times[{e.group, e.command.engine() == isa::Engine::GDMA, e.command.id()}] = {e.start, e.end};
  };
  RunResult run = Simulator(model, path).run(options);
  EXPECT_DOUBLE_EQ(r.cycles, run.cycles);
  EXPECT_NEAR(r.engines[Engine::TIU].busyCycles, run.engines[Engine::TIU].busyCycles, 1e-6);
  EXPECT_NEAR(r.engines[Engine::GDMA].busyCycles, run.engines[Engine::GDMA].busyCycles, 1e-6);
  EXPECT_EQ(r.engines[Engine::TIU].commands, run.engines[Engine::TIU].commands);
  EXPECT_EQ(r.work.ddrReadBytes, run.work.ddrReadBytes);
  ASSERT_EQ(list.size(), times.size());
  for (const TimedCommand &c : list)
    EXPECT_EQ((times[{c.group, c.engine == Engine::GDMA, c.id}]), std::pair(c.start, c.end));
}

TEST(StreamTiming, AgreesWithARunWithData) { expectSameAsRun(Program::make().model(), "m.bmodel"); }

TEST(StreamTiming, AgreesOnAVendorStream) {
  std::string path = std::string(GOLDEN_FOLDER) + "/yolov5s_bm1684x_int8_sym.bmodel";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << path << " is absent: it is kept outside the project";
  bmodel::Model model = bmodel::readBmodel(path);
  expectSameAsRun(model, path);
  TimedStream stream(model, path);
  // Source: shared ISA notes, timing.md: 1.33 to 1.75 ms.
  double ms = stream.time(stream.chip()).cycles / 1e6;
  EXPECT_GT(ms, 1.33);
  EXPECT_LT(ms, 1.75);
  // Published: 3.51 ms with fp32 in and fp32 permuted out.
  double whole = stream.inference(stream.chip(), stream.time(stream.chip()), true).total();
  EXPECT_GT(whole, 3.51 * 0.8);
  EXPECT_LT(whole, 3.51 * 1.2);
}

TEST(StreamTiming, BoundsAndInference) {
  TimedStream stream(Program::make().model(), "m.bmodel");
  const Bounds &b = stream.bounds();
  EXPECT_EQ(b.inputBytes, kCount);
  EXPECT_EQ(b.outputBytes, kCount);
  EXPECT_EQ(b.convertedInputs, kCount);
  EXPECT_EQ(b.weightBytes, 0x1000);
  EXPECT_FALSE(b.weightsByRange);
  target::Chip chip = stream.chip();
  StreamReport r = stream.time(chip);
  EXPECT_NEAR(r.ddrBound, (0x1000 + kCount) / chip.time.gdmaLoadBytes + kCount / chip.time.gdmaStoreBytes, 1e-9);
  EXPECT_EQ(r.packedTiu, r.engines[Engine::TIU].busyCycles); // no convolution to pack
  EXPECT_EQ(r.arrayUse(), 0);
  chip.time.launchUs = 100, chip.time.userCopyBytes = 2, chip.time.floatInputNs = 3, chip.time.floatOutputNs = 5;
  InferenceEstimate e = stream.inference(chip, r, false);
  EXPECT_NEAR(e.total(), 0.1 + r.cycles / 1e6 + 2 * kCount / 2.0 / 1e6, 1e-12);
  e = stream.inference(chip, r, true);
  EXPECT_NEAR(e.inputs, kCount * (4 / 2.0 + 3) / 1e6, 1e-12);
  EXPECT_NEAR(e.outputs, kCount * 5 / 1e6, 1e-12);
}

TEST(StreamTiming, LayersTakeEveryCommandOnce) {
  bmodel::Model model = Program::make().model();
  TensorTable table;
  for (uint32_t i : {0u, 1u}) {
    TensorEntry &entry = table.tensors.emplace_back();
    entry.name = i ? "second" : "first";
    entry.dtype = kernel::DType::I8;
    entry.shape = {1, kProgramChannels, 2, kProgramPlane};
    entry.addWhole(kProgramContext, {0, true, 2 * i + 2});
    // In two ranges an engine, as slices leave them.
    table.layers.push_back({entry.name, "tpu.Test", {}});
    for (bool byGdma : {false, true})
      for (uint32_t id : {2 * i + 1, 2 * i + 2})
        table.layers[i].commands.push_back({0, byGdma, id, id});
  }
  for (bool hasLayers : {true, false}) {
    if (!hasLayers)
      table.layers.clear();
    std::string text = printTensorTable(table);
    model.net[0].parameter[0].tensorLoc = bmodel::Blob(std::vector<uint8_t>(text.begin(), text.end()));
    TimedStream stream(model, "m.bmodel");
    std::vector<TimedCommand> list;
    StreamReport r = stream.time(stream.chip(), &list);
    std::vector<size_t> layerOf;
    std::vector<LayerReport> layers = stream.layers(list, &layerOf);
    ASSERT_EQ(layers.size(), 3u);
    EXPECT_EQ(layerOf.size(), list.size());
    for (int i : {0, 1}) {
      EXPECT_EQ(layers[i].engines[Engine::TIU].commands, 2u);
      EXPECT_EQ(layers[i].engines[Engine::GDMA].commands, 2u);
      EXPECT_EQ(layers[i].work.ddrReadBytes, kCount / 2);
    }
    EXPECT_EQ(layers[2].name, "(other)"); // the end commands
    EXPECT_EQ(layers[2].engines[Engine::TIU].commands + layers[2].engines[Engine::GDMA].commands, 2u);
    EXPECT_LT(layers[0].end, layers[1].end);
    EXPECT_NEAR(layers[0].engines[Engine::GDMA].busyCycles + layers[1].engines[Engine::GDMA].busyCycles +
                    layers[2].engines[Engine::GDMA].busyCycles,
                r.engines[Engine::GDMA].busyCycles, 1e-9);
  }
}

TEST(StreamTiming, UncertainConstantsMoveTheTimeOneWay) {
  TimedStream stream(Program::make().model(), "m.bmodel");
  const target::Chip &chip = stream.chip();
  double nominal = stream.time(chip).cycles;
  for (const timing::UncertainGroup &group : timing::uncertainGroups()) {
    double low = stream.time(timing::withConstants(chip, group, false)).cycles;
    double high = stream.time(timing::withConstants(chip, group, true)).cycles;
    EXPECT_GE((low - nominal) * (nominal - high), 0) << group.name;
    EXPECT_EQ(chip.time.gatherCyclesPerElement, target::lookup("bm1684x").time.gatherCyclesPerElement);
    for (auto member : group.members)
      EXPECT_LT(timing::withConstants(chip, group, false).time.*member,
                timing::withConstants(chip, group, true).time.*member)
          << group.name << " has no range";
  }
}

} // namespace
