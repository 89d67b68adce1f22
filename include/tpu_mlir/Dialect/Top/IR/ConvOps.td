//===- ConvOps.td - Convolution and matrix product ---------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_CONV_OPS
#define TPU_MLIR_DIALECT_TOP_IR_CONV_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

def Top_ConvOp : Top_Op<"Conv", [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Two-dimensional convolution";
  let description = [{
    output[n, oc, oh, ow] = bias[oc] + sum over ic, kh, kw of input[n, ic, ih, iw] * filter[oc, ic, kh, kw], with
    ih = oh * strides[0] + kh * dilations[0] - pads[0] and the like for iw; zero outside the input. input is
    [n, ic, h, w], filter [oc, ic / group, kh, kw], bias [oc] or none. pads are top, left, bottom, right.
    `do_relu` clamps below at 0, a positive `relu_limit` above.
    Example: `%3 = "top.Conv"(%0, %1, %2) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>,
    pads = array<i64: 1, 1, 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, none) -> tensor<1x4x8x8xf32>`
  }];
  let arguments = !con((ins Top_Tensor:$input, Top_Tensor:$filter, Top_OptionalTensor:$bias,
    DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DefaultValuedAttr<I64Attr, "1">:$group, DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Top_MatMulOp : Top_Op<"MatMul", [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Matrix product over the last two dimensions";
  let description = [{
    output[..., m, n] = bias[n] + sum over k of input[..., m, k] * right[..., k, n]; leading dimensions broadcast as in
    numpy; `left_transpose`, `right_transpose` swap the last two dimensions of an operand first. bias is [n] or none.
  }];
  let arguments = !con((ins Top_Tensor:$input, Top_Tensor:$right, Top_OptionalTensor:$bias,
    DefaultValuedAttr<BoolAttr, "false">:$left_transpose, DefaultValuedAttr<BoolAttr, "false">:$right_transpose), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_BatchNormOp : Top_Op<"BatchNorm", [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Batch normalisation with settled statistics";
  let description = [{output = (input - mean) / sqrt(variance + epsilon) * gamma + beta, per channel (axis 1); mean,
    variance, gamma and beta are weights of [c].}];
  let arguments = !con((ins Top_Tensor:$input, Top_Tensor:$mean, Top_Tensor:$variance, Top_OptionalTensor:$gamma,
    Top_OptionalTensor:$beta, DefaultValuedAttr<F64Attr, "1e-5">:$epsilon), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_ScaleOp : Top_Op<"Scale", [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Affine map per channel";
  let description = [{output[n, c, ...] = input[n, c, ...] * scale[c] + bias[c]; scale and bias are weights with c elements.}];
  let arguments = !con((ins Top_Tensor:$input, Top_Tensor:$scale, Top_OptionalTensor:$bias), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}
#endif
