//===- Nms.cpp - Choosing boxes that do not overlap -----------------------===//
// Non-maximum suppression in fp32, as host::Nms says it. Which boxes remain
// hangs on the last bit of an overlap, so the order of its arithmetic is part
// of what it means: both sizes from the corners, then the union from the sum of
// the areas, then one division.
#include "Loops.h"

#include <algorithm>
#include <numeric>

namespace tpu_mlir::host {

namespace {

struct Span {
  float low, high;
};

struct Box {
  Span x, y;
  float area() const { return (x.high - x.low) * (y.high - y.low); }
};

Box boxOf(const float *data, bool isCentre) {
  if (isCentre) {
    float halfWidth = data[2] / 2, halfHeight = data[3] / 2;
    return {{data[0] - halfWidth, data[0] + halfWidth}, {data[1] - halfHeight, data[1] + halfHeight}};
  }
  return {{std::min(data[1], data[3]), std::max(data[1], data[3])},
          {std::min(data[0], data[2]), std::max(data[0], data[2])}};
}

bool overlaps(const Box &a, const Box &b, float most) {
  float width = std::min(a.x.high, b.x.high) - std::max(a.x.low, b.x.low);
  float height = std::min(a.y.high, b.y.high) - std::max(a.y.low, b.y.low);
  if (!(width > 0 && height > 0))
    return false;
  float common = width * height, ofA = a.area(), ofB = b.area(), all = ofA + ofB - common;
  if (!(common > 0 && ofA > 0 && ofB > 0 && all > 0))
    return false;
  return common / all > most;
}

} // namespace

StepPtr loopNms(const Nms &nms, const Dims &boxDims, const Dims &scoreDims, int64_t most) {
  int64_t images = scoreDims[0], classes = scoreDims[1], count = scoreDims[2];
  return std::make_unique<ValueStep>([=](const void *const *in, void *const *out) {
    auto *boxes = static_cast<const float *>(in[0]), *scores = static_cast<const float *>(in[1]);
    auto *rows = static_cast<int64_t *>(out[0]);
    int64_t found = 0;
    std::fill(rows, rows + most * 3, 0);
    std::vector<int64_t> order(count);
    std::vector<Box> chosen;
    for (int64_t n = 0; n < images; ++n)
      for (int64_t c = 0; c < classes; ++c) {
        const float *score = scores + (n * classes + c) * count;
        order.resize(count);
        std::iota(order.begin(), order.end(), 0);
        // NaN is above no threshold.
        std::erase_if(order, [&](int64_t i) { return !(score[i] > nms.scoreThreshold); });
        std::sort(order.begin(), order.end(),
                  [&](int64_t a, int64_t b) { return score[a] > score[b] || (score[a] == score[b] && a < b); });
        chosen.clear();
        for (int64_t i : order) {
          if (int64_t(chosen.size()) >= nms.mostPerClass)
            break;
          Box box = boxOf(boxes + (n * count + i) * 4, nms.isCentre);
          if (std::any_of(chosen.begin(), chosen.end(),
                          [&](const Box &other) { return overlaps(box, other, nms.iouThreshold); }))
            continue;
          chosen.push_back(box);
          int64_t *row = rows + found++ * 3;
          row[0] = n, row[1] = c, row[2] = i;
        }
      }
    *static_cast<int32_t *>(out[1]) = static_cast<int32_t>(found);
  });
}

} // namespace tpu_mlir::host
