//===- EvalPlan.h - A Top module as a graph for the host --------*- C++ -*-===//
// Ops describe their work here, once, when a module is loaded: values become
// numbered tensors, weights arrays of elements. What kinds of work there are,
// and how they are computed, is lib/Host's.
#ifndef TPU_MLIR_DIALECT_TOP_IR_EVALPLAN_H
#define TPU_MLIR_DIALECT_TOP_IR_EVALPLAN_H

#include "tpu_mlir/Dialect/Top/IR/Shapes.h"
#include "tpu_mlir/Dialect/Top/IR/WeightStore.h"
#include "tpu_mlir/Host/Graph.h"
#include "llvm/ADT/DenseMap.h"

#include <deque>

namespace tpu_mlir {
class EvalPlan {
public:
  explicit EvalPlan(const top::WeightStore &weights) : weights(weights) {}

  /// The relu of an op that has one.
  template <typename OpTy> static std::vector<UnaryFunction> postsOf(OpTy op) {
    if constexpr (requires { op.getDoRelu(); })
      if (op.getDoRelu())
        return {{UnaryKind::Relu, op.getReluLimit().convertToDouble()}};
    return {};
  }
  /// Appends `work` on `operands` (none is left out) with the result of `op`, then the op's own relu if it has one.
  template <typename OpTy> mlir::LogicalResult compute(OpTy op, host::Work work, mlir::ArrayRef<mlir::Value> operands) {
    return append(op, std::move(work), operands, postsOf(op));
  }
  /// Of an op that takes several pieces of work, the last one, with the result of `op`.
  mlir::LogicalResult finish(mlir::Operation *op, host::Work work, std::vector<int> inputs,
                             std::vector<UnaryFunction> posts = {}) {
    return append(op, std::move(work), std::move(inputs), std::move(posts));
  }
  /// A piece before the last: its result is a new tensor, of no name.
  int step(host::Work work, std::vector<int> inputs, std::vector<int64_t> dims, std::vector<UnaryFunction> posts = {});
  /// A constant that an op makes for its own pieces of work.
  int addConstant(std::vector<float> elements, std::vector<int64_t> dims);
  /// The elements of a weight under another shape.
  int addConstantView(mlir::ArrayRef<float> elements, std::vector<int64_t> dims);
  /// Whether the value is a weight.
  static bool isConstant(mlir::Value value);
  /// The elements of a weight as fp32. Emits a diagnostic on `user` and fails when the value is no weight or its array
  /// is not there.
  mlir::FailureOr<mlir::ArrayRef<float>> constant(mlir::Operation *user, mlir::Value value);

  /// Declares a tensor that comes from outside.
  int addInput(mlir::Value value) {
    graph.inputs.push_back(define(value));
    return graph.inputs.back();
  }
  /// The number of the tensor that `value` is; declares weights, as fp32, on the way.
  mlir::FailureOr<int> tensorOf(mlir::Operation *user, mlir::Value value);

  const std::vector<host::Item> &items() const { return graph.items; }
  const std::vector<host::Tensor> &tensors() const { return graph.tensors; }
  /// Declares a tensor that leaves the graph.
  void addOutput(int number) { graph.outputs.push_back(number); }
  /// The graph, whose constants live as long as this plan.
  const host::Graph &get() const { return graph; }

private:
  mlir::LogicalResult append(mlir::Operation *op, host::Work work, mlir::ArrayRef<mlir::Value> operands,
                             std::vector<UnaryFunction> posts);
  mlir::LogicalResult append(mlir::Operation *op, host::Work work, std::vector<int> inputs,
                             std::vector<UnaryFunction> posts);
  int define(mlir::Value value);
  /// Fails, with a diagnostic, unless the last item's work takes tensors of their types.
  mlir::LogicalResult checkElements(mlir::Operation *op);
  /// The number of a weight whose elements are of its own type, for work on values that are not fp32.
  mlir::FailureOr<int> ownConstant(mlir::Operation *user, mlir::Value value);

  const top::WeightStore &weights;
  host::Graph graph;
  llvm::DenseMap<mlir::Value, int> numbers, ownConstants;
  std::deque<std::vector<float>> converted; ///< constants that the weight file has in another form
};

} // namespace tpu_mlir

#endif // TPU_MLIR_DIALECT_TOP_IR_EVALPLAN_H
