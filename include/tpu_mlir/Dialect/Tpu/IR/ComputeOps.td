//===- ComputeOps.td - Convolution, matrix product, pooling ------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TPU_IR_COMPUTE_OPS
#define TPU_MLIR_DIALECT_TPU_IR_COMPUTE_OPS
include "tpu_mlir/Dialect/Tpu/IR/TpuBase.td"

def Tpu_Conv2DOp : Tpu_Op<"Conv2D"> {
  let summary = "Two-dimensional convolution";
  let description = [{
    As top.Conv. With integers: acc (int32) = sum of input * filter; acc += bias[oc] (int32); output = sat((acc *
    quant[oc, 0] >> -quant[oc, 1], half up) + quant[oc, 2]) with quant a weight of [1, oc, 1, 3] int32. relu is the
    saturation of an unsigned result. With f32: bias first, then ic, kh, kw in order, one fused multiply-add each.
    depth-wise when group == ic == oc. With `band`, every `band` output channels read all channels of the groups that they
    belong to, from a multiple of `band` on; `filter` has a place for each of those, zero where the group has none.
  }];
  let arguments = !con((ins Tpu_Tensor:$input, Tpu_Tensor:$filter, Tpu_OptionalTensor:$bias, Tpu_OptionalTensor:$quant,
    DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DefaultValuedAttr<I64Attr, "1">:$group, DefaultValuedAttr<I64Attr, "0">:$band,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
    DefaultValuedAttr<BoolAttr, "false">:$do_relu, DefaultValuedAttr<F64Attr, "-1.0">:$relu_limit), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}

def Tpu_UnfoldOp : Tpu_Op<"Unfold"> {
  let summary = "Taps of a window as channels";
  let description = [{
    output[n, c * kh * kw + i * kw + j, y, x] = input[n, c, y * strides[0] + i * dilations[0] - pads[0],
    x * strides[1] + j * dilations[1] - pads[1]], a real 0 outside. A convolution of few input channels over it keeps the array's lanes busy. Every input channel is loaded to as
    many lanes as it has taps; `selector` ([1, channels of output, kh, kw], 0 or 1) picks each lane's tap, as a depth-wise
    convolution. 8-bit integers.
  }];
  let arguments = !con((ins Tpu_Tensor:$input, Tpu_Tensor:$selector, DenseI64ArrayAttr:$kernel_shape,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}

def Tpu_MatMulOp : Tpu_Op<"MatMul"> {
  let summary = "Matrix product";
  let description = [{
    output[b, m, n] = sum over k of input[b, m, k] * right[b, k, n]. With `weight_form`, `right` is a weight ([n, k, 1, 1], the filter of
    a 1x1 convolution over rows) and the arithmetic is tpu.Conv2D's, per output column. With a computed `right`
    ([.., k, n]) integers are requantised by `multiplier` and `rshift` for the whole tensor.
  }];
  let arguments = !con((ins Tpu_Tensor:$input, Tpu_Tensor:$right, Tpu_OptionalTensor:$bias, Tpu_OptionalTensor:$quant,
    UnitAttr:$weight_form,
    DefaultValuedAttr<I64Attr, "1">:$multiplier, DefaultValuedAttr<I64Attr, "0">:$rshift,
    DefaultValuedAttr<BoolAttr, "false">:$do_relu, DefaultValuedAttr<F64Attr, "-1.0">:$relu_limit), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
  let extraClassDeclaration = Tpu_LocalForm.declaration;
}

def Tpu_Pool2DOp : Tpu_Op<"Pool2D"> {
  let summary = "Maximum or mean over a sliding window";
  let description = [{
    pool_mode `Max`: input and output share one number format. `Avg`, integers: acc (int32) = sum of the window, output =
    sat(acc * multiplier >> rshift, half up). `divisors`, where the divisor is not the same everywhere, is a weight of [1, 1,
    oh, ow]: int32 multipliers that replace `multiplier` (integers), or fp32 factors (f32).
  }];
  let arguments = !con((ins Tpu_Tensor:$input, Tpu_OptionalTensor:$divisors, StrAttr:$pool_mode,
    DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DefaultValuedAttr<I64Attr, "1">:$multiplier, DefaultValuedAttr<I64Attr, "0">:$rshift,
    DefaultValuedAttr<F64Attr, "1.0">:$scale,
    DefaultValuedAttr<BoolAttr, "false">:$do_relu, DefaultValuedAttr<F64Attr, "-1.0">:$relu_limit), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
#endif
