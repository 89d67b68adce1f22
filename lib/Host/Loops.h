//===- Loops.h - The host's own loops ---------------------------*- C++ -*-===//
// Steps that need no library: everything that is not worth one, and convolution
// and matrix product where there is none. Each maker says which layouts it takes.
#ifndef TPU_MLIR_LIB_HOST_LOOPS_H
#define TPU_MLIR_LIB_HOST_LOOPS_H

#include "Layout.h"
#include "Step.h"
#include "tpu_mlir/Host/Graph.h"

#include <memory>

namespace tpu_mlir::host {

using Posts = std::vector<UnaryFunction>;
using StepPtr = std::unique_ptr<Step>;

/// Whether f(0) is 0 for all, so that channels that are only padding stay zero.
bool keepZeros(const Posts &functions);
/// y = f(x) for `count` elements, one function after the other; in place if x is y.
void applyPosts(const Posts &functions, const float *x, float *y, int64_t count);

/// Any layout, the same for input and output. The functions must keep zeros where the layout pads.
StepPtr loopUnary(const Posts &functions, int64_t count);
/// Any layout, the same for input and output. The posts must keep zeros where the layout pads.
StepPtr loopAffine(const Affine &affine, const Posts &posts, const Dims &dims, Layout layout);
/// All inputs of the result's shape and of one layout.
StepPtr loopCombineSame(const Combine &combine, const Posts &posts, size_t inputs, int64_t count);
/// Inputs that broadcast to the result's shape, with sizes as they lie in memory, row-major.
StepPtr loopCombine(const Combine &combine, const Posts &posts, const std::vector<Dims> &inputs, const Dims &out);
/// Along any axis in layouts without blocks; along channels, each input with a multiple of the layout's block.
StepPtr loopConcat(int64_t axis, const Posts &posts, const std::vector<Dims> &inputs, Layout layout);
struct GatherLayouts {
  Layout in, out;
};
/// How to gather from a tensor that is there in layout `in`: from which layout and into which.
GatherLayouts gatherLayouts(const Gather &gather, const Dims &in, const Dims &out, Layout layout);
StepPtr loopGather(const Gather &gather, const Dims &in, const Dims &out, GatherLayouts layouts);
/// Row-major comparisons and choices. `inputs`: the shapes of the step's inputs, which broadcast to `out`. Compared are
/// elements of type `element`, and the result is of `result`; chosen by elements of `condition`, and of `element`.
StepPtr loopCompare(const Compare &compare, Element element, Element result, const std::vector<Dims> &inputs,
                    const Dims &out);
StepPtr loopSelect(const Select &select, Element condition, Element element, const std::vector<Dims> &inputs,
                   const Dims &out);
StepPtr loopExtremes(const Extremes &extremes, const Dims &in);
StepPtr loopTake(const Take &take, const Dims &in, int64_t indices);
/// From one layout to another.
StepPtr loopReorder(const Dims &dims, Layout from, Layout to);

/// Row-major.
StepPtr loopPool(const Pool &pool, const Posts &posts, const Dims &in, const Dims &out);
/// Row-major, all four.
StepPtr loopReduce(const Reduce &reduce, const Posts &posts, const Dims &in);
StepPtr loopSoftmax(const Softmax &softmax, const Posts &posts);
StepPtr loopCumSum(const CumSum &sum, const Posts &posts);
StepPtr loopNormalize(const Normalize &normalize, const Posts &posts, const Dims &dims);
/// Row-major; inputs are image, filter and bias. A residual lies where the result goes.
StepPtr loopConv(const Item &item, const Dims &in, const Dims &out, bool hasBias);
/// Row-major; inputs are left, right and bias.
StepPtr loopMatMul(const MatMul &matmul, const Posts &posts, const Dims &left, const Dims &right, const Dims &out,
                   bool hasBias);
/// Row-major. The result is [t, directions, b, hidden], the cell behind it where it is asked for.
StepPtr loopRecurrent(const Recurrent &layer, const Dims &in, const Dims &out);

/// From one element type to another, in any layout that pads nothing.
StepPtr loopConvert(Element from, Element to, int64_t count);
/// Row-major moves of elements of any type.
StepPtr loopGatherValues(const Gather &gather, Element element, const Dims &in, const Dims &out);
StepPtr loopConcatValues(int64_t axis, Element element, const std::vector<Dims> &inputs);
/// Row-major; `most` rows of the result.
StepPtr loopNms(const Nms &nms, const Dims &boxes, const Dims &scores, int64_t most);

} // namespace tpu_mlir::host

#endif // TPU_MLIR_LIB_HOST_LOOPS_H
