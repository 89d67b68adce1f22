//===- Costs.h - Prices of decoded commands, form by form -------*- C++ -*-===//
// For the table of forms (Forms.cpp). Each reads the fields of its own form.
#ifndef TPU_MLIR_LIB_SIM_COSTS_H
#define TPU_MLIR_LIB_SIM_COSTS_H

#include "tpu_mlir/Sim/Timing.h"

namespace tpu_mlir::sim {

Cost convCost(const isa::Command &command, const target::Chip &chip);
Cost poolCost(const isa::Command &command, const target::Chip &chip);
Cost arithCost(const isa::Command &command, const target::Chip &chip);
Cost quantCost(const isa::Command &command, const target::Chip &chip);
Cost matrixCost(const isa::Command &command, const target::Chip &chip);
Cost matrix2Cost(const isa::Command &command, const target::Chip &chip);
Cost gatherCost(const isa::Command &command, const target::Chip &chip);
Cost transposeCost(const isa::Command &command, const target::Chip &chip);
/// The initial cycles of its kind and one pass over the result.
Cost passCost(const isa::Command &command, const target::Chip &chip);
Cost copyCost(const isa::Command &command, const target::Chip &chip);
Cost systemCost(const isa::Command &command, const target::Chip &chip);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_COSTS_H
