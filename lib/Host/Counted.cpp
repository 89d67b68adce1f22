//===- Counted.cpp - Tensors whose size hangs on data ---------------------===//
// One rule for each kind of work: what becomes of the counted axis of an input.
// Work that lets elements behind the end meet others is a problem.
#include "tpu_mlir/Host/Counted.h"

#include <algorithm>

namespace tpu_mlir::host {

namespace {

class Follow {
public:
  explicit Follow(const Graph &graph) : graph(graph), result{{}, -1, ""} { result.of.resize(graph.tensors.size()); }

  CountedTensors run() && {
    for (size_t i = 0; i < graph.items.size() && result.problemItem < 0; ++i) {
      const Item &item = graph.items[i];
      current = int(i);
      if (std::holds_alternative<Nms>(item.work)) {
        result.of[item.output] = Counted{0, item.moreOutputs[0]};
        continue;
      }
      for (size_t k = 0; k < item.inputs.size(); ++k)
        if (const auto &counted = result.of[item.inputs[k]])
          std::visit([&](const auto &work) { pass(item, k, *counted, work); }, item.work);
    }
    return std::move(result);
  }

private:
  const Dims &dims(int tensor) const { return graph.tensors[tensor].dims; }

  void refuse(const std::string &why) {
    if (result.problemItem < 0)
      result.problemItem = current, result.problem = why;
  }
  void set(const Item &item, int64_t axis, const Counted &counted) {
    auto &of = result.of[item.output];
    if (of && (of->axis != axis || of->by != counted.by))
      return refuse("joins tensors of two lengths that only the data say");
    of = Counted{axis, counted.by};
  }

  /// Element-wise with numpy broadcasting.
  void passElements(const Item &item, size_t k, const Counted &counted) {
    int64_t axis = counted.axis + int64_t(dims(item.output).size() - dims(item.inputs[k]).size());
    // Where another input is as long without a count, its elements behind the end are dropped with them.
    set(item, axis, counted);
  }
  void pass(const Item &item, size_t k, const Counted &c, const Unary &) { passElements(item, k, c); }
  void pass(const Item &item, size_t k, const Counted &c, const Combine &) { passElements(item, k, c); }
  void pass(const Item &item, size_t k, const Counted &c, const Convert &) { passElements(item, k, c); }
  void pass(const Item &item, size_t k, const Counted &c, const Compare &) { passElements(item, k, c); }
  void pass(const Item &item, size_t k, const Counted &c, const Select &) { passElements(item, k, c); }
  void pass(const Item &item, size_t k, const Counted &c, const Affine &affine) {
    if (c.axis == 1 && (affine.scale.size() > 1 || affine.offset.size() > 1))
      return refuse("has a number for each channel, but how many channels there are only the data say");
    passElements(item, k, c);
  }

  void pass(const Item &item, size_t k, const Counted &c, const View &) {
    const Dims &in = dims(item.inputs[k]), &out = dims(item.output);
    int64_t before = 1, size = in[c.axis];
    for (int64_t axis = 0; axis < c.axis; ++axis)
      before *= in[axis];
    int64_t have = 1;
    for (size_t axis = 0; axis < out.size(); have *= out[axis++])
      if (have == before && out[axis] == size)
        return set(item, int64_t(axis), c);
    refuse("joins an axis whose length only the data say with others");
  }
  void pass(const Item &item, size_t, const Counted &c, const Concat &concat) {
    if (concat.axis == c.axis)
      return refuse("puts something behind a tensor whose length only the data say");
    set(item, c.axis, c);
  }
  void pass(const Item &item, size_t k, const Counted &c, const Gather &gather) {
    auto at = std::find(gather.sourceAxis.begin(), gather.sourceAxis.end(), c.axis);
    bool keepsOrder = at != gather.sourceAxis.end();
    int64_t axis = at - gather.sourceAxis.begin();
    if (keepsOrder) {
      const std::vector<int64_t> &index = gather.index[axis];
      keepsOrder = int64_t(index.size()) == dims(item.inputs[k])[c.axis];
      for (size_t i = 0; keepsOrder && i < index.size(); ++i)
        keepsOrder = index[i] == int64_t(i);
    }
    if (!keepsOrder)
      return refuse("takes elements by their places along an axis whose length only the data say");
    set(item, axis, c);
  }

  /// Whether each position of an axis is computed from the one that is the same of the input.
  static bool isAside(int64_t axis, const kernel::Window &w) {
    return axis == 2   ? w.kh == 1 && w.strideH == 1 && !w.padTop && !w.padBottom
           : axis == 3 ? w.kw == 1 && w.strideW == 1 && !w.padLeft && !w.padRight
                       : axis == 0;
  }
  void pass(const Item &item, size_t k, const Counted &c, const Conv &conv) {
    if (k > 0 || !isAside(c.axis, conv.window))
      return refuse("mixes neighbours along an axis whose length only the data say");
    set(item, c.axis, c);
  }
  void pass(const Item &item, size_t, const Counted &c, const Pool &pool) {
    if (c.axis != 1 && !isAside(c.axis, pool.window))
      return refuse("mixes neighbours along an axis whose length only the data say");
    set(item, c.axis, c);
  }
  void pass(const Item &, size_t, const Counted &, const Recurrent &) {
    refuse("goes from step to step along axes whose length only the data say");
  }
  void passRows() { refuse("joins elements along rows where only the data say how many there are"); }
  void pass(const Item &, size_t, const Counted &, const Extremes &) { passRows(); }
  void pass(const Item &, size_t, const Counted &, const Take &) { passRows(); }
  void pass(const Item &, size_t, const Counted &, const Reduce &) { passRows(); }
  void pass(const Item &, size_t, const Counted &, const Softmax &) { passRows(); }
  void pass(const Item &, size_t, const Counted &, const CumSum &) { passRows(); }
  void pass(const Item &, size_t, const Counted &, const Normalize &) { passRows(); }
  void pass(const Item &item, size_t k, const Counted &c, const MatMul &matmul) {
    const Dims &in = dims(item.inputs[k]), &out = dims(item.output);
    int64_t fromEnd = int64_t(in.size()) - c.axis; // 1: columns as they lie
    bool isTurned = k == 0 ? matmul.leftTransposed : matmul.rightTransposed;
    if (fromEnd < 3 && isTurned)
      fromEnd = 3 - fromEnd;
    if (k > 1 || fromEnd == (k == 0 ? 1 : 2))
      return refuse("sums over an axis whose length only the data say");
    set(item, int64_t(out.size()) - fromEnd, c);
  }
  void pass(const Item &, size_t, const Counted &, const Nms &) {}

  const Graph &graph;
  CountedTensors result;
  int current = 0;
};

} // namespace

CountedTensors countedTensors(const Graph &graph) { return Follow(graph).run(); }

} // namespace tpu_mlir::host
