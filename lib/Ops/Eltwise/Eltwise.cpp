//===- Eltwise.cpp - top.Add, Sub, Mul, Max, Min --------------------------===//
// Element-wise arithmetic over broadcast operands: operand counts, the result,
// and its cost. Products that are activations in disguise are
// ../Activation/Recognise.cpp's.
#include "../Activation/Recognise.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

static constexpr StringRef kOperands[] = {"inputs"};

//===- Infer shape --------------------------------------------------------===//

template <typename EltwiseOp> static FailureOr<Shape> resultShape(EltwiseOp op) {
  Shape shape(shapeOf(op.getInputs().front()));
  for (auto [index, input] : llvm::enumerate(op.getInputs())) {
    FailureOr<Shape> wider = broadcast(shape, shapeOf(input));
    if (failed(wider))
      return op.emitOpError("'inputs[") << index << "]' has shape " << shapeText(shapeOf(input))
                                        << ", which does not broadcast with " << shapeText(shape);
    shape = *wider;
  }
  return shape;
}

LogicalResult AddOp::inferShape() { return inferResult(*this, resultShape<AddOp>, kOperands); }
LogicalResult SubOp::inferShape() { return inferResult(*this, resultShape<SubOp>, kOperands); }
LogicalResult MulOp::inferShape() { return inferResult(*this, resultShape<MulOp>, kOperands); }
LogicalResult MaxOp::inferShape() { return inferResult(*this, resultShape<MaxOp>, kOperands); }
LogicalResult MinOp::inferShape() { return inferResult(*this, resultShape<MinOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

template <typename EltwiseOp> static LogicalResult verifyOperands(EltwiseOp op) {
  if (op.getInputs().size() < 2)
    return op.emitOpError("needs at least two inputs, but it has ") << op.getInputs().size();
  return verifyResult(op, resultShape<EltwiseOp>, kOperands);
}

LogicalResult AddOp::verify() {
  if (auto coeff = getCoeff(); coeff && coeff->size() != getInputs().size())
    return emitOpError("has ") << getInputs().size() << " inputs but 'coeff' has " << coeff->size() << " elements";
  return verifyOperands(*this);
}

LogicalResult SubOp::verify() {
  if (getInputs().size() != 2)
    return emitOpError("needs two inputs, but it has ") << getInputs().size();
  return verifyOperands(*this);
}

LogicalResult MulOp::verify() { return verifyOperands(*this); }
LogicalResult MaxOp::verify() { return verifyOperands(*this); }
LogicalResult MinOp::verify() { return verifyOperands(*this); }

//===- FLOPs --------------------------------------------------------------===//

template <typename EltwiseOp> static int64_t chainFlops(EltwiseOp op, int64_t extra = 0) {
  int64_t perElement = static_cast<int64_t>(op.getInputs().size()) - 1 + extra;
  if constexpr (requires { op.getDoRelu(); })
    perElement += op.getDoRelu();
  return saturatingProduct(perElement, elementCount(op.getOutput()));
}

int64_t AddOp::flops() {
  auto coeff = getCoeff();
  return chainFlops(*this, coeff ? llvm::count_if(*coeff, [](double factor) { return factor != 1; }) : 0);
}
int64_t SubOp::flops() { return chainFlops(*this); }
int64_t MulOp::flops() { return chainFlops(*this); }
int64_t MaxOp::flops() { return chainFlops(*this); }
int64_t MinOp::flops() { return chainFlops(*this); }

//===- Fold / canonicalise ------------------------------------------------===//

void MulOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  addActivationsOfMul(patterns);
}
