//===- StagedMove.h - Moves through local memory ----------------*- C++ -*-===//
// The emission of a plan that does not go from global to global memory.
#ifndef TPU_MLIR_LIB_BACKEND_TIUGDMA_STAGEDMOVE_H
#define TPU_MLIR_LIB_BACKEND_TIUGDMA_STAGEDMOVE_H

#include "CommandEmitter.h"
#include "MovePlan.h"

namespace tpu_mlir::backend::tiu_gdma {

/// Emits a plan that goes through local memory, which it takes from the start of every lane.
void emitStaged(const MovePlan &plan, DType type, CommandEmitter &emitter, uint64_t source, uint64_t target);

} // namespace tpu_mlir::backend::tiu_gdma

#endif // TPU_MLIR_LIB_BACKEND_TIUGDMA_STAGEDMOVE_H
