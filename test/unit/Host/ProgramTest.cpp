//===- ProgramTest.cpp - Memory shared by live range ----------------------===//
// Random programs whose buffers hold recognisable values: if two buffers that
// live at the same time overlapped, a step would read another one's values.
#include "Program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

using namespace tpu_mlir::host;

namespace {

/// Fills its output with the sum of the first and last elements of its inputs, plus one.
std::unique_ptr<Step> addUp(std::vector<int64_t> inputs, int64_t output) {
  return std::make_unique<LoopStep>([=](const float *const *in, float *out) {
    float sum = 1;
    for (size_t i = 0; i < inputs.size(); ++i)
      sum += (in[i][0] + in[i][inputs[i] - 1]) / 2;
    std::fill(out, out + output, sum);
  });
}

struct Sample {
  Program program;
  std::vector<int> kept;
  std::vector<float> expected; ///< of the kept buffers
  int64_t mostAlive = 0;       ///< bytes that live at one time, at least
};

int64_t bytesOf(int64_t elements) { return (elements * 4 + 4095) / 4096 * 4096; }

void fill(Sample &sample, unsigned seed) {
  std::mt19937 random(seed);
  auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  static const std::vector<float> input = {1, 2, 3};
  std::vector<int> buffers = {sample.program.addOutside(input.data())};
  std::vector<int64_t> sizes = {3};
  std::vector<float> values = {2};
  std::vector<int> first = {0}, last = {0};
  int steps = 40;
  for (int s = 0; s < steps; ++s) {
    std::vector<int> reads;
    std::vector<int64_t> readSizes;
    float sum = 1;
    for (int64_t i = 0, count = below(3) + 1; i < count; ++i) {
      auto k =
          static_cast<int64_t>(buffers.size()) - 1 - below(std::min<int64_t>(6, static_cast<int64_t>(buffers.size())));
      reads.push_back(buffers[k]);
      readSizes.push_back(sizes[k]);
      last[k] = s;
      sum += values[k];
    }
    int64_t size = below(8) ? below(5000) + 1 : below(60000) + 1;
    bool isKept = below(10) == 0 || s == steps - 1;
    int made = sample.program.addBuffer(size * 4, isKept);
    sample.program.add(addUp(readSizes, size), reads, {made});
    buffers.push_back(made);
    sizes.push_back(size);
    values.push_back(sum);
    first.push_back(s);
    last.push_back(isKept ? steps : s);
    if (isKept) {
      sample.kept.push_back(made);
      sample.expected.push_back(sum);
    }
  }
  for (int s = 0; s < steps; ++s) {
    int64_t alive = 0;
    for (size_t k = 1; k < buffers.size(); ++k)
      alive += first[k] <= s && s <= last[k] ? bytesOf(sizes[k]) : 0;
    sample.mostAlive = std::max(sample.mostAlive, alive);
  }
  sample.program.finish();
}

TEST(Program, BuffersThatLiveTogetherDoNotOverlap) {
  int64_t arena = 0, most = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Sample sample;
    fill(sample, seed);
    for (int run = 0; run < 2; ++run) {
      sample.program.run();
      for (size_t k = 0; k < sample.kept.size(); ++k)
        EXPECT_EQ(static_cast<const float *>(sample.program.data(sample.kept[k]))[0], sample.expected[k])
            << "seed " << seed;
    }
    EXPECT_GE(sample.program.arenaBytes(), sample.mostAlive);
    EXPECT_LE(sample.program.arenaBytes(), sample.program.totalBytes());
    arena += sample.program.arenaBytes();
    most += sample.mostAlive;
  }
  // Buffers are placed in the order of their making, on the host, where memory is cheap: 1.13 on these seeds.
  EXPECT_LE(static_cast<double>(arena), 1.15 * static_cast<double>(most)) << "memory beyond the lower bound";
}

TEST(Program, AChainNeedsTwoBuffers) {
  static const std::vector<float> input(1000, 1);
  Program program;
  int now = program.addOutside(input.data());
  for (int i = 0; i < 10; ++i) {
    int next = program.addBuffer(4096, i == 9);
    program.add(addUp({1000}, 1024), {now}, {next});
    now = next;
  }
  program.finish();
  EXPECT_EQ(program.arenaBytes(), 2 * 4096);
  program.run();
  EXPECT_EQ(static_cast<const float *>(program.data(now))[1023], 11);
}

} // namespace
