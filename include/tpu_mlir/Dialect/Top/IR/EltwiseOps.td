//===- EltwiseOps.td - Element-wise arithmetic and activations ---*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_ELTWISE_OPS
#define TPU_MLIR_DIALECT_TOP_IR_ELTWISE_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

class Top_EltwiseOp<string mnemonic, string formula, dag extra = (ins)>
    : Top_Op<mnemonic, [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Element-wise " # formula;
  let description = "output = " # formula # "; operands broadcast as in numpy, from the last dimension.";
  let arguments = !con((ins Variadic<Top_Tensor>:$inputs), extra, Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}
def Top_AddOp : Top_EltwiseOp<"Add", "sum of coeff[i] * inputs[i] (coeff 1 when absent)",
                              (ins OptionalAttr<DenseF64ArrayAttr>:$coeff)> { let hasCanonicalizer = 1; }
def Top_SubOp : Top_EltwiseOp<"Sub", "inputs[0] - inputs[1]">;
def Top_MulOp : Top_EltwiseOp<"Mul", "product of the inputs"> { let hasCanonicalizer = 1; }
def Top_DivOp : Top_EltwiseOp<"Div", "inputs[0] / inputs[1]">;

class Top_ExtremeOp<string mnemonic, string which> : Top_Op<mnemonic, [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Element-wise " # which # " of the inputs";
  let description = "Operands broadcast as in numpy, from the last dimension. A NaN in any of them stays.";
  let arguments = (ins Variadic<Top_Tensor>:$inputs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}
def Top_MaxOp : Top_ExtremeOp<"Max", "largest">;
def Top_MinOp : Top_ExtremeOp<"Min", "smallest">;

class Top_ConstOp<string mnemonic, string formula> : Top_ElementwiseOp<mnemonic, [Top_FusesRelu]> {
  let summary = "Element-wise " # formula;
  let arguments = !con((ins Top_Tensor:$input, F64Attr:$const_val), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Top_AddConstOp : Top_ConstOp<"AddConst", "input + const_val">;
def Top_MulConstOp : Top_ConstOp<"MulConst", "input * const_val">;

/// y = f(x), element by element; everything about it follows from the scalar function in Ops/Activation.
class Top_UnaryOp<string mnemonic, string formula, dag extra = (ins)> : Top_ElementwiseOp<mnemonic> {
  let summary = "Element-wise y = " # formula;
  let arguments = !con((ins Top_Tensor:$input), extra);
  let results = (outs Top_Tensor:$output);
}
/// A function that networks also write out as arithmetic, which Ops/Activation/Recognise.cpp finds.
class Top_RecognisedOp<string mnemonic, string formula, string spellings, string constants = "", dag extra = (ins)>
    : Top_UnaryOp<mnemonic, formula, extra> {
  let description = "Canonicalisation makes it of " # spellings # ", where no other op reads the tensors between. "
                    # "Constants may be numbers or tensors of one value. " # constants;
}
/// Of constants without a short decimal form.
defvar Top_Rounded = "One that is off by at most 2^-11 of itself, which four decimal digits (0.1667, 0.7071) and half "
                     # "precision are, counts as exact: the result then is the exact function's, and may differ from the "
                     # "network's own by about that part of x.";
def Top_ReluOp : Top_UnaryOp<"Relu", "max(x, 0), then min(y, relu_limit) where the limit is positive",
                             (ins DefaultValuedAttr<F64Attr, "-1.0">:$relu_limit)> {
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}
def Top_LeakyReluOp : Top_UnaryOp<"LeakyRelu", "x where x > 0, else alpha * x", (ins F64Attr:$alpha)>;
def Top_PReluOp : Top_Op<"PRelu", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "x where x > 0, else slope * x, with a slope for each channel or element";
  let description = [{
    slope broadcasts to the input as in numpy, from the last dimension, and has no more dimensions than it: [c, 1, 1] is one
    slope per channel of [n, c, h, w], [w] one per column. One slope for all is top.LeakyRelu.
  }];
  let arguments = (ins Top_Tensor:$input, Top_Tensor:$slope);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}
def Top_ClipOp : Top_UnaryOp<"Clip", "min(max(x, min), max)", (ins F64Attr:$min, F64Attr:$max)> {
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}
def Top_SigmoidOp : Top_UnaryOp<"Sigmoid", "1 / (1 + exp(-x))">;
def Top_SiLUOp : Top_RecognisedOp<"SiLU", "x / (1 + exp(-x))", "x * sigmoid(x)">;
def Top_TanhOp : Top_UnaryOp<"Tanh", "tanh(x)">;
def Top_GELUOp : Top_RecognisedOp<"GELU", "x * (1 + erf(x / sqrt(2))) / 2",
                                  "x * (erf(x / sqrt(2)) + 1) / 2 with the half at either factor or behind, and of "
                                  # "x / 2 * erf(x / sqrt(2)) + x / 2",
                                  Top_Rounded # " approx_mode `tanh`: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2 "
                                  # "takes its place; `none`: it does not.",
                                  (ins DefaultValuedAttr<StrAttr, "\"none\"">:$approx_mode)> {
  let hasVerifier = 1;
}
def Top_ExpOp : Top_UnaryOp<"Exp", "exp(x)">;
def Top_LogOp : Top_UnaryOp<"Log", "ln(x)"> { let hasCanonicalizer = 1; }
def Top_SqrtOp : Top_UnaryOp<"Sqrt", "sqrt(x)">;
def Top_RsqrtOp : Top_UnaryOp<"Rsqrt", "1 / sqrt(x)">;
def Top_ReciprocalOp : Top_UnaryOp<"Reciprocal", "const_val / x", (ins DefaultValuedAttr<F64Attr, "1.0">:$const_val)>;
def Top_PowOp : Top_UnaryOp<"Pow", "x ^ exponent", (ins F64Attr:$exponent)>;
def Top_SinOp : Top_UnaryOp<"Sin", "sin(x)">;
def Top_CosOp : Top_UnaryOp<"Cos", "cos(x)">;
def Top_AbsOp : Top_UnaryOp<"Abs", "|x|">;
def Top_ErfOp : Top_UnaryOp<"Erf", "erf(x)">;
def Top_SoftplusOp : Top_RecognisedOp<"Softplus", "ln(1 + exp(x))", "ln(exp(x) + 1)">;
def Top_MishOp : Top_RecognisedOp<"Mish", "x * tanh(ln(1 + exp(x)))", "x * tanh(softplus(x))">;
def Top_HardSwishOp : Top_RecognisedOp<"HardSwish", "x * min(max(x / 6 + 1 / 2, 0), 1)",
                                       "x times a clamped line from 0 to 1, of slope 1 / 6, such as relu6(x + 3) / 6 or "
                                       # "top.HardSigmoid, the sixth at either factor or behind", Top_Rounded>;
def Top_EluOp : Top_UnaryOp<"Elu", "x where x > 0, else alpha * (exp(x) - 1)", (ins F64Attr:$alpha)>;
def Top_HardSigmoidOp : Top_UnaryOp<"HardSigmoid", "min(max(alpha * x + beta, 0), 1)", (ins F64Attr:$alpha, F64Attr:$beta)>;
#endif
