//===- Function.h - The scalar functions of unary work ----------*- C++ -*-===//
// A unary op of Top is one scalar function with at most two parameters. The
// functions are written once, in double precision: the host evaluates them (or
// something of fp32 accuracy beside them), and lowering fills its lookup tables
// from them. Which op stands for which is lib/Ops/Activation's.
#ifndef TPU_MLIR_HOST_FUNCTION_H
#define TPU_MLIR_HOST_FUNCTION_H

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

} // namespace tpu_mlir

#endif // TPU_MLIR_HOST_FUNCTION_H
