//===- Extremes.cpp - The larger and the smaller of tensors ---------------===//
// All of top.Max, top.Min, tpu.Max and tpu.Min. Integers of other scales are
// requantised first: that keeps order, so nothing is lost but what the result's
// format cannot tell apart.
#include "Broadcast.h"
#include "Operands.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Primitive/Binary.h"

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

LogicalResult MaxOp::inferShape() { return inferResult(*this, eltwiseShape<MaxOp>, kOperands); }
LogicalResult MinOp::inferShape() { return inferResult(*this, eltwiseShape<MinOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult MaxOp::verify() { return verifyOperands(*this); }
LogicalResult MinOp::verify() { return verifyOperands(*this); }

//===- FLOPs --------------------------------------------------------------===//

int64_t MaxOp::flops() { return chainFlops(*this); }
int64_t MinOp::flops() { return chainFlops(*this); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult MaxOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Combine{host::Combine::Kind::Max, {}}, SmallVector<Value>(getInputs()));
}
LogicalResult MinOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Combine{host::Combine::Kind::Min, {}}, SmallVector<Value>(getInputs()));
}

} // namespace tpu_mlir::top

namespace tpu_mlir {

//===- Lower --------------------------------------------------------------===//

namespace {

template <typename TopOp, typename TpuOp>
struct ExtremeLower : LowerInterface::ExternalModel<ExtremeLower<TopOp, TpuOp>, TopOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto extreme = cast<TopOp>(op);
    NumberFormat out = l.formatOfResult(extreme.getOutput());
    SmallVector<Value> values;
    for (auto [i, v] : llvm::enumerate(extreme.getInputs())) {
      if (l.isQuantized() && isWeight(v))
        values.push_back(quantised(op, l, v, out, i));
      else
        values.push_back(l.isQuantized() ? l.requantize(l.operand(v), out, l.roleOf(op, "requant_" + std::to_string(i)))
                                         : l.operand(v));
    }
    repeatToFourAxes(l, op, values, shapeOf(extreme.getOutput()));
    l.map(extreme.getOutput(), TpuOp::create(l.builder, op->getLoc(), l.typeOf(extreme.getOutput(), out), values,
                                             /*ginfo=*/Attribute()));
    return success();
  }

  /// A weight in the result's own format: beyond its range, it decides as the range's end does.
  static Value quantised(Operation *op, Lowering &l, Value weight, const NumberFormat &out, size_t index) {
    std::vector<uint8_t> stored;
    for (float v : l.weightData(weight))
      stored.push_back(uint8_t(quantizeOne(v, out)));
    Value made = l.addWeightBytes(op, "weight_" + std::to_string(index), std::move(stored), shapeOf(weight), out.dtype);
    made.setType(RankedTensorType::get(shapeOf(weight), elementTypeOf(op->getContext(), out)));
    return made;
  }
};

} // namespace

void registerExtremesLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::MaxOp::attachInterface<ExtremeLower<top::MaxOp, tpu::MaxOp>>(*context);
    top::MinOp::attachInterface<ExtremeLower<top::MinOp, tpu::MinOp>>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

template <typename OpT> static LogicalResult verifyExtreme(OpT op) {
  if (failed(verifyTensors(op)) || failed(verifyBroadcastDims(op, op.getInputs(), op.getOutput())))
    return failure();
  if (op.getInputs().size() < 2)
    return op.emitOpError() << "takes 2 inputs or more, got " << op.getInputs().size();
  for (Value v : op.getInputs())
    if (formatOf(v) != formatOf(op.getOutput()))
      return op.emitOpError() << "inputs and 'output' have one number format, got " << v.getType() << " and "
                              << op.getOutput().getType();
  return success();
}

LogicalResult tpu::MaxOp::verify() { return verifyExtreme(*this); }
LogicalResult tpu::MinOp::verify() { return verifyExtreme(*this); }

//===- Form ---------------------------------------------------------------===//

template <typename OpT> static Form extremeForm(OpT op, kernel::BinaryOp kind) {
  Recipe r;
  const BroadcastDims dims = broadcastDims(op, op.getInputs(), op.getOutput());
  const Dims out = dims.result;
  SmallVector<int> in;
  for (auto [i, v] : llvm::enumerate(op.getInputs()))
    in.push_back(addBroadcast(r, i, v, dims.operands[i], out));
  int y = r.addOutput(formatOf(op.getOutput()).dtype, out);
  for (size_t i = 1; i < in.size(); ++i) {
    r.steps.push_back(primitive::binary(kind, y, i == 1 ? in[0] : y, in[i]));
  }
  return r;
}

Form tpu::MaxOp::form() { return extremeForm(*this, kernel::BinaryOp::Max); }
Form tpu::MinOp::form() { return extremeForm(*this, kernel::BinaryOp::Min); }

} // namespace tpu_mlir
