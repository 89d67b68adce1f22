//===- ProgramPrice.h - What a copy program takes ---------------*- C++ -*-===//
// Known to the scheduler before anything is emitted. The family says it.
#ifndef TPU_MLIR_CODEGEN_PROGRAMPRICE_H
#define TPU_MLIR_CODEGEN_PROGRAMPRICE_H

namespace tpu_mlir::codegen {

/// What a copy program takes, and whether it needs local memory. Moves that turn out to be in place are counted, too.
struct ProgramPrice {
  double cycles = 0;
  bool usesLocalMemory = false;
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_PROGRAMPRICE_H
