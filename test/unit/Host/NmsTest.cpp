//===- NmsTest.cpp - Choosing boxes that do not overlap -------------------===//
// Against a search in double precision over boxes on a grid, whose overlaps are
// exact, by another order of work: it looks at all pairs first. The op is held
// against onnxruntime from Python.
#include "Graphs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace tpu_mlir::host;

namespace {

struct Sample {
  int64_t images, classes, count;
  std::vector<float> boxes, scores; ///< boxes as corners
};

/// Corners are multiples of 1/8 in [0, 4], scores of 1/16: ties happen.
Sample randomSample(unsigned seed) {
  std::mt19937 random(seed);
  auto below = [&](int n) { return int(random() % unsigned(n)); };
  Sample s{1 + below(2), 1 + below(3), 1 + below(30), {}, {}};
  for (int64_t i = 0; i < s.images * s.count * 4; ++i)
    s.boxes.push_back(float(below(33)) / 8);
  for (int64_t i = 0; i < s.images * s.classes * s.count; ++i)
    s.scores.push_back(float(below(17)) / 16);
  return s;
}

double overlapOf(const float *a, const float *b) {
  double common = 1, ofA = 1, ofB = 1;
  for (int axis : {0, 1}) {
    double a0 = std::min(a[axis], a[axis + 2]), a1 = std::max(a[axis], a[axis + 2]);
    double b0 = std::min(b[axis], b[axis + 2]), b1 = std::max(b[axis], b[axis + 2]);
    common *= std::max(0.0, std::min(a1, b1) - std::max(a0, b0));
    ofA *= a1 - a0, ofB *= b1 - b0;
  }
  return ofA > 0 && ofB > 0 ? common / (ofA + ofB - common) : 0;
}

std::vector<int64_t> expected(const Sample &s, const Nms &nms) {
  std::vector<int64_t> rows;
  for (int64_t n = 0; n < s.images; ++n)
    for (int64_t c = 0; c < s.classes; ++c) {
      const float *score = &s.scores[(n * s.classes + c) * s.count], *box = &s.boxes[n * s.count * 4];
      std::vector<bool> isOut(s.count);
      for (int64_t i = 0; i < s.count; ++i)
        isOut[i] = score[i] <= nms.scoreThreshold;
      for (int64_t found = 0; found < nms.mostPerClass; ++found) {
        int64_t best = -1;
        for (int64_t i = 0; i < s.count; ++i)
          if (!isOut[i] && (best < 0 || score[i] > score[best]))
            best = i;
        if (best < 0)
          break;
        rows.insert(rows.end(), {n, c, best});
        for (int64_t i = 0; i < s.count; ++i)
          isOut[i] = isOut[i] || i == best || float(overlapOf(box + best * 4, box + i * 4)) > nms.iouThreshold;
      }
    }
  return rows;
}

std::vector<int64_t> run(const Sample &s, const Nms &nms) {
  GraphOf g;
  int boxes = g.input({s.images, s.count, 4}), scores = g.input({s.images, s.classes, s.count});
  auto [rows, count] = g.nms(nms, boxes, scores);
  g.graph.outputs = {rows, count};
  Evaluator evaluator(g.graph);
  GraphOf::set(evaluator, boxes, s.boxes);
  GraphOf::set(evaluator, scores, s.scores);
  evaluator.run();
  auto all = GraphOf::read<int64_t>(evaluator, rows);
  auto valid = size_t(GraphOf::read<int32_t>(evaluator, count)[0]) * 3;
  EXPECT_LE(valid, all.size());
  EXPECT_TRUE(std::all_of(all.begin() + long(valid), all.end(), [](int64_t v) { return v == 0; }));
  all.resize(valid);
  return all;
}

TEST(Nms, ChoosesWhatASearchOverAllPairsChooses) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Sample s = randomSample(seed);
    std::mt19937 random(seed + 1000);
    Nms nms;
    nms.mostPerClass = 1 + int64_t(random() % 12);
    nms.iouThreshold = float(random() % 9) / 8;
    nms.scoreThreshold = random() % 3 ? float(random() % 10) / 16 : -std::numeric_limits<float>::infinity();
    EXPECT_EQ(run(s, nms), expected(s, nms)) << "seed " << seed;
  }
}

TEST(Nms, CentresAndSizesAreTheSameBoxes) {
  Sample corners = randomSample(7), centres = corners;
  for (size_t i = 0; i < corners.boxes.size(); i += 4) {
    float *c = &centres.boxes[i];
    const float *b = &corners.boxes[i];
    c[0] = (b[1] + b[3]) / 2, c[1] = (b[0] + b[2]) / 2;
    c[2] = std::fabs(b[3] - b[1]), c[3] = std::fabs(b[2] - b[0]);
  }
  Nms nms;
  nms.mostPerClass = 20, nms.iouThreshold = 0.375f;
  std::vector<int64_t> wanted = run(corners, nms);
  nms.isCentre = true;
  EXPECT_EQ(run(centres, nms), wanted);
}

TEST(Nms, NaNScoresAreNeverChosen) {
  Sample s{1, 1, 2, {0, 0, 1, 1, 2, 2, 3, 3}, {std::nanf(""), 0.5f}};
  Nms nms;
  nms.mostPerClass = 2, nms.iouThreshold = 0.5f, nms.scoreThreshold = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(run(s, nms), (std::vector<int64_t>{0, 0, 1}));
}

} // namespace
