//===- RowOps.td - Reductions, softmax, normalisations -----------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_ROW_OPS
#define TPU_MLIR_DIALECT_TOP_IR_ROW_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

/// An op of which each result depends on whole rows of the input.
class Top_RowOp<string mnemonic, dag operands, dag attributes> : Top_Op<mnemonic, [DeclareOpInterfaceMethods<EvalInterface>]> {
  let arguments = !con(operands, attributes);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_SoftmaxOp : Top_RowOp<"Softmax", (ins Top_Tensor:$input),
    (ins I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$log, DefaultValuedAttr<F64Attr, "1.0">:$beta)> {
  let summary = "exp(beta * x) over its sum along an axis, or the logarithm of that";
  let description = [{
    With m the largest beta * x along `axis` (which may be negative: from the last) and s the sum of exp(beta * x - m):
    output = exp(beta * x - m) / s, with `log` beta * x - m - ln(s).
  }];
}
def Top_ReduceOp : Top_RowOp<"Reduce", (ins Top_Tensor:$input),
    (ins DenseI64ArrayAttr:$axes, DefaultValuedAttr<BoolAttr, "true">:$keepdims, StrAttr:$mode)> {
  let summary = "One number of all elements along some axes";
  let description = [{
    mode: `Mean`, `Sum`, `Max`, `Min`, `Prod`, `L1` (the sum of |x|) or `L2` (the root of the sum of x * x). axes may be
    negative: from the last. They stay with the size 1 where `keepdims`, and are gone otherwise; where none is left, the
    result is a vector of one.
  }];
}
def Top_CumSumOp : Top_RowOp<"CumSum", (ins Top_Tensor:$input), (ins I64Attr:$axis)> {
  let summary = "Sum of all elements up to each along an axis";
  let description = [{The element itself counts. `axis` may be negative: from the last.}];
}

/// A normalisation: y = (x - mean) / sqrt(variance + eps) * weight + bias.
class Top_NormOp<string mnemonic, dag attributes> : Top_RowOp<mnemonic, (ins Top_Tensor:$input, Top_OptionalTensor:$weight,
    Top_OptionalTensor:$bias), !con(attributes, (ins F64Attr:$eps))>;
def Top_LayerNormOp : Top_NormOp<"LayerNorm", (ins DenseI64ArrayAttr:$normalized_shape, I64Attr:$axis)> {
  let summary = "Normalisation over the axes from `axis` on";
  let description = [{
    output = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance over all elements of the axes from `axis`
    (which may be negative: from the last) to the last. normalized_shape holds the sizes of those axes; weight and bias
    have as many elements.
  }];
}
def Top_InstanceNormOp : Top_NormOp<"InstanceNorm", (ins)> {
  let summary = "Normalisation of each channel of each image";
  let description = [{As top.LayerNorm over the axes behind axis 1; weight and bias have an element for each channel.}];
}
def Top_GroupNormOp : Top_NormOp<"GroupNorm", (ins I64Attr:$num_groups)> {
  let summary = "Normalisation of groups of channels of each image";
  let description = [{
    As top.InstanceNorm, mean and variance over all elements of the channels of a group. `num_groups` divides the channels.
  }];
}
def Top_RMSNormOp : Top_RowOp<"RMSNorm", (ins Top_Tensor:$input, Top_OptionalTensor:$gamma), (ins F64Attr:$eps)> {
  let summary = "Division by the root of the mean square along the last axis";
  let description = [{output = x / sqrt(mean of x * x + eps) * gamma; gamma has an element for each of the last axis.}];
}
#endif
