//===- Addresses.h - Whether a module's addresses can be --------*- C++ -*-===//
// The last look at what the text of a module says about global memory before
// code is generated from it.
#ifndef TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_ADDRESSES_H
#define TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_ADDRESSES_H

#include "ScheduleOf.h"

namespace tpu_mlir::tpu {

/// Fails, with a diagnostic, unless every weight lies within module.coeff_*, every tensor within module.neuron_*, views
/// where their operands are, and both regions within what the chip addresses. The module has passed checkLowered.
mlir::LogicalResult checkAddresses(mlir::ModuleOp module, const ReadSchedule &schedule,
                                   const schedule::CoefficientMap &map, const target::Chip &chip);

} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_ADDRESSES_H
