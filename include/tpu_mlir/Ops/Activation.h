//===- Activation.h - Which function a unary op is --------------*- C++ -*-===//
// From unary ops of Top to the scalar functions of Host/Function.h, which
// lowering fills its lookup tables from. Decides no formula.
#ifndef TPU_MLIR_OPS_ACTIVATION_H
#define TPU_MLIR_OPS_ACTIVATION_H

#include "mlir/IR/Operation.h"
#include "tpu_mlir/Host/Function.h"

#include <optional>

namespace tpu_mlir {

/// The function of a unary Top op; nothing for other ops.
std::optional<UnaryFunction> unaryFunctionOf(mlir::Operation *op);
/// The scalar function of a unary Top op at `x`.
double evalUnary(mlir::Operation *op, double x);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_ACTIVATION_H
