//===- MachineOf.h - What code generation asks of a chip --------*- C++ -*-===//
// From the chip's data file to the sizes and tables that code generation works
// with. Takes numbers over and decides none.
#ifndef TPU_MLIR_BACKEND_MACHINEOF_H
#define TPU_MLIR_BACKEND_MACHINEOF_H

#include "tpu_mlir/Codegen/Emitter.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::codegen {
/// `laneBytes`: bytes of local memory per lane to use, 0 for all; a multiple of the bank size.
Machine machineOf(const target::Chip &chip, int64_t laneBytes = 0);
} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_BACKEND_MACHINEOF_H
