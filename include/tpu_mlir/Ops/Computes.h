//===- Computes.h - Arithmetic of floats inside a lowering ------*- C++ -*-===//
// Makes the Tpu ops that compute in f32, where the lowering of another op is made
// of them. Each result is called `<op>_<role>`. What moves data only is Moves.h's.
#ifndef TPU_MLIR_OPS_COMPUTES_H
#define TPU_MLIR_OPS_COMPUTES_H

#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"

namespace tpu_mlir {

class Computes {
public:
  Computes(Lowering &lowering, mlir::Operation *op) : l(lowering), op(op) {}

  /// x [..., k] times a weight of [n, k, 1, 1]; `bias`: a weight of n elements, or null.
  mlir::Value product(mlir::Value x, mlir::Value matrix, mlir::Value bias, llvm::StringRef role);
  /// a + b, or a - b; shapes broadcast.
  mlir::Value sum(mlir::Value a, mlir::Value b, llvm::StringRef role, bool subtracts = false);
  mlir::Value times(mlir::Value a, mlir::Value b, llvm::StringRef role);
  /// A function of each element by its name in tpu.Active.
  mlir::Value function(mlir::Value x, llvm::StringRef name, llvm::StringRef role);
  mlir::Value weight(llvm::ArrayRef<float> elements, llvm::ArrayRef<int64_t> shape, llvm::StringRef role);

private:
  mlir::Type typeOf(llvm::ArrayRef<int64_t> shape) const;
  mlir::Type broadcastOf(mlir::Value a, mlir::Value b) const;

  Lowering &l;
  mlir::Operation *op;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_COMPUTES_H
