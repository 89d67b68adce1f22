//===- MoveInterface.h - Ops that compute nothing ---------------*- C++ -*-===//
// Says of a Top op that its result has its operands' values, so that number
// formats may pass through it. How it moves them is the op's.
#ifndef TPU_MLIR_INTERFACES_MOVEINTERFACE_H
#define TPU_MLIR_INTERFACES_MOVEINTERFACE_H

#include "mlir/IR/OpDefinition.h"

#include "tpu_mlir/Interfaces/MoveInterface.h.inc"

namespace tpu_mlir {

/// Attached to ops that move one operand, and with `isJoin` to those that put several side by side.
template <typename OpT, bool isJoin = false>
struct MovesModel : MoveInterface::ExternalModel<MovesModel<OpT, isJoin>, OpT> {
  bool joins(mlir::Operation *) const { return isJoin; }
};

} // namespace tpu_mlir

#endif // TPU_MLIR_INTERFACES_MOVEINTERFACE_H
