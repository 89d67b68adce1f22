//===- AxisPools.cpp - Pools that no command or memory holds --------------===//
// A window of rows and columns is one of columns, and of their results one of
// rows. Each then lies in local memory, may step as far as it likes (windows in
// rows of their own, which for one axis takes no more than another shape), and,
// where there is only one, may be cut in pieces.
#include "AxisPools.h"
#include "tpu_mlir/Ops/WideWindow.h"

#include <algorithm>

using namespace mlir;

namespace tpu_mlir {
using kernel::Dims;
using kernel::Window;

NamedAttrList reluOf(Operation *op) {
  NamedAttrList attrs;
  for (StringRef name : {"do_relu", "relu_limit"})
    attrs.set(name, op->getAttr(name));
  return attrs;
}

Value createPool(Lowering &l, Location loc, Type type, Value in, Value divisors, StringRef mode, const Window &w,
                 NamedAttrList attrs) {
  Builder &b = l.builder;
  attrs.set("pool_mode", b.getStringAttr(mode));
  attrs.set("kernel_shape", b.getDenseI64ArrayAttr({w.kh, w.kw}));
  attrs.set("strides", b.getDenseI64ArrayAttr({w.strideH, w.strideW}));
  attrs.set("pads", b.getDenseI64ArrayAttr({w.padTop, w.padLeft, w.padBottom, w.padRight}));
  return tpu::Pool2DOp::create(l.builder, loc, TypeRange{type}, ValueRange{in, divisors}, attrs.getAttrs());
}

std::vector<int64_t> countsOf(int64_t out, int64_t kernel, int64_t stride, int64_t before, int64_t size,
                              int64_t countedBefore, int64_t countedAfter) {
  std::vector<int64_t> counts;
  for (int64_t o = 0; o < out; ++o) {
    int64_t begin = o * stride - before, end = begin + kernel;
    counts.push_back(std::max<int64_t>(1, std::min(end, size + countedAfter) - std::max(begin, -countedBefore)));
  }
  return counts;
}

/// Elements of a window that local memory holds, with room for what is made of them.
static int64_t mostElements(const Lowering &l, Value in) {
  constexpr int64_t kRoom = 1024;
  return (l.chip.local.laneBytes - kRoom) / kernel::byteSize(formatOf(in).dtype);
}

bool fitsLocalMemory(const Lowering &l, const Window &w, Value in) {
  int64_t longest = hasWideStride(l, w) ? w.kh * w.kw : std::max(w.kh, w.kw);
  return longest <= l.chip.limits.maxDim && w.kh * w.kw <= mostElements(l, in);
}

namespace {

class AxisPools {
public:
  AxisPools(Lowering &l, Operation *op, StringRef mode) : l(l), op(op), moves(l, op), mode(mode) {}

  /// `last`: attributes of the pool that ends the whole.
  Value along(Value in, const Line &line, const NamedAttrList &last) {
    Dims d = nchwOf(in), out = d;
    (line.axis ? out.w : out.h) = line.count;
    Window w = line.window();
    if (line.count == 1 && line.kernel > std::min(mostElements(l, in), l.chip.limits.maxDim))
      return inPieces(in, line, out, last);
    if (!hasWideStride(l, w)) {
      in = padWhereTooWide(l, in, w, op, padValue());
      return create(in, {out.n, out.c, out.h, out.w}, w, last);
    }
    // Windows as rows (or columns) of their own, what lies across the axis as channels.
    Value windows = layOutWindows(moves, in, w, out, padValue(), line.axis == 0, line.axis == 1);
    const int64_t across = line.axis ? d.h : line.count, rows = line.axis ? line.count : line.kernel,
                  columns = line.axis ? line.kernel : d.w;
    windows = moves.reshape(windows, {d.n, d.c * across, rows, columns}, "rows");
    w.strideH = w.strideW = 1;
    w.padTop = w.padLeft = w.padBottom = w.padRight = 0;
    Value pooled = create(windows, {d.n, d.c * across, line.axis ? rows : 1, line.axis ? 1 : columns}, w, last);
    return moves.reshape(pooled, {out.n, out.c, out.h, out.w}, "pool_shape");
  }

private:
  double padValue() const { return mode == "Max" ? -INFINITY : 0; }

  Value create(Value in, ArrayRef<int64_t> shape, const Window &w, const NamedAttrList &attrs) {
    auto type = RankedTensorType::get(shape, cast<ShapedType>(in.getType()).getElementType());
    return createPool(l, l.roleOf(op, "pool"), type, in, l.none(op->getLoc()), mode, w, attrs);
  }

  /// One window, longer than local memory: of its pieces, then of their results.
  Value inPieces(Value in, const Line &line, const Dims &out, const NamedAttrList &last) {
    const Dims d = nchwOf(in);
    Value whole = layOutWindows(moves, in, line.window(), out, padValue(), line.axis == 0, line.axis == 1);
    whole = moves.reshape(whole, {d.n, d.c, line.axis ? d.h : line.kernel, line.axis ? line.kernel : d.w}, "window");
    int64_t most = std::min(mostElements(l, in), l.chip.limits.maxDim), pieces = (line.kernel + most - 1) / most;
    int64_t length = (line.kernel + pieces - 1) / pieces;
    Value parts = along(whole, {line.axis, length, length, 0, 0, pieces}, {});
    return along(parts, {line.axis, pieces, 1, 0, 0, 1}, last);
  }

  Lowering &l;
  Operation *op;
  Moves moves;
  StringRef mode;
};

} // namespace

Value createLinePool(Lowering &l, Operation *op, Value in, const Line &line, StringRef mode,
                     const NamedAttrList &last) {
  return AxisPools(l, op, mode).along(in, line, last);
}

Value createAxisPools(Lowering &l, Operation *op, Value in, const Window &w, StringRef mode,
                      const std::vector<float> &factors) {
  AxisPools pools(l, op, mode);
  const Dims out = nchwOf(op->getResult(0));
  const bool isUniform =
      std::count(factors.begin(), factors.end(), factors.empty() ? 0 : factors[0]) == int64_t(factors.size());
  NamedAttrList last = factors.empty() || isUniform ? reluOf(op) : NamedAttrList();
  if (!factors.empty() && isUniform)
    last.set("scale", l.builder.getF64FloatAttr(factors[0]));
  Value result = pools.along(in, {1, w.kw, w.strideW, w.padLeft, w.padRight, out.w}, {});
  result = pools.along(result, {0, w.kh, w.strideH, w.padTop, w.padBottom, out.h}, last);
  if (isUniform)
    return Moves(l, op).reshapeAsResult(result);
  Value weight = l.addFloats(op, "divisors", factors, {1, 1, out.h, out.w}, kernel::DType::F32);
  return tpu::MulOp::create(l.builder, op->getLoc(), TypeRange{result.getType()}, ValueRange{result, weight},
                            reluOf(op).getAttrs());
}

} // namespace tpu_mlir
