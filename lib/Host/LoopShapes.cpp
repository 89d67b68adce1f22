//===- LoopShapes.cpp - Loops that move data ------------------------------===//
// Concatenation, gathering by index lists, and changes of layout.
#include "Loops.h"
#include "Threads.h"

#include <algorithm>
#include <cstring>

namespace tpu_mlir::host {

static constexpr int64_t kGrain = 1 << 13;

StepPtr loopConcat(int64_t axis, const Posts &posts, const std::vector<Dims> &inputs, Layout layout) {
  // The result is rows of one piece per input. Whole blocks of channels are such pieces too.
  int64_t rows = 1, total = 0;
  std::vector<int64_t> pieces;
  for (size_t outer : memoryOrder(inputs[0].size(), layout)) {
    if (static_cast<int64_t>(outer) == axis)
      break;
    rows *= inputs[0][outer];
  }
  for (const Dims &dims : inputs) {
    pieces.push_back(extentsOf(dims, layout).count() / rows);
    total += pieces.back();
  }
  // Few long rows are cut, so that every thread gets a part.
  struct Copy {
    size_t input;
    int64_t from, to, count;
  };
  std::vector<Copy> copies;
  int64_t most = rows < 16 ? kGrain : total, to = 0;
  for (size_t k = 0; k < inputs.size(); to += pieces[k++])
    for (int64_t i = 0; i < pieces[k]; i += most)
      copies.push_back({k, i, to + i, std::min(most, pieces[k] - i)});
  int64_t perRow = static_cast<int64_t>(copies.size());
  int64_t grain = std::max<int64_t>(1, kGrain * perRow / std::max<int64_t>(1, total));
  return std::make_unique<LoopStep>([=, copies = std::move(copies)](const float *const *in, float *out) {
    shareLoop(rows * perRow, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int64_t row = i / perRow;
        const Copy &c = copies[i % perRow];
        float *y = out + row * total + c.to;
        std::memcpy(y, in[c.input] + row * pieces[c.input] + c.from, c.count * sizeof(float));
        applyPosts(posts, y, y, c.count);
      }
    });
  });
}

//===- Gather -------------------------------------------------------------===//

/// Whether the result takes whole blocks of channels, in order.
static bool takesWholeBlocks(const std::vector<int64_t> &index, int64_t channels, int64_t block) {
  for (size_t i = 0; i < index.size(); ++i)
    if (index[i] != index[0] + static_cast<int64_t>(i))
      return false;
  int64_t end = index[0] + static_cast<int64_t>(index.size());
  return index[0] >= 0 && index[0] % block == 0 && (end % block == 0 || end == channels);
}

GatherLayouts gatherLayouts(const Gather &gather, const Dims &in, const Dims &out, Layout layout) {
  bool keepsAxes = true;
  for (size_t axis = 0; axis < out.size(); ++axis)
    keepsAxes &= gather.sourceAxis[axis] == static_cast<int64_t>(axis);
  if (layout.block < 2)
    return {layout, keepsAxes ? layout : Layout::plain()};
  bool keepsBlocks = keepsAxes && takesWholeBlocks(gather.index[1], in[1], layout.block) &&
                     (gather.fill == 0 || !hasPadding(out, layout));
  return keepsBlocks ? GatherLayouts{layout, layout} : GatherLayouts{Layout::plain(), Layout::plain()};
}

StepPtr loopGather(const Gather &gather, const Dims &in, const Dims &out, GatherLayouts layouts) {
  // Elements from one index of an input axis to the next.
  int64_t block = layouts.in.block > 1 ? layouts.in.block : 1, stride = block;
  Dims strides(in.size());
  std::vector<size_t> order = memoryOrder(in.size(), layouts.in);
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = stride;
    stride *= order[i] == 1 ? (in[1] + block - 1) / block : in[order[i]];
  }
  // For each index of each output axis, from the outermost: elements from the start of the input, or -1 for the fill.
  std::vector<std::vector<int64_t>> offsets;
  for (size_t axis : memoryOrder(out.size(), layouts.out)) {
    int64_t step = axis == 1 ? block : 1;
    auto &list = offsets.emplace_back();
    for (size_t i = 0; i < gather.index[axis].size(); i += step) {
      int64_t index = gather.index[axis][i];
      list.push_back(index < 0 ? -1 : index / step * strides[gather.sourceAxis[axis]]);
    }
  }
  // Inner axes that are copied in order are one run.
  int64_t run = block;
  auto isRun = [&](const std::vector<int64_t> &list) {
    for (size_t i = 0; i < list.size(); ++i)
      if (list[i] < 0 || list[i] != list[0] + static_cast<int64_t>(i) * run)
        return false;
    return true;
  };
  int64_t base = 0;
  while (!offsets.empty() && isRun(offsets.back())) {
    base += offsets.back()[0];
    run *= static_cast<int64_t>(offsets.back().size());
    offsets.pop_back();
  }
  std::vector<int64_t> last = {0};
  if (!offsets.empty()) {
    last = std::move(offsets.back());
    offsets.pop_back();
  }
  int64_t rows = 1, columns = static_cast<int64_t>(last.size());
  for (const auto &list : offsets)
    rows *= static_cast<int64_t>(list.size());
  return std::make_unique<LoopStep>([=, offsets = std::move(offsets), last = std::move(last),
                                     fill = gather.fill](const float *const *source, float *out) {
    shareLoop(rows, std::max<int64_t>(1, kGrain / (columns * run)), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        int64_t rest = row, offset = base;
        bool isFill = false;
        for (size_t axis = offsets.size(); axis-- > 0;) {
          const auto &list = offsets[axis];
          int64_t step = list[rest % static_cast<int64_t>(list.size())];
          rest /= static_cast<int64_t>(list.size());
          isFill |= step < 0;
          offset += step;
        }
        float *y = out + row * columns * run;
        if (isFill) {
          std::fill(y, y + columns * run, fill);
          continue;
        }
        const float *x = source[0] + offset;
        if (run == 1)
          for (int64_t i = 0; i < columns; ++i)
            y[i] = last[i] < 0 ? fill : x[last[i]];
        else
          for (int64_t i = 0; i < columns; ++i, y += run)
            if (last[i] < 0)
              std::fill(y, y + run, fill);
            else
              std::memcpy(y, x + last[i], run * sizeof(float));
      }
    });
  });
}

//===- Change of layout ---------------------------------------------------===//

StepPtr loopReorder(const Dims &dims, Layout from, Layout to) {
  Extents a = extentsOf(dims, from), b = extentsOf(dims, to);
  int64_t channels = dims[1];
  return std::make_unique<LoopStep>([=](const float *const *in, float *out) {
    shareLoop(b.outer * b.blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s)
        for (int64_t k = 0; k < b.block; ++k) {
          int64_t n = s / b.blocks, c = s % b.blocks * b.block + k;
          const float *x = in[0] + ((n * a.blocks + c / a.block) * a.inner) * a.block + c % a.block;
          float *y = out + s * b.inner * b.block + k;
          for (int64_t i = 0; i < b.inner; ++i)
            y[i * b.block] = c < channels ? x[i * a.block] : 0;
        }
    });
  });
}

} // namespace tpu_mlir::host
