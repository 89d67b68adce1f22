//===- CopyProgram.cpp - Copy programs as GDMA commands -------------------===//
// Cuts a strided move of any rank into tensor commands of four axes whose sizes
// and strides the engine takes, unless its plan goes through local memory.
// Source of the limits: shared ISA notes, isa.md §6.
#include "CommandEmitter.h"
#include "Encoding.h"
#include "StagedMove.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>

namespace tpu_mlir::backend::tiu_gdma {

namespace {

/// Commands of one op; a stream of more would be gigabytes.
constexpr int64_t kMostCopies = 1 << 18;

/// Splits axes longer than `limit` in two, or, where no factor fits, leaves the rest for the caller's loop.
int64_t largestFactor(int64_t size, int64_t limit) {
  for (int64_t f = std::min(size, limit); f > 1; --f)
    if (size % f == 0)
      return f;
  return 1;
}

} // namespace

void CommandEmitter::copy(const CopyProgram &program, std::span<const uint64_t> operands, uint64_t result) {
  const int64_t item = kernel::byteSize(program.dtype), maxDim = machine.memory.maxDim;
  int64_t issued = 0;
  for (const Move &m : program.moves) {
    std::vector<MoveAxis> axes = axesOf(m);
    uint64_t source =
        m.source == -1 ? 0 : (m.source == kFromResult ? result : operands[m.source]) + m.sourceOffset * item;
    uint64_t target = result + m.targetOffset * item;
    // What was made where it belongs (docs/design/memory.md, in place).
    if (m.source != -1 && source == target &&
        std::all_of(axes.begin(), axes.end(), [](const MoveAxis &a) { return a.source == a.target; }))
      continue;
    if (const MovePlan plan = planMove(m, program.dtype, machine); plan.way != MovePlan::Way::Direct) {
      emitStaged(plan, program.dtype, *this, source, target);
      continue;
    }
    // Long axes become two; a prime length is cut into pieces of maxDim below.
    for (size_t i = 0; i < axes.size(); ++i)
      if (axes[i].size > maxDim)
        if (int64_t f = largestFactor(axes[i].size, maxDim); f > 255) {
          MoveAxis outer{axes[i].size / f, axes[i].source * f, axes[i].target * f};
          axes[i].size = f;
          axes.insert(axes.begin() + i, outer);
          ++i;
        }
    // The innermost axis must be dense enough for the engine's w; otherwise w has length 1.
    if (axes.empty() || std::max(axes.back().source, axes.back().target) * item > denseBytes(machine))
      axes.push_back({1, 1, 1});
    size_t outerCount = axes.size() > 4 ? axes.size() - 4 : 0;

    // Emits axes [from, end) cut into pieces of maxDim at most.
    auto emitInner = [&](auto &&self, size_t axis, uint64_t src, uint64_t dst) -> void {
      if (axis == outerCount) {
        for (size_t i = outerCount; i < axes.size(); ++i)
          if (axes[i].size > maxDim) {
            MoveAxis whole = axes[i];
            for (int64_t begin = 0; begin < whole.size; begin += maxDim) {
              axes[i].size = std::min(maxDim, whole.size - begin);
              self(self, axis, src + begin * whole.source * item, dst + begin * whole.target * item);
            }
            axes[i] = whole;
            return;
          }
        MoveAxis four[4] = {{1, 0, 0}, {1, 0, 0}, {1, 0, 0}, {1, 0, 0}};
        for (size_t i = outerCount, k = 4 - (axes.size() - outerCount); i < axes.size(); ++i, ++k)
          four[k] = axes[i];
        if (++issued > kMostCopies)
          throw UserError("needs more than " + std::to_string(kMostCopies) +
                          " copy commands; its tensors are too large");
        int64_t sourceSpan = 1, targetSpan = 1;
        for (MoveAxis &a : four) {
          sourceSpan += (a.size - 1) * a.source, targetSpan += (a.size - 1) * a.target;
          // The stride of an axis of length 1 is never used; keep it small and legal.
          if (a.size == 1)
            a.source = a.target = 1;
        }
        isa::DMATensor dma;
        dma.nchw_copy = 1;
        dma.src_data_format = precisionOf(program.dtype);
        dma.src_nsize = four[0].size, dma.src_csize = four[1].size, dma.src_hsize = four[2].size,
        dma.src_wsize = four[3].size;
        dma.dst_nstride = four[0].target, dma.dst_cstride = four[1].target, dma.dst_hstride = four[2].target;
        dma.dst_wstride = four[3].target;
        dma.setDstAddr(dst);
        Access written{Access::Space::Global, dst, dst + targetSpan * item, true};
        if (m.source == -1) {
          dma.fill_constant_en = 1, dma.constant_value = m.value;
          issue(dma, {written});
        } else {
          dma.src_nstride = four[0].source, dma.src_cstride = four[1].source, dma.src_hstride = four[2].source;
          dma.src_wstride = four[3].source;
          dma.setSrcAddr(src);
          Access readFrom{Access::Space::Global, src, src + sourceSpan * item, false};
          issue(dma, {readFrom, written});
        }
        if (commands.isNearlyFull(2))
          commands.closeGroup();
        return;
      }
      for (int64_t i = 0; i < axes[axis].size; ++i)
        self(self, axis + 1, src + i * axes[axis].source * item, dst + i * axes[axis].target * item);
    };
    emitInner(emitInner, 0, source, target);
  }
}

} // namespace tpu_mlir::backend::tiu_gdma
