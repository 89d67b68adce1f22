//===- EvalPlan.h - What a Top module computes, as data ---------*- C++ -*-===//
// Ops describe their fp32 work here, once, when a module is loaded. The plan
// knows tensors and kinds of work but no op; which library computes it, in which
// layout, in which memory and joined with what is decided later, from the plan.
#ifndef TPU_MLIR_INTERPRETER_EVALPLAN_H
#define TPU_MLIR_INTERPRETER_EVALPLAN_H

#include "tpu_mlir/Dialect/Top/IR/Shapes.h"
#include "tpu_mlir/Dialect/Top/IR/WeightStore.h"
#include "tpu_mlir/Kernel/Format.h"
#include "tpu_mlir/Ops/Activation.h"
#include "llvm/ADT/DenseMap.h"

#include <deque>
#include <string>
#include <variant>
#include <vector>

namespace tpu_mlir {
namespace eval {

/// Inputs: image [n, ic, h, w], filter [oc, ic / group, kh, kw], and perhaps a bias [oc].
struct Conv {
  kernel::Window window;
  int64_t group = 1;
};
/// Inputs: left, right, and perhaps a bias [n].
struct MatMul {
  bool leftTransposed = false, rightTransposed = false;
};
struct Pool {
  kernel::Window window;
  bool isMax = false;
  bool countsPadding = false;            ///< whether the divisor of a mean counts padding too
  int64_t ceilBottom = 0, ceilRight = 0; ///< the part of the padding that it never counts
};
struct Unary {
  UnaryFunction function;
};
/// y = x * scale[c] + offset[c] with c of axis 1; vectors of one element hold for every channel.
struct Affine {
  std::vector<float> scale, offset;
};
/// All inputs joined element by element with numpy broadcasting, each times its coefficient first. Rectify: a where a
/// is positive, else a * b.
struct Combine {
  enum class Kind { Add, Sub, Mul, Max, Min, Rectify } kind;
  std::vector<float> coefficients; ///< empty: all 1; of sums and products
};
/// The same elements under another shape.
struct View {};
struct Concat {
  int64_t axis;
};
/// output[i0, i1, ...] = input with index[d][id] on axis sourceAxis[d], for every output axis d; `fill` where an index
/// is negative.
struct Gather {
  std::vector<int64_t> sourceAxis;
  std::vector<std::vector<int64_t>> index;
  float fill = 0;
};
/// An LSTM or a GRU over time. Inputs: sequence [t, b, i], matrices of the input [d, gates * hidden, i] and of the
/// state [d, gates * hidden, hidden], then those of bias, first h and first c that are there.
struct Recurrent {
  bool isLstm = false, resetsAfterProduct = false; ///< the latter: a GRU's `linear_before_reset`
  bool hasBias = false, hasInitialH = false, hasInitialC = false, withCell = false;
  std::vector<bool> isReversed; ///< per direction
  std::vector<int64_t> lengths; ///< per element of the batch; empty: all steps
};
using Work = std::variant<Conv, MatMul, Pool, Unary, Affine, Combine, View, Concat, Gather, Recurrent>;

/// One piece of work on tensors (by number), then `posts` on its result, one after the other.
struct Item {
  Work work;
  std::vector<int> inputs;
  int output;
  std::vector<UnaryFunction> posts;
  /// A tensor of the output's shape that is added after `postsBeforeResidual` of the posts; -1 for none. Its memory may
  /// be overwritten.
  int residual = -1;
  size_t postsBeforeResidual = 0;
};

struct Tensor {
  std::string name;
  std::vector<int64_t> dims;
  const float *constant = nullptr; ///< elements of a weight
  int64_t count() const { return top::elementCount(dims); }
};

} // namespace eval

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
  template <typename OpTy> mlir::LogicalResult compute(OpTy op, eval::Work work, mlir::ArrayRef<mlir::Value> operands) {
    return append(op, std::move(work), operands, postsOf(op));
  }
  /// Of an op that takes several pieces of work, the last one, with the result of `op`.
  mlir::LogicalResult finish(mlir::Operation *op, eval::Work work, std::vector<int> inputs,
                             std::vector<UnaryFunction> posts = {}) {
    return append(op, std::move(work), std::move(inputs), std::move(posts));
  }
  /// A piece before the last: its result is a new tensor, of no name.
  int step(eval::Work work, std::vector<int> inputs, std::vector<int64_t> dims, std::vector<UnaryFunction> posts = {});
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
  int addInput(mlir::Value value) { return define(value); }
  /// The number of the tensor that `value` is; declares weights on the way.
  mlir::FailureOr<int> tensorOf(mlir::Operation *user, mlir::Value value);

  const std::vector<eval::Item> &items() const { return work; }
  const std::vector<eval::Tensor> &tensors() const { return all; }

private:
  mlir::LogicalResult append(mlir::Operation *op, eval::Work work, mlir::ArrayRef<mlir::Value> operands,
                             std::vector<UnaryFunction> posts);
  mlir::LogicalResult append(mlir::Operation *op, eval::Work work, std::vector<int> inputs,
                             std::vector<UnaryFunction> posts);
  int define(mlir::Value value);

  const top::WeightStore &weights;
  std::vector<eval::Item> work;
  std::vector<eval::Tensor> all;
  llvm::DenseMap<mlir::Value, int> numbers;
  std::deque<std::vector<float>> converted;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_INTERPRETER_EVALPLAN_H
