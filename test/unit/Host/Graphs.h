//===- Graphs.h - Small graphs for tests ------------------------*- C++ -*-===//
// Builds graphs item by item and runs them on values.
#ifndef TPU_MLIR_TEST_UNIT_HOST_GRAPHS_H
#define TPU_MLIR_TEST_UNIT_HOST_GRAPHS_H

#include "tpu_mlir/Host/Evaluator.h"

#include <cstring>

namespace tpu_mlir::host {

class GraphOf {
public:
  int input(Dims dims, Element element = Element::F32) {
    graph.inputs.push_back(tensor(std::move(dims), element));
    return graph.inputs.back();
  }
  int constant(Dims dims, Element element, const void *data) {
    int made = tensor(std::move(dims), element);
    graph.tensors[made].constant = data;
    return made;
  }
  int add(Work work, std::vector<int> inputs, Dims dims, Element element = Element::F32) {
    int made = tensor(std::move(dims), element);
    graph.items.push_back({std::move(work), std::move(inputs), made, {}, {}});
    return made;
  }
  /// Rows and count.
  std::pair<int, int> nms(Nms nms, int boxes, int scores) {
    const Dims &s = graph.tensors[scores].dims;
    int rows = add(nms, {boxes, scores}, {s[0] * s[1] * std::min(nms.mostPerClass, s[2]), 3}, Element::I64);
    int count = tensor({1}, Element::I32);
    graph.items.back().moreOutputs = {count};
    return {rows, count};
  }
  template <typename T> static std::vector<T> read(Evaluator &evaluator, int tensor) {
    std::vector<T> values(evaluator.graph().tensors[tensor].count());
    std::memcpy(values.data(), evaluator.data(tensor), values.size() * sizeof(T));
    return values;
  }
  template <typename T> static void set(Evaluator &evaluator, int input, const std::vector<T> &values) {
    std::memcpy(evaluator.input(input), values.data(), values.size() * sizeof(T));
  }

  Graph graph;

private:
  int tensor(Dims dims, Element element) {
    graph.tensors.push_back({"t" + std::to_string(graph.tensors.size()), std::move(dims), element, nullptr});
    return int(graph.tensors.size()) - 1;
  }
};

} // namespace tpu_mlir::host

#endif // TPU_MLIR_TEST_UNIT_HOST_GRAPHS_H
