//===- ShapeEval.cpp - Ops that move data, in fp32 ------------------------===//
// Reshapes are views; slices, permutations, padding and upsampling say for each
// index of the result where its element comes from.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interpreter/EvalPlan.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace tpu_mlir;

/// The gathering of axis d of `out` from axis d of the input by `index(d, i)`.
template <typename Function> static eval::Gather gatherAxes(Value out, Function index) {
  eval::Gather gather;
  for (auto [axis, size] : llvm::enumerate(top::shapeOf(out))) {
    gather.sourceAxis.push_back(axis);
    auto &list = gather.index.emplace_back();
    for (int64_t i = 0; i < size; ++i)
      list.push_back(index(axis, i));
  }
  return gather;
}

LogicalResult top::ReshapeOp::plan(EvalPlan &plan) { return plan.compute(*this, eval::View{}, {getInput()}); }
LogicalResult top::FlattenOp::plan(EvalPlan &plan) { return plan.compute(*this, eval::View{}, {getInput()}); }

LogicalResult top::ConcatOp::plan(EvalPlan &plan) {
  int64_t rank = shapeOf(getOutput()).size(), axis = getAxis();
  return plan.compute(*this, eval::Concat{axis < 0 ? axis + rank : axis}, SmallVector<Value>(getInputs()));
}

LogicalResult top::SliceOp::plan(EvalPlan &plan) {
  ArrayRef<int64_t> offset = getOffset(), steps = getSteps();
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) { return offset[axis] + i * steps[axis]; });
  return plan.compute(*this, std::move(gather), {getInput()});
}

LogicalResult top::GatherOp::plan(EvalPlan &plan) {
  ArrayRef<int64_t> indices = getIndices();
  const size_t along = getAxis();
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) { return axis == along ? indices[i] : i; });
  return plan.compute(*this, std::move(gather), {getInput()});
}

LogicalResult top::PermuteOp::plan(EvalPlan &plan) {
  auto gather = gatherAxes(getOutput(), [](size_t, int64_t i) { return i; });
  gather.sourceAxis.assign(getOrder().begin(), getOrder().end());
  return plan.compute(*this, std::move(gather), {getInput()});
}

LogicalResult top::UpsampleOp::plan(EvalPlan &plan) {
  int64_t scales[] = {1, 1, static_cast<int64_t>(getScaleH()), static_cast<int64_t>(getScaleW())};
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) { return i / scales[axis]; });
  return plan.compute(*this, std::move(gather), {getInput()});
}

LogicalResult top::PadOp::plan(EvalPlan &plan) {
  ArrayRef<int64_t> in = shapeOf(getInput()), paddings = getPaddings();
  StringRef mode = getMode();
  auto gather = gatherAxes(getOutput(), [&](size_t axis, int64_t i) -> int64_t {
    int64_t position = i - paddings[axis], last = in[axis] - 1;
    if (position >= 0 && position <= last)
      return position;
    if (mode == "edge")
      return std::clamp<int64_t>(position, 0, last);
    if (mode == "reflect")
      return position < 0 ? -position : 2 * last - position;
    return -1;
  });
  gather.fill = static_cast<float>(getVal().convertToDouble());
  return plan.compute(*this, std::move(gather), {getInput()});
}
