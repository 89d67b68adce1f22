//===- SpatialOps.td - Transposed and 3-D windows, enlargement ---*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_SPATIAL_OPS
#define TPU_MLIR_DIALECT_TOP_IR_SPATIAL_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

def Top_DeconvOp : Top_Op<"Deconv", [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Two-dimensional transposed convolution";
  let description = [{
    Every input pixel adds its products to a window of the output: output[n, oc, y, x] = bias[oc] + sum over ic, kh, kw of
    input[n, ic, ih, iw] * filter[ic, oc, kh, kw] where ih * strides[0] + kh * dilations[0] - pads[0] = y and the like for
    x. input is [n, ic, h, w], filter [ic, oc / group, kh, kw], bias [oc] or none. The result has
    (h - 1) * strides[0] + dilations[0] * (kh - 1) + 1 - pads[0] - pads[2] + output_padding[0] rows, the last
    `output_padding` of them, like all that no product reaches, holding the bias alone.
    Example: `%3 = "top.Deconv"(%0, %1, %2) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xf32>, tensor<3x4x2x2xf32>, none) -> tensor<1x4x16x16xf32>`
  }];
  let arguments = !con((ins Top_Tensor:$input, Top_Tensor:$filter, Top_OptionalTensor:$bias,
    DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DefaultValuedAttr<I64Attr, "1">:$group, DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0}">:$output_padding), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_Conv3DOp : Top_Op<"Conv3D", [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Three-dimensional convolution";
  let description = [{
    As top.Conv over depth, height and width: input is [n, ic, d, h, w], filter [oc, ic / group, kd, kh, kw], bias [oc] or
    none. pads are front, top, left, back, bottom, right.
  }];
  let arguments = !con((ins Top_Tensor:$input, Top_Tensor:$filter, Top_OptionalTensor:$bias,
    DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DefaultValuedAttr<I64Attr, "1">:$group, DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1, 1}">:$dilations), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

class Top_Pool3DOp<string mnemonic, dag extra = (ins)> : Top_Op<mnemonic, [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let arguments = !con((ins Top_Tensor:$input, DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides,
                        DenseI64ArrayAttr:$pads), extra, Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}
def Top_MaxPool3DOp : Top_Pool3DOp<"MaxPool3D"> {
  let summary = "Maximum over a sliding window of depth, height and width";
  let description = [{As top.MaxPool; input is [n, c, d, h, w], pads are front, top, left, back, bottom, right.}];
}
def Top_AvgPool3DOp : Top_Pool3DOp<"AvgPool3D", (ins DefaultValuedAttr<BoolAttr, "false">:$count_include_pad,
                                                    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0}">:$ceil_pad)> {
  let summary = "Mean over a sliding window of depth, height and width";
  let description = [{As top.AvgPool; input is [n, c, d, h, w], pads are front, top, left, back, bottom, right, `ceil_pad`
    back, bottom, right.}];
}

def Top_InterpOp : Top_Op<"Interp", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Another number of samples along axes, by linear interpolation";
  let description = [{
    Axis i of the result has `sizes[i]` samples. Sample x stands at the input's place p and is the mean of its two
    neighbours, weighted by how near they are; beyond the first and the last sample these count. With s = scales[i], n the
    input's size and m the result's, p is by `coord_mode`: `half_pixel` (x + 0.5) / s - 0.5; `half_pixel_symmetric` the same
    plus n / 2 * (1 - m / (s * n)); `pytorch_half_pixel` half_pixel, but 0 where m is 1; `asymmetric` x / s;
    `align_corners` x * (n - 1) / (m - 1), 0 where m is 1; `tf_crop_and_resize` a * (n - 1) + x * (b - a) * (n - 1) / (m - 1),
    and (a + b) * (n - 1) / 2 where m is 1, with a and b elements i and rank + i of `roi`, and `extrapolation_value` where p
    is before the first sample or behind the last. Where `roi` says nothing, a is 0 and b 1. Axes whose size stays and whose
    scale is 1 are left alone. `mode`: `linear`.
    Example: `%1 = "top.Interp"(%0) {sizes = array<i64: 1, 3, 16, 16>, scales = array<f64: 1.0, 1.0, 2.0, 2.0>,
    coord_mode = "half_pixel"} : (tensor<1x3x8x8xf32>) -> tensor<1x3x16x16xf32>`
  }];
  let arguments = (ins Top_Tensor:$input, DenseI64ArrayAttr:$sizes, DenseF64ArrayAttr:$scales,
    DefaultValuedAttr<StrAttr, "\"linear\"">:$mode, DefaultValuedAttr<StrAttr, "\"half_pixel\"">:$coord_mode,
    DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$roi, DefaultValuedAttr<F64Attr, "0.0">:$extrapolation_value);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}
#endif
