//===- Graph.h - What the host is to compute, as data -----------*- C++ -*-===//
// Tensors, and kinds of work on them, without ops and without MLIR. Top modules
// become graphs when they are loaded, and CPU subnets of a bmodel hold them.
// Which library computes an item, in which layout, in which memory and joined
// with what is decided later, from the graph alone.
#ifndef TPU_MLIR_HOST_GRAPH_H
#define TPU_MLIR_HOST_GRAPH_H

#include "tpu_mlir/Host/Comparing.h"
#include "tpu_mlir/Host/Function.h"
#include "tpu_mlir/Kernel/Format.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tpu_mlir::host {

using Dims = std::vector<int64_t>;

/// Elements of a shape.
inline int64_t countOf(const Dims &dims) {
  int64_t count = 1;
  for (int64_t size : dims)
    count *= size;
  return count;
}

/// What the elements of a tensor are, as the network's author means them. Bool takes a byte, 0 or 1.
enum class Element : uint8_t { F32, I64, I32, I8, U8, Bool };
int64_t sizeOf(Element element);
/// "float32", "int64" ..., as numpy spells them.
const char *nameOf(Element element);
/// The number format in which a chip's memory holds them: 64-bit integers, which must fit, as 32 bits.
kernel::DType formatOf(Element element);

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
  enum class Kind { Add, Sub, Mul, Div, Max, Min, Rectify } kind;
  std::vector<float> coefficients; ///< empty: all 1; of sums and products
};
/// The same elements under another shape; of any type.
struct View {};
/// Of any type.
struct Concat {
  int64_t axis;
};
/// output[i0, i1, ...] = input with index[d][id] on axis sourceAxis[d], for every output axis d; `fill` where an index
/// is negative. Of any type.
struct Gather {
  std::vector<int64_t> sourceAxis;
  std::vector<std::vector<int64_t>> index;
  float fill = 0;
};
/// The same values in the output's type. Floats become integers towards zero, as far as the type reaches (NaN is 0);
/// integers wrap; of a bool, only whether it is zero stays.
struct Convert {};
/// Whether each element is to another of its type, or to `constant`, as the kind says: a bool, or 1 and 0 where the
/// output is fp32. Inputs broadcast as in numpy. A NaN is unequal to everything.
struct Compare {
  Comparing kind;
  std::optional<float> constant = {};
};
/// Inputs: a condition of bools or of numbers, true where they are not 0, then the branches that are no constants, of
/// the output's type; the first where the condition holds. All broadcast as in numpy.
struct Select {
  std::optional<float> yes = {}, no = {};
};
/// Inputs: boxes [n, count, 4] and scores [n, classes, count]. Of each image and class, boxes in the order of falling
/// scores (of equal ones the first first) whose score is above `scoreThreshold`, without those that overlap a chosen
/// one by more than `iouThreshold` of their union, and no more than `mostPerClass`. Outputs: int64 rows of image, class
/// and box, zeros behind the last; and their number, int32 [1]. A box is two opposite corners y, x, y, x or, with
/// `isCentre`, x, y, width, height about its centre.
struct Nms {
  bool isCentre = false;
  int64_t mostPerClass = 0;
  float iouThreshold = 0, scoreThreshold = 0;
};
/// An LSTM or a GRU over time. Inputs: sequence [t, b, i], matrices of the input [d, gates * hidden, i] and of the
/// state [d, gates * hidden, hidden], then those of bias, first h and first c that are there.
struct Recurrent {
  bool isLstm = false, resetsAfterProduct = false; ///< the latter: a GRU's `linear_before_reset`
  bool hasBias = false, hasInitialH = false, hasInitialC = false, withCell = false;
  std::vector<bool> isReversed; ///< per direction
  std::vector<int64_t> lengths; ///< per element of the batch; empty: all steps
};
/// One number of all elements along each axis that `isReduced`, by axis of the input.
struct Reduce {
  enum class Kind { Mean, Sum, Max, Min, Prod, L1, L2 } kind;
  std::vector<bool> isReduced;
};
/// Along the middle of three axes that the input is seen as.
struct Softmax {
  int64_t outer, length, inner;
  bool isLog;
  double beta;
};
struct CumSum {
  int64_t outer, length, inner;
};
/// Rows of `length` elements, each over the root of its mean square plus eps, the mean taken off first where
/// `isCentred`; then the products with `weight` and sums with `bias`: element i has entry i / inner modulo their count.
struct Normalize {
  int64_t length;
  bool isCentred;
  double eps;
  std::vector<float> weight, bias; ///< empty: none
  int64_t inner = 1;
};
/// The `count` largest elements of an axis in order, or their indices; of equal ones the first, or the last, comes
/// first.
struct Extremes {
  int64_t axis, count = 1;
  bool isLargest = true, givesIndices = false, takesLast = false;
};
/// Inputs: elements, indices. Those of an axis with these indices, 0 where there is none; below 0 from the end.
struct Take {
  int64_t axis;
};
using Work = std::variant<Conv, MatMul, Pool, Unary, Affine, Combine, View, Concat, Gather, Convert, Compare, Select,
                          Nms, Recurrent, Reduce, Softmax, CumSum, Normalize, Extremes, Take>;

/// One piece of work on tensors (by number), then `posts` on its result, one after the other.
struct Item {
  Work work;
  std::vector<int> inputs;
  int output;
  std::vector<UnaryFunction> posts;
  std::vector<int> moreOutputs; ///< of work with several results
  /// A tensor of the output's shape that is added after `postsBeforeResidual` of the posts; -1 for none. Its memory may
  /// be overwritten.
  int residual = -1;
  size_t postsBeforeResidual = 0;
};

struct Tensor {
  std::string name;
  Dims dims;
  Element element = Element::F32;
  const void *constant = nullptr; ///< elements of a weight
  int64_t count() const { return countOf(dims); }
  int64_t bytes() const { return count() * sizeOf(element); }
  const float *floats() const { return static_cast<const float *>(constant); }
  std::span<const uint8_t> constantBytes() const {
    return {static_cast<const uint8_t *>(constant), static_cast<size_t>(bytes())};
  }
};

/// Items in an order in which they can be computed. Whoever makes a graph keeps its constants alive.
struct Graph {
  std::vector<Tensor> tensors;
  std::vector<Item> items;
  std::vector<int> inputs, outputs;
};

} // namespace tpu_mlir::host

#endif // TPU_MLIR_HOST_GRAPH_H
