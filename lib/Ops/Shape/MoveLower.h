//===- MoveLower.h - Lowering ops that move one operand ---------*- C++ -*-===//
// Their result keeps the operand's number format, whatever the mode, so nothing
// is computed, and the Tpu op has the Top op's attributes.
#ifndef TPU_MLIR_LIB_OPS_SHAPE_MOVELOWER_H
#define TPU_MLIR_LIB_OPS_SHAPE_MOVELOWER_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"

namespace tpu_mlir {

/// The result of `op` as a TpuOp of `in`, with those attributes of `op` that a TpuOp has.
template <typename TpuOp> void lowerMove(mlir::Operation *op, mlir::Value in, Lowering &l) {
  mlir::NamedAttrList attrs;
  for (llvm::StringRef name : TpuOp::getAttributeNames())
    if (mlir::Attribute a = op->getAttr(name))
      attrs.set(name, a);
  l.map(op->getResult(0),
        TpuOp::create(l.builder, op->getLoc(), mlir::TypeRange{l.typeOf(op->getResult(0), formatOf(in))},
                      mlir::ValueRange{in}, attrs.getAttrs()));
}

/// Ops of which every one has a Tpu op.
template <typename TopOp, typename TpuOp>
struct MoveLower : LowerInterface::ExternalModel<MoveLower<TopOp, TpuOp>, TopOp> {
  std::string whyNotLowered(mlir::Operation *, const Lowering &) const { return ""; }
  mlir::LogicalResult lower(mlir::Operation *op, Lowering &l) const {
    lowerMove<TpuOp>(op, l.operandAsIs(op->getOperand(0)), l);
    return mlir::success();
  }
};

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_OPS_SHAPE_MOVELOWER_H
