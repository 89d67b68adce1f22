//===- WideConv.cpp - Convolutions beyond what a command holds ------------===//
// Windows too far apart become pixels whose channels are all their taps, or, in
// groups, rows of a plane. Of taps too far apart, what each of them sees
// becomes a row of a plane. Taps keep their order, so sums do.
#include "ConvParts.h"
#include "tpu_mlir/Ops/WideWindow.h"

using namespace mlir;

namespace tpu_mlir {

/// What a convolution of another shape computed, under the shape and the name of `whole`.
static Value asResult(Lowering &l, Value product, const ConvParts &whole) {
  auto type = RankedTensorType::get(whole.out, cast<ShapedType>(product.getType()).getElementType());
  return tpu::ReshapeOp::create(l.builder, whole.loc, type, product);
}

FailureOr<Value> createWideStride(const ConvSource &source, Lowering &l, const ConvParts &whole) {
  Moves moves(l, source.op);
  const ConvShape &shape = whole.shape;
  const kernel::Window &w = shape.window;
  Value in = whole.in;
  const Dims d = nchwOf(in), out = nchwOf(whole.out);
  const int64_t taps = w.kh * w.kw, count = out.h * out.w;
  Value windows = layOutWindows(moves, in, w, out, 0);
  ConvParts parts{in, shape, whole.filter, {out.n, out.c, 1, count}, l.roleOf(source.op, "product")};
  if (shape.group == 1 && d.c * taps <= l.chip.limits.maxDim) {
    // In global memory runs of a window's columns move; rows and columns change places in local memory.
    Value rows =
        moves.reshape(moves.permute(windows, {0, 2, 4, 1, 3, 5}, "patches"), {d.n, count, d.c * taps, 1}, "rows");
    parts.in = moves.permute(rows, {0, 2, 3, 1}, "columns");
    parts.shape.window = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  } else {
    Value patches = moves.permute(windows, {0, 1, 2, 4, 3, 5}, "patches");
    parts.in = moves.reshape(patches, {d.n, d.c, count, taps}, "rows");
    parts.shape.window = {1, taps, 1, 1, 1, 1, 0, 0, 0, 0};
    parts.out = {out.n, out.c, count, 1};
  }
  FailureOr<Value> result = createConv(source, l, parts);
  return failed(result) ? result : asResult(l, *result, whole);
}

FailureOr<Value> createWideDilation(const ConvSource &source, Lowering &l, const ConvParts &whole) {
  Moves moves(l, source.op);
  const ConvShape &shape = whole.shape;
  Value in = whole.in;
  Dims d = nchwOf(in), out = nchwOf(whole.out);
  const int64_t taps = shape.window.kh * shape.window.kw;
  SmallVector<int64_t> live = liveTaps(shape.window, d, out);
  const int64_t count = int64_t(live.size());
  std::vector<float> seen;
  for (size_t plane = 0; plane < whole.filter.elements.size(); plane += taps)
    for (int64_t tap : live)
      seen.push_back(whole.filter.elements[plane + tap]);
  ConvParts parts{stackTaps(moves, in, shape.window, out, live),
                  shape,
                  FilterView{seen, false, {}},
                  {out.n, out.c, 1, out.h * out.w},
                  l.roleOf(source.op, "product")};
  parts.shape.window = {count, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  FailureOr<Value> result = createConv(source, l, parts);
  return failed(result) ? result : asResult(l, *result, whole);
}

} // namespace tpu_mlir
