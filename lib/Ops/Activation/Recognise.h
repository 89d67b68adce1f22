//===- Recognise.h - Activations written as arithmetic ----------*- C++ -*-===//
// Which products of Top are one activation. What the activation then is on a
// chip is Unary.cpp's.
#ifndef TPU_MLIR_LIB_OPS_ACTIVATION_RECOGNISE_H
#define TPU_MLIR_LIB_OPS_ACTIVATION_RECOGNISE_H

#include "mlir/IR/PatternMatch.h"

namespace tpu_mlir::top {

/// Canonical forms of top.Mul and of top.MulConst: the activation that the product is.
void addActivationsOfMul(mlir::RewritePatternSet &patterns);
void addActivationsOfMulConst(mlir::RewritePatternSet &patterns);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_LIB_OPS_ACTIVATION_RECOGNISE_H
