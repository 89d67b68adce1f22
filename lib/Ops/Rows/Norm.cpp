//===- Norm.cpp - Normalisations of rows ----------------------------------===//
// All of top.LayerNorm, top.InstanceNorm, top.GroupNorm and top.RMSNorm: which
// elements share a mean, and which weight belongs to which. On the chip all four
// are the same steps in f32, in every mode.
#include "../Affine/Elements.h"
#include "AxisOf.h"
#include "RowMath.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

static constexpr StringRef kOperands[] = {"input", "weight", "bias"};
static constexpr StringRef kRmsOperands[] = {"input", "gamma"};

//===- Infer shape --------------------------------------------------------===//

/// Fails, with a diagnostic, unless weights that are there have `count` elements.
static LogicalResult verifyWeights(Operation *op, OperandNames names, int64_t count, StringRef ofWhat) {
  for (size_t i = 1; i < op->getNumOperands(); ++i)
    if (Value v = op->getOperand(i); !isNone(v) && elementCount(v) != count)
      return op->emitOpError("'") << names[i] << "' has " << elementCount(v) << " elements, but " << ofWhat << " "
                                  << count;
  return success();
}

static FailureOr<Shape> resultShape(LayerNormOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (failed(verifyAxis(op, "axis", op.getAxis(), in.size())))
    return failure();
  ArrayRef<int64_t> normalised = in.drop_front(fromFirst(op.getAxis(), in.size()));
  if (op.getNormalizedShape() != normalised)
    return op.emitOpError("'normalized_shape' is ")
           << shapeText(op.getNormalizedShape()) << ", but 'input' has " << shapeText(normalised) << " from axis "
           << int64_t(op.getAxis()) << " on";
  if (failed(verifyWeights(op, kOperands, elementCount(normalised), "the normalised axes have")))
    return failure();
  return Shape(in);
}

template <typename OpTy> static FailureOr<Shape> channelShape(OpTy op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.size() < 2)
    return op.emitOpError("'input' must have a channel axis 1, but its shape is ") << shapeText(in);
  if (failed(verifyWeights(op, kOperands, in[1], "the channels are")))
    return failure();
  return Shape(in);
}
static FailureOr<Shape> resultShape(InstanceNormOp op) { return channelShape(op); }
static FailureOr<Shape> resultShape(GroupNormOp op) {
  FailureOr<Shape> shape = channelShape(op);
  if (succeeded(shape) && (*shape)[1] % int64_t(op.getNumGroups()))
    return op.emitOpError("'num_groups' is ")
           << op.getNumGroups() << ", which does not divide " << (*shape)[1] << " channels";
  return shape;
}

static FailureOr<Shape> resultShape(RMSNormOp op) {
  ArrayRef<int64_t> in = shapeOf(op.getInput());
  if (in.empty())
    return op.emitOpError("'input' has no axis");
  if (failed(verifyWeights(op, kRmsOperands, in.back(), "the last axis has")))
    return failure();
  return Shape(in);
}

LogicalResult LayerNormOp::inferShape() { return inferResult<LayerNormOp>(*this, resultShape, kOperands); }
LogicalResult InstanceNormOp::inferShape() { return inferResult<InstanceNormOp>(*this, resultShape, kOperands); }
LogicalResult GroupNormOp::inferShape() { return inferResult<GroupNormOp>(*this, resultShape, kOperands); }
LogicalResult RMSNormOp::inferShape() { return inferResult<RMSNormOp>(*this, resultShape, kRmsOperands); }

//===- Verify -------------------------------------------------------------===//

template <typename OpTy> static LogicalResult verifyNorm(OpTy op, OperandNames names) {
  if (double eps = op.getEps().convertToDouble(); !(eps >= 0 && std::isfinite(eps)))
    return op.emitOpError("'eps' must be finite and not negative, but it is ") << eps;
  return verifyResult<OpTy>(op, resultShape, names);
}

LogicalResult LayerNormOp::verify() { return verifyNorm(*this, kOperands); }
LogicalResult InstanceNormOp::verify() { return verifyNorm(*this, kOperands); }
LogicalResult GroupNormOp::verify() {
  if (int64_t(getNumGroups()) < 1)
    return emitOpError("'num_groups' must be positive, but it is ") << int64_t(getNumGroups());
  return verifyNorm(*this, kOperands);
}
LogicalResult RMSNormOp::verify() { return verifyNorm(*this, kRmsOperands); }

//===- FLOPs --------------------------------------------------------------===//

// The mean's sum and its difference, the square's product and sum, the product with the root's reciprocal, and one for
// each weight.
static int64_t normFlops(Operation *op, int64_t perElement) {
  for (Value v : op->getOperands().drop_front())
    perElement += !isNone(v);
  return saturatingProduct(perElement, elementCount(op->getResult(0)));
}

int64_t LayerNormOp::flops() { return normFlops(*this, 5); }
int64_t InstanceNormOp::flops() { return normFlops(*this, 5); }
int64_t GroupNormOp::flops() { return normFlops(*this, 5); }
int64_t RMSNormOp::flops() { return normFlops(*this, 3); }

//===- Interpret ----------------------------------------------------------===//

/// What a normalisation is, whatever its name.
struct Norm {
  Value input, weight, bias; ///< `none`, or null, where there is none
  int64_t count, length;     ///< of rows, and of each
  bool isCentred = true;
  double eps;
  int64_t channels = 0; ///< that weights belong to; 0: to the elements of a row
  int64_t spatial = 1;  ///< elements of a channel
};

