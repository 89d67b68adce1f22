//===- SubnetRules.cpp - Whether a graph that was read can be computed ----===//
// Loops trust their graph; this is where a file's graph earns that. One rule a
// kind of work that a CPU layer can hold.
#include "SubnetRules.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <set>

namespace tpu_mlir::host {

namespace {

constexpr int64_t kMostElements = int64_t(1) << 32;
constexpr size_t kMostAxes = 32;

class Rules {
public:
  explicit Rules(const Graph &graph) : graph(graph), isMade(graph.tensors.size()) {}

  void run() {
    for (size_t t = 0; t < graph.tensors.size(); ++t)
      isMade[t] = graph.tensors[t].constant != nullptr;
    for (int input : graph.inputs)
      make(input);
    for (const Item &item : graph.items) {
      for (int input : item.inputs) {
        requireNumber(input);
        require(isMade[input], "'" + graph.tensors[input].name + "' is read before it is made");
      }
      requireNumber(item.output);
      for (int output : item.moreOutputs)
        requireNumber(output);
      std::visit([&](const auto &work) { check(item, work); }, item.work);
      make(item.output);
      for (int output : item.moreOutputs)
        make(output);
    }
    for (int output : graph.outputs) {
      requireNumber(output);
      require(isMade[output], "'" + graph.tensors[output].name + "' is never made");
    }
  }

private:
  static void require(bool holds, const std::string &sentence) {
    if (!holds)
      throw UserError(sentence);
  }
  void requireNumber(int tensor) const {
    require(tensor >= 0 && size_t(tensor) < graph.tensors.size(), "there is no tensor " + std::to_string(tensor));
  }
  void make(int tensor) {
    requireNumber(tensor);
    require(!isMade[tensor], "'" + graph.tensors[tensor].name + "' is made twice");
    isMade[tensor] = true;
  }
  const Tensor &at(int tensor) const { return graph.tensors[tensor]; }
  void requireCounts(const Item &item, size_t inputs, size_t outputs = 1) const {
    require(item.inputs.size() == inputs && item.moreOutputs.size() + 1 == outputs && item.posts.empty(),
            "'" + at(item.output).name + "' has other operands than its work takes");
  }
  void fits(bool holds, const Item &item) const {
    require(holds, "shapes or types of '" + at(item.output).name + "' do not fit its work");
  }
  /// Whether `dims` broadcast to `out`.
  static bool broadcasts(const Dims &dims, const Dims &out) {
    if (dims.size() > out.size())
      return false;
    for (size_t i = 0; i < dims.size(); ++i)
      if (int64_t size = dims[dims.size() - 1 - i]; size != 1 && size != out[out.size() - 1 - i])
        return false;
    return true;
  }

  void check(const Item &item, const View &) const {
    requireCounts(item, 1);
    const Tensor &in = at(item.inputs[0]), &out = at(item.output);
    fits(in.count() == out.count() && in.element == out.element, item);
  }
  void check(const Item &item, const Convert &) const {
    requireCounts(item, 1);
    fits(at(item.inputs[0]).dims == at(item.output).dims, item);
  }
  void check(const Item &item, const Compare &) const {
    requireCounts(item, 2);
    const Tensor &a = at(item.inputs[0]), &b = at(item.inputs[1]), &out = at(item.output);
    fits(a.element == b.element && out.element == Element::Bool && broadcasts(a.dims, out.dims) &&
             broadcasts(b.dims, out.dims),
         item);
  }
  void check(const Item &item, const Select &) const {
    requireCounts(item, 3);
    const Tensor &out = at(item.output);
    fits(at(item.inputs[0]).element == Element::Bool, item);
    for (size_t k = 0; k < 3; ++k)
      fits(broadcasts(at(item.inputs[k]).dims, out.dims) && (k == 0 || at(item.inputs[k]).element == out.element),
           item);
  }
  void check(const Item &item, const Concat &concat) const {
    require(!item.inputs.empty(), "a join of nothing");
    requireCounts(item, item.inputs.size());
    const Tensor &out = at(item.output);
    fits(concat.axis >= 0 && concat.axis < int64_t(out.dims.size()), item);
    int64_t sum = 0;
    for (int input : item.inputs) {
      Dims dims = at(input).dims;
      fits(dims.size() == out.dims.size() && at(input).element == out.element, item);
      sum += dims[concat.axis];
      dims[concat.axis] = out.dims[concat.axis];
      fits(dims == out.dims, item);
    }
    fits(sum == out.dims[concat.axis], item);
  }
  void check(const Item &item, const Gather &gather) const {
    requireCounts(item, 1);
    const Tensor &in = at(item.inputs[0]), &out = at(item.output);
    size_t rank = out.dims.size();
    fits(in.element == out.element && gather.sourceAxis.size() == rank && gather.index.size() == rank, item);
    std::set<int64_t> axes;
    for (size_t axis = 0; axis < rank; ++axis) {
      int64_t from = gather.sourceAxis[axis];
      fits(from >= 0 && from < int64_t(in.dims.size()) && axes.insert(from).second &&
               int64_t(gather.index[axis].size()) == out.dims[axis],
           item);
      for (int64_t index : gather.index[axis])
        fits(index >= -1 && index < in.dims[from], item);
    }
  }
  void check(const Item &item, const Nms &nms) const {
    requireCounts(item, 2, 2);
    const Tensor &boxes = at(item.inputs[0]), &scores = at(item.inputs[1]), &rows = at(item.output),
                 &count = at(item.moreOutputs[0]);
    fits(boxes.element == Element::F32 && scores.element == Element::F32 && rows.element == Element::I64 &&
             count.element == Element::I32 && count.dims == Dims{1} && boxes.dims.size() == 3 && boxes.dims[2] == 4 &&
             scores.dims.size() == 3 && scores.dims[0] == boxes.dims[0] && scores.dims[2] == boxes.dims[1] &&
             nms.mostPerClass > 0,
         item);
    int64_t most = scores.dims[0] * scores.dims[1] * std::min(nms.mostPerClass, scores.dims[2]);
    fits(rows.dims == Dims{most, 3}, item);
  }
  template <typename T> void check(const Item &item, const T &) const {
    require(false, "'" + at(item.output).name + "' is work that no CPU layer holds");
  }

  const Graph &graph;
  std::vector<bool> isMade;
};

} // namespace

void requirePossible(const Tensor &tensor) {
  if (tensor.dims.empty() || tensor.dims.size() > kMostAxes)
    throw UserError("'" + tensor.name + "' has " + std::to_string(tensor.dims.size()) + " axes");
  int64_t count = 1;
  for (int64_t size : tensor.dims) {
    if (size < 1 || size > kMostElements / count)
      throw UserError("'" + tensor.name + "' has an impossible shape");
    count *= size;
  }
}

void requireComputable(const Graph &graph) { Rules(graph).run(); }

} // namespace tpu_mlir::host
