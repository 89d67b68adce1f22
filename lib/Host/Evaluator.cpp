//===- Evaluator.cpp - Computing a graph on the host ----------------------===//
// Memory of inputs, the two programs of a graph, and reading tensors back in
// row-major order. What may be joined is Fuse's, what computes it Compile's.
#include "tpu_mlir/Host/Evaluator.h"
#include "Compile.h"
#include "Fuse.h"
#include "tpu_mlir/Support/Memory.h"

#include <algorithm>
#include <map>

namespace tpu_mlir::host {

struct Evaluator::State {
  Graph graph;
  EvaluatorOptions options;
  std::function<void(std::span<const uint8_t>)> release;
  std::unique_ptr<DnnlContext> dnnl;
  std::map<int, std::vector<uint8_t>> inputs;
  /// The program of the last run, and those of the two kinds of run.
  Compiled *last = nullptr;
  std::unique_ptr<Compiled> forOutputs, forAll;
  std::vector<float> rowMajor; ///< the tensor read last, where its program has it in another layout

  /// Large weights are read where their file has them, and need not stay in memory behind it.
  void released(std::span<const uint8_t> constant) const {
    constexpr size_t kLarge = size_t(1) << 20;
    if (release && constant.size() >= kLarge)
      release(constant);
  }

  std::unique_ptr<Compiled> compileFor(bool keepAll);
};

std::unique_ptr<Compiled> Evaluator::State::compileFor(bool keepAll) {
  std::vector<bool> isKept(graph.tensors.size());
  std::vector<const void *> inputMemory(graph.tensors.size());
  for (int number : graph.outputs)
    isKept[number] = true;
  for (auto &[number, memory] : inputs) {
    isKept[number] = true;
    inputMemory[number] = memory.data();
  }
  std::vector<Item> items = graph.items;
  if (!keepAll && options.fuse)
    items = fuse(
        items, graph.tensors, isKept, dnnl ? DnnlContext::hasFunction : +[](const UnaryFunction &) { return true; },
        dnnl != nullptr);
  return std::make_unique<Compiled>(
      compile({std::move(items), graph.tensors, std::move(inputMemory), graph.outputs, keepAll, dnnl.get()}));
}

Evaluator::Evaluator(Graph graph, const EvaluatorOptions &options,
                     std::function<void(std::span<const uint8_t>)> release)
    : state(std::make_unique<State>()) {
  State &s = *state;
  s.graph = std::move(graph);
  s.options = options;
  s.release = std::move(release);
  s.dnnl = options.useDnnl ? DnnlContext::create() : nullptr;
  if (s.dnnl)
    s.dnnl->onPacked = [&s](std::span<const uint8_t> constant) { s.released(constant); };
  for (int number : s.graph.inputs) {
    const Tensor &tensor = s.graph.tensors[number];
    requireMemory(uint64_t(tensor.bytes()), "input '" + tensor.name + "'");
    s.inputs[number].assign(tensor.bytes(), 0);
  }
}

Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator &&) noexcept = default;

const Graph &Evaluator::graph() const { return state->graph; }

void *Evaluator::input(int tensor) { return state->inputs.at(tensor).data(); }

void Evaluator::run(bool keepAll) {
  State &s = *state;
  std::unique_ptr<Compiled> &compiled = keepAll ? s.forAll : s.forOutputs;
  if (!compiled)
    compiled = s.compileFor(keepAll);
  s.last = compiled.get();
  s.last->program.run([&s](std::span<const uint8_t> constant) { s.released(constant); });
}

const void *Evaluator::data(int number) {
  State &s = *state;
  if (auto input = s.inputs.find(number); input != s.inputs.end())
    return input->second.data();
  const Tensor &tensor = s.graph.tensors[number];
  if (tensor.constant)
    return tensor.constant;
  const std::vector<int> &outputs = s.graph.outputs;
  bool isThere = s.last && (s.last == s.forAll.get() || std::count(outputs.begin(), outputs.end(), number));
  if (!isThere)
    return nullptr;
  Stored stored = s.last->stored[number];
  const void *data = s.last->program.data(stored.buffer);
  if (stored.layout.isPlain())
    return data;
  s.rowMajor.resize(tensor.count());
  auto step = s.dnnl ? s.dnnl->reorder(tensor.dims, stored.layout, Layout::plain())
                     : loopReorder(tensor.dims, stored.layout, Layout::plain());
  step->bind({data}, {s.rowMajor.data()}, nullptr);
  step->run();
  return s.rowMajor.data();
}

} // namespace tpu_mlir::host
