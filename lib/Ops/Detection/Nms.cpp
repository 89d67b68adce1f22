//===- Nms.cpp - Boxes of high scores that do not overlap -----------------===//
// All of top.Nms: its shapes and what the host computes. It has no form on the
// chip: which box is looked at next hangs on all that were chosen before.
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

#include <limits>

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

/// The most rows that there can be; fails, with a diagnostic, where the operands do not fit together.
static FailureOr<int64_t> mostRows(NmsOp op) {
  ArrayRef<int64_t> boxes = shapeOf(op.getBoxes()), scores = shapeOf(op.getScores());
  if (boxes.size() != 3 || boxes[2] != 4)
    return op.emitOpError("'boxes' has shape ") << shapeText(boxes) << "; expected images x boxes x 4";
  if (scores.size() != 3 || scores[0] != boxes[0] || scores[2] != boxes[1])
    return op.emitOpError("'scores' has shape ")
           << shapeText(scores) << "; expected " << boxes[0] << " x classes x " << boxes[1] << " as 'boxes' has it";
  return saturatingProduct(saturatingProduct(scores[0], scores[1]), std::min<int64_t>(op.getMaxOutputSize(), boxes[1]));
}

LogicalResult NmsOp::inferShape() {
  if (!hasStaticShape(getBoxes()) || !hasStaticShape(getScores()))
    return emitOpError("needs every size of 'boxes' and 'scores'");
  FailureOr<int64_t> rows = mostRows(*this);
  if (failed(rows))
    return failure();
  if (!isPossible({*rows, 3}))
    return emitOpError("chooses up to ") << *rows << " boxes, which no tensor holds";
  auto setShape = [](Value v, ArrayRef<int64_t> shape) {
    v.setType(RankedTensorType::get(shape, cast<TensorType>(v.getType()).getElementType()));
  };
  setShape(getIndices(), {*rows, 3});
  setShape(getCount(), {1});
  return success();
}

//===- Verify -------------------------------------------------------------===//

LogicalResult NmsOp::verify() {
  if (int64_t centre = getCenterPointBox(); centre != 0 && centre != 1)
    return emitOpError("'center_point_box' is ") << centre << "; it is 0 (corners) or 1 (centre and size)";
  if (int64_t most = getMaxOutputSize(); most < 1)
    return emitOpError("'max_output_size' is ") << most << "; such a network finds nothing";
  double overlap = getIouThreshold().convertToDouble();
  if (!(overlap >= 0 && overlap <= 1))
    return emitOpError("'iou_threshold' is ") << overlap << "; it is a share of an area, 0 to 1";
  for (auto [name, v] : {std::pair<StringRef, Value>("boxes", getBoxes()), {"scores", getScores()}})
    if (failed(verifyElement(*this, name, v, host::Element::F32)))
      return failure();
  if (failed(verifyElement(*this, "indices", getIndices(), host::Element::I64)) ||
      failed(verifyElement(*this, "count", getCount(), host::Element::I32)))
    return failure();
  if (!hasStaticShapes(*this))
    return success();
  FailureOr<int64_t> rows = mostRows(*this);
  if (failed(rows))
    return failure();
  if (ArrayRef<int64_t> have = shapeOf(getIndices()); have != ArrayRef<int64_t>({*rows, 3}))
    return emitOpError("'indices' has shape ")
           << shapeText(have) << " but operands and attributes give " << shapeText({*rows, 3});
  if (ArrayRef<int64_t> have = shapeOf(getCount()); have != ArrayRef<int64_t>({1}))
    return emitOpError("'count' has shape ") << shapeText(have) << "; it is one number";
  return success();
}

//===- FLOPs --------------------------------------------------------------===//

/// What always happens: a comparison of each score with the threshold.
int64_t NmsOp::flops() { return elementCount(getScores()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult NmsOp::plan(EvalPlan &plan) {
  host::Nms nms;
  nms.isCentre = getCenterPointBox() == 1;
  nms.mostPerClass = getMaxOutputSize();
  nms.iouThreshold = static_cast<float>(getIouThreshold().convertToDouble());
  nms.scoreThreshold = getScoreThreshold() ? static_cast<float>(getScoreThreshold()->convertToDouble())
                                           : -std::numeric_limits<float>::infinity();
  return plan.compute(*this, nms, {getBoxes(), getScores()});
}

} // namespace tpu_mlir::top