static Norm normOf(Operation *op) {
  ArrayRef<int64_t> in = shapeOf(op->getOperand(0));
  const int64_t all = elementCount(in);
  if (auto layer = dyn_cast<LayerNormOp>(op)) {
    const int64_t length = elementCount(layer.getNormalizedShape());
    return {layer.getInput(),
            layer.getWeight(),
            layer.getBias(),
            all / length,
            length,
            true,
            layer.getEps().convertToDouble()};
  }
  if (auto rms = dyn_cast<RMSNormOp>(op))
    return {rms.getInput(), rms.getGamma(), Value(), all / in.back(), in.back(), false, rms.getEps().convertToDouble()};
  auto ofChannels = [&](auto norm, int64_t groups) {
    const int64_t count = in[0] * groups;
    return Norm{norm.getInput(),
                norm.getWeight(),
                norm.getBias(),
                count,
                all / count,
                true,
                norm.getEps().convertToDouble(),
                in[1],
                elementCount(in.drop_front(2))};
  };
  if (auto instance = dyn_cast<InstanceNormOp>(op))
    return ofChannels(instance, in[1]);
  return ofChannels(cast<GroupNormOp>(op), cast<GroupNormOp>(op).getNumGroups());
}

template <typename OpTy> static LogicalResult planNorm(OpTy op, EvalPlan &plan) {
  const Norm norm = normOf(op);
  host::Normalize work{norm.length, norm.isCentred, norm.eps, {}, {}, norm.spatial};
  for (auto [value, into] : {std::pair(norm.weight, &work.weight), std::pair(norm.bias, &work.bias)}) {
    if (!value || isNone(value))
      continue;
    auto data = plan.constant(op, value);
    if (failed(data))
      return failure();
    into->assign(data->begin(), data->end());
  }
  return plan.compute(op, std::move(work), {op.getInput()});
}

LogicalResult LayerNormOp::plan(EvalPlan &plan) { return planNorm(*this, plan); }
LogicalResult InstanceNormOp::plan(EvalPlan &plan) { return planNorm(*this, plan); }
LogicalResult GroupNormOp::plan(EvalPlan &plan) { return planNorm(*this, plan); }
LogicalResult RMSNormOp::plan(EvalPlan &plan) { return planNorm(*this, plan); }

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

template <typename OpTy> struct NormLower : LowerInterface::ExternalModel<NormLower<OpTy>, OpTy> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    for (Value v : op->getOperands().drop_front())
      if (isPresent(v) && !isWeight(v))
        return "its weight or bias is computed by the network";
    return "";
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    const top::Norm norm = top::normOf(op);
    RowMath m(l, op);
    // Whole pieces belong to one channel each.
    const int64_t channelsOfRow = norm.channels ? norm.length / norm.spatial : 1;
    const RowView rows = m.rowsOf(norm.count, norm.length, channelsOfRow);
    Value x = m.moves.reshape(l.dequantize(l.operand(norm.input)), rows.shape, "rows");
    const double each = 1.0 / double(norm.length);
    if (norm.isCentred)
      x = m.sub(x, m.spread(m.reduce(x, rows, "Avg", each), rows), "centred");
    Value square = m.reduce(m.mul(x, x, "square"), rows, "Avg", each);
    Value factor = m.function("rsqrt", m.addConst(square, norm.eps, "with_eps"));
    Value y = m.mul(x, m.spread(factor, rows), "normalised");
    if (isPresent(norm.weight))
      y = m.mul(y, weights(l, op, "weight_rows", norm, rows, norm.weight), "weighted");
    if (norm.bias && isPresent(norm.bias))
      y = m.add(y, weights(l, op, "bias_rows", norm, rows, norm.bias), "biased");
    l.map(op->getResult(0), m.moves.reshapeAsResult(y));
    return success();
  }

  /// A weight as it broadcasts to the rows.
  static Value weights(Lowering &l, Operation *op, StringRef role, const top::Norm &norm, const RowView &rows,
                       Value weight) {
    ArrayRef<float> data = l.weightData(weight);
    SmallVector<int64_t, 4> shape(rows.shape);
    if (!norm.channels) {
      // An element for each of a row: all rows have the same.
      shape[rows.isInPieces ? 0 : 1] = 1;
      return l.addFloats(op, role, data, shape, kernel::DType::F32);
    }
    shape[3] = 1;
    const int64_t perPiece = rows.length() / rows.pieces();
    std::vector<float> ofPieces;
    for (int64_t piece = 0; piece < rows.count() * rows.pieces(); ++piece)
      ofPieces.push_back(data[piece * perPiece / norm.spatial % norm.channels]);
    return l.addFloats(op, role, ofPieces, shape, kernel::DType::F32);
  }
};

} // namespace

void registerNormLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::LayerNormOp::attachInterface<NormLower<top::LayerNormOp>>(*context);
    top::InstanceNormOp::attachInterface<NormLower<top::InstanceNormOp>>(*context);
    top::GroupNormOp::attachInterface<NormLower<top::GroupNormOp>>(*context);
    top::RMSNormOp::attachInterface<NormLower<top::RMSNormOp>>(*context);
  });
}

} // namespace tpu_mlir
