//===- Evaluator.h - Computing a graph on the host --------------*- C++ -*-===//
// Computes graphs with all cores. A graph becomes programs when they are first
// needed: one that computes the outputs only, with joined items and shared
// memory, and one that leaves every tensor behind.
#ifndef TPU_MLIR_HOST_EVALUATOR_H
#define TPU_MLIR_HOST_EVALUATOR_H

#include "tpu_mlir/Host/Graph.h"

#include <functional>
#include <memory>

namespace tpu_mlir::host {

/// What tests and benchmarks may change.
struct EvaluatorOptions {
  /// Use oneDNN where this build has it; otherwise the project's own loops.
  bool useDnnl = true;
  /// Join items into one step where no one asks for the values between them.
  bool fuse = true;
};

/// One graph, loaded. Calls must not overlap; several evaluators may run at the same time.
class Evaluator {
public:
  /// `release` is told of large constants that need not stay in memory for now. UserError where memory is too small.
  explicit Evaluator(Graph graph, const EvaluatorOptions &options = {},
                     std::function<void(std::span<const uint8_t>)> release = nullptr);
  ~Evaluator();
  Evaluator(Evaluator &&) noexcept;

  const Graph &graph() const;
  /// The memory of an input, by tensor number: zeros at first.
  void *input(int tensor);
  /// Computes the outputs from the inputs. With `keepAll` every tensor can be read afterwards. UserError where memory
  /// is too small.
  void run(bool keepAll = false);
  /// Row-major elements of an input or constant, or of what the last run left; valid until the next call. Null where
  /// the tensor was not kept.
  const void *data(int tensor);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace tpu_mlir::host

#endif // TPU_MLIR_HOST_EVALUATOR_H
