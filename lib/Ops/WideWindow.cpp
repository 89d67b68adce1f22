//===- WideWindow.cpp - Windows beyond what a command holds ---------------===//
// Axis by axis: blocks of one stride each, of which a window is some that are
// neighbours; or the taps themselves where they are fewer.
#include "tpu_mlir/Ops/WideWindow.h"

#include <algorithm>

using namespace mlir;

namespace tpu_mlir {
using kernel::Dims;
using kernel::Window;

bool hasWideStride(const Lowering &l, const Window &w) {
  return std::max(w.strideH, w.strideW) > l.chip.limits.maxWindowStride;
}

bool hasWideDilation(const Lowering &l, const Window &w) {
  return std::max(w.dilationH, w.dilationW) > l.chip.limits.maxDilation;
}

//===- Padding ------------------------------------------------------------===//

/// Whether some position of the window may see padding alone: no part of the input belongs to a tile there.
static bool seesOnlyPadding(const Window &w) {
  return std::max(w.padTop, w.padBottom) > w.dilationH * (w.kh - 1) ||
         std::max(w.padLeft, w.padRight) > w.dilationW * (w.kw - 1);
}

static Value padAround(Lowering &l, Value in, Window &w, Operation *op, double value) {
  Value padded = Moves(l, op).pad(in, {0, 0, w.padTop, w.padLeft}, {0, 0, w.padBottom, w.padRight}, value);
  w.padTop = w.padLeft = w.padBottom = w.padRight = 0;
  return padded;
}

Value padWhereTooWide(Lowering &l, Value in, Window &w, Operation *op, double value) {
  bool fits = std::max({w.padTop, w.padLeft, w.padBottom, w.padRight}) <= l.chip.limits.maxWindowPad;
  return fits ? in : padAround(l, in, w, op, value);
}

Value padWhereTooLarge(Lowering &l, Value in, Window &w, Operation *op, double value) {
  return seesOnlyPadding(w) ? padAround(l, in, w, op, value) : padWhereTooWide(l, in, w, op, value);
}

//===- Windows ------------------------------------------------------------===//

namespace {

/// One axis cut into blocks of a stride, so that each window is some blocks next to each other.
struct Axis {
  int64_t kernel, stride, dilation, pad, count;
  bool isLaidOut;
  int64_t unseen = 0; ///< blocks behind the last window's
  int64_t extent() const { return dilation * (kernel - 1) + 1; }
  int64_t block() const { return count == 1 ? extent() : stride; }
  int64_t blocksPerWindow() const { return (extent() + block() - 1) / block(); }
  int64_t blocks() const { return count + blocksPerWindow() - 1 + unseen; }
  int64_t length() const { return blocks() * block(); }
};

} // namespace

bool hasFewerTaps(const Window &w, const Dims &out) {
  const Axis rows{w.kh, w.strideH, w.dilationH, w.padTop, out.h, true},
      columns{w.kw, w.strideW, w.dilationW, w.padLeft, out.w, true};
  return rows.blocksPerWindow() > rows.kernel || columns.blocksPerWindow() > columns.kernel;
}

Value layOutWindows(Moves &moves, Value in, const Window &w, const Dims &out, double value, bool windowsH,
                    bool windowsW) {
  Axis axes[2] = {{w.kh, w.strideH, w.dilationH, w.padTop, out.h, windowsH},
                  {w.kw, w.strideW, w.dilationW, w.padLeft, out.w, windowsW}};
  // Where padding hides the input from all windows, one more block holds the input, and no window ends there.
  for (Axis &a : axes)
    a.unseen = a.length() > a.pad ? 0 : (a.pad - a.length()) / a.block() + 1;
  // Blocks start with the padding before and end where the last window's last block does.
  SmallVector<int64_t> before(4, 0), after(4, 0), end(shapeOf(in)), shape(end.begin(), end.begin() + 2);
  for (int a : {0, 1}) {
    int64_t size = end[2 + a];
    if (!axes[a].isLaidOut) {
      shape.append({size, 1});
      continue;
    }
    before[2 + a] = axes[a].pad;
    end[2 + a] = std::min(size, axes[a].length() - axes[a].pad);
    after[2 + a] = axes[a].length() - axes[a].pad - end[2 + a];
    shape.append({axes[a].blocks(), axes[a].block()});
  }
  const SmallVector<int64_t> zeros(6, 0), ones(6, 1);
  in = moves.slice(in, ArrayRef(zeros).take_front(4), end, ArrayRef(ones).take_front(4), "windows_crop");
  in = moves.pad(in, before, after, value);
  Value blocks = moves.reshape(in, shape, "windows_blocks");
  SmallVector<int64_t> steps(ones);
  for (int a : {0, 1}) {
    if (!axes[a].isLaidOut)
      continue;
    const int axis = 2 + 2 * a;
    SmallVector<Value> parts;
    for (int64_t i = 0; i < axes[a].blocksPerWindow(); ++i) {
      SmallVector<int64_t> begin(zeros), stop(shapeOf(blocks));
      begin[axis] = i, stop[axis] = i + axes[a].count;
      parts.push_back(moves.slice(blocks, begin, stop, ones, "windows_part"));
    }
    blocks = parts.size() == 1 ? parts.front() : moves.concat(parts, axis + 1, "windows_joined");
    steps[axis + 1] = axes[a].dilation;
  }
  SmallVector<int64_t> stop(shapeOf(blocks));
  for (int a : {0, 1})
    if (axes[a].isLaidOut)
      stop[3 + 2 * a] = axes[a].extent();
  return moves.slice(blocks, zeros, stop, steps, "windows");
}

//===- Taps ---------------------------------------------------------------===//

SmallVector<int64_t> liveTaps(const Window &w, const Dims &in, const Dims &out) {
  auto isLive = [](int64_t first, int64_t stride, int64_t count, int64_t size) {
    return first < size && first + (count - 1) * stride >= 0;
  };
  SmallVector<int64_t> taps;
  for (int64_t i = 0; i < w.kh; ++i)
    for (int64_t j = 0; j < w.kw; ++j)
      if (isLive(i * w.dilationH - w.padTop, w.strideH, out.h, in.h) &&
          isLive(j * w.dilationW - w.padLeft, w.strideW, out.w, in.w))
        taps.push_back(i * w.kw + j);
  if (taps.empty())
    taps.push_back(0);
  return taps;
}

Value stackTaps(Moves &moves, Value in, const Window &w, const Dims &out, ArrayRef<int64_t> taps) {
  Dims d = nchwOf(in);
  Value padded = moves.pad(in, {0, 0, w.padTop, w.padLeft}, {0, 0, w.padBottom, w.padRight}, 0);
  SmallVector<Value> parts;
  for (int64_t tap : taps) {
    int64_t top = tap / w.kw * w.dilationH, left = tap % w.kw * w.dilationW;
    Value part = moves.slice(padded, {0, 0, top, left},
                             {d.n, d.c, top + (out.h - 1) * w.strideH + 1, left + (out.w - 1) * w.strideW + 1},
                             {1, 1, w.strideH, w.strideW}, "tap");
    parts.push_back(moves.reshape(part, {d.n, d.c, 1, out.h * out.w}, "tap_row"));
  }
  return parts.size() == 1 ? parts.front() : moves.concat(parts, 2, "taps");
}

} // namespace tpu_mlir
