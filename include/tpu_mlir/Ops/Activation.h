//===- Activation.h - The scalar functions of unary ops ---------*- C++ -*-===//
// Every unary op of Top is one scalar function with at most two parameters.
// The functions are written once, in double precision: the interpreter
// evaluates them (or something of fp32 accuracy beside them), and lowering
// fills its lookup tables from them.
#ifndef TPU_MLIR_OPS_ACTIVATION_H
#define TPU_MLIR_OPS_ACTIVATION_H

#include "mlir/IR/Operation.h"

#include <optional>

namespace tpu_mlir {

enum class UnaryKind {
  Relu,
  LeakyRelu,
  Clip,
  Sigmoid,
  SiLU,
  Tanh,
  GELU,
  Exp,
  Log,
  Sqrt,
  Abs,
  Erf,
  Softplus,
  Mish,
  HardSwish,
  Elu,
  HardSigmoid,
  GELUTanh,
  Rsqrt,
  Reciprocal,
  Pow,
  Sin,
  Cos,
};

/// y = f(x; a, b). Parameters: Relu a = limit (not positive: none); LeakyRelu and Elu a = alpha; Clip a = min, b = max;
/// HardSigmoid a = alpha, b = beta; Reciprocal a = dividend; Pow a = exponent.
struct UnaryFunction {
  UnaryKind kind;
  double a = 0, b = 0;
  bool operator==(const UnaryFunction &) const = default;
};

/// f(x). NaN stays NaN.
double evalUnary(const UnaryFunction &function, double x);

/// The function of a unary Top op; nothing for other ops.
std::optional<UnaryFunction> unaryFunctionOf(mlir::Operation *op);
/// The scalar function of a unary Top op at `x`.
double evalUnary(mlir::Operation *op, double x);

} // namespace tpu_mlir

#endif // TPU_MLIR_OPS_ACTIVATION_H
