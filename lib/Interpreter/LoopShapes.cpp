//===- LoopShapes.cpp - Loops that move data ------------------------------===//
// Concatenation, gathering by index lists, and changes of layout.
#include "Loops.h"
#include "Threads.h"

#include <algorithm>
#include <cstring>

namespace tpu_mlir::eval {

static constexpr int64_t kGrain = 1 << 13;

StepPtr loopConcat(int64_t axis, const Posts &posts, const std::vector<Dims> &inputs, Layout layout) {
  // Along channels, whole blocks of channels follow each other in every layout but the one that ends with channels.
  struct Copy {
    size_t input;
    int64_t from, to, count;
  };
  std::vector<Copy> copies;
  int64_t outer = 1, total = 0;
  std::vector<int64_t> chunks;
  for (int64_t a = 0; a < axis; ++a)
    outer *= inputs[0][a];
  for (const Dims &dims : inputs) {
    chunks.push_back(extentsOf(dims, layout).count() / outer);
    total += chunks.back();
  }
  for (int64_t o = 0; o < outer; ++o) {
    int64_t to = o * total;
    for (size_t k = 0; k < inputs.size(); to += chunks[k++])
      for (int64_t i = 0; i < chunks[k]; i += kGrain)
        copies.push_back({k, o * chunks[k] + i, to + i, std::min(kGrain, chunks[k] - i)});
  }
  int64_t count = static_cast<int64_t>(copies.size());
  int64_t grain = std::max<int64_t>(1, count * kGrain / std::max<int64_t>(1, outer * total));
  return std::make_unique<LoopStep>([=, copies = std::move(copies)](const float *const *in, float *out) {
    shareLoop(count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Copy &c = copies[i];
        std::memcpy(out + c.to, in[c.input] + c.from, c.count * sizeof(float));
        applyPosts(posts, out + c.to, out + c.to, c.count);
      }
    });
  });
}

//===- Gather -------------------------------------------------------------===//

/// The channels that the result takes, if they are whole blocks in order: the first block.
static bool takesWholeBlocks(const std::vector<int64_t> &index, int64_t channels, int64_t block) {
  for (size_t i = 0; i < index.size(); ++i)
    if (index[i] != index[0] + static_cast<int64_t>(i))
      return false;
  int64_t end = index[0] + static_cast<int64_t>(index.size());
  return index[0] >= 0 && index[0] % block == 0 && (end % block == 0 || end == channels);
}

bool canGatherIn(const Gather &gather, const Dims &in, const Dims &out, Layout layout) {
  if (layout.isPlain())
    return true;
  if (layout.block == 0 || in.size() != 4 || out.size() != 4)
    return false;
  for (size_t axis = 0; axis < 4; ++axis)
    if (gather.sourceAxis[axis] != static_cast<int64_t>(axis))
      return false;
  return takesWholeBlocks(gather.index[1], in[1], layout.block) && (gather.fill == 0 || !hasPadding(out, layout));
}

StepPtr loopGather(const Gather &gather, const Dims &in, const Dims &out, Layout layout) {
  // offsets[axis][i]: elements from the start of the input, -1 for the fill.
  std::vector<std::vector<int64_t>> offsets;
  Dims inStrides(in.size(), 1);
  int64_t block = layout.isPlain() ? 1 : layout.block;
  int64_t stride = block;
  for (size_t axis = in.size(); axis-- > 0;) {
    inStrides[axis] = stride;
    stride *= axis == 1 ? (in[axis] + block - 1) / block : in[axis];
  }
  for (size_t axis = 0; axis < out.size(); ++axis) {
    bool isBlocked = block > 1 && axis == 1;
    auto &list = offsets.emplace_back();
    for (size_t i = 0; i < gather.index[axis].size(); i += isBlocked ? block : 1) {
      int64_t index = gather.index[axis][i];
      list.push_back(index < 0 ? -1 : index / (isBlocked ? block : 1) * inStrides[gather.sourceAxis[axis]]);
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
  return std::make_unique<LoopStep>([=, offsets = std::move(offsets), last = std::move(last), fill = gather.fill](
                                        const float *const *source, float *out) {
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

} // namespace tpu_mlir::eval
