//===- GoldenTest.cpp - A vendor-compiled network -------------------------===//
// YOLOv5s compiled by the vendor: every command executes (its weights are
// stripped, so values mean nothing) and the whole stream times within the band
// that published latencies leave. Skipped where the file is absent.

#include "tpu_mlir/Sim/Simulator.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::sim;

namespace {

class Golden : public ::testing::Test {
protected:
  void SetUp() override {
    if (!std::filesystem::exists(path))
      GTEST_SKIP() << path << " is absent: it is kept outside the project";
    model = bmodel::readBmodel(path);
  }
  const std::string path = std::string(GOLDEN_FOLDER) + "/yolov5s_bm1684x_int8_sym.bmodel";
  bmodel::Model model;
};

TEST_F(Golden, TimesWithinTheBand) {
  RunOptions options;
  options.functional = false;
  RunResult r = Simulator(model, path).run(options);
  // Source: shared ISA notes, timing.md: about 1.45 ms, 1.33 to 1.75.
  EXPECT_GT(r.milliseconds, 1.33);
  EXPECT_LT(r.milliseconds, 1.75);
  EXPECT_EQ(r.engines[isa::Engine::TIU].commands, 430u);
  EXPECT_EQ(r.engines[isa::Engine::GDMA].commands, 142u);
  // YOLOv5s at 640×640 has 8.2 G multiply-accumulates; the stem's padding to 18 channels adds none.
  EXPECT_NEAR(double(r.work.convMacs), 8.22e9, 0.05e9);
}

TEST_F(Golden, ExecutesUnderDifferentInterleavings) {
  std::vector<uint8_t> image(1 * 3 * 640 * 640);
  std::mt19937 random(181);
  for (uint8_t &b : image)
    b = uint8_t(random());
  std::vector<std::vector<uint8_t>> first;
  for (Policy policy : {Policy::GdmaFirst, Policy::TiuFirst, Policy::Random}) {
    Simulator simulator(model, path);
    simulator.setInput("images", image);
    RunResult r = simulator.run({policy, 3});
    ASSERT_EQ(r.outputs.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      if (first.size() <= i)
        first.push_back(r.outputs[i].bytes);
      EXPECT_EQ(r.outputs[i].bytes, first[i]);
    }
  }
}

} // namespace
