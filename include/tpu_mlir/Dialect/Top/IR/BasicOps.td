//===- BasicOps.td - Input, Weight, None, Cast -------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_BASIC_OPS
#define TPU_MLIR_DIALECT_TOP_IR_BASIC_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

def Top_NoneOp : Top_BaseOp<"None", [Pure]> {
  let summary = "Absent operand";
  let description = [{Stands for an optional operand that is not there.
    Example: `%0 = "top.None"() : () -> none`}];
  let results = (outs NoneType:$output);
}

def Top_WeightOp : Top_BaseOp<"Weight", [Pure]> {
  let summary = "Constant tensor kept in the weight file";
  let description = [{
    The array of the weight file whose name is this op's location. The result type is logical (shape and element type
    as the arithmetic means them); `store` names the order in which the file keeps the elements:
    absent = row-major; `conv_nic` = the convolution array's order with `pack` input channels side by side;
    Source: shared ISA notes, isa.md §3. `scale` is the step of one integer unit, for quantised weights.
  }];
  let arguments = (ins OptionalAttr<StrAttr>:$store, OptionalAttr<I64Attr>:$pack, OptionalAttr<DenseF64ArrayAttr>:$scale,
                   OptionalAttr<I64Attr>:$address);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_InputOp : Top_BaseOp<"Input", [Pure, DeclareOpInterfaceMethods<ShapeInterface>]> {
  let summary = "Network input, with the preprocessing that leads to it";
  let description = [{
    Marks function argument `input` as a network input. With `do_preprocess`, an image is resized to `resize_dims` (h, w),
    cropped or padded to the input's size, and mapped by y = (x - mean) * scale per channel in `pixel_format` order.
    Source of the attribute names: facts that users of the vendor's tool know.
  }];
  let arguments = (ins Top_Tensor:$input, DefaultValuedAttr<BoolAttr, "false">:$do_preprocess,
    OptionalAttr<StrAttr>:$pixel_format, OptionalAttr<StrAttr>:$channel_format, OptionalAttr<DenseI64ArrayAttr>:$resize_dims,
    OptionalAttr<BoolAttr>:$keep_aspect_ratio, OptionalAttr<StrAttr>:$keep_ratio_mode, OptionalAttr<I64Attr>:$pad_value,
    OptionalAttr<StrAttr>:$pad_type, OptionalAttr<DenseF64ArrayAttr>:$scale, OptionalAttr<DenseF64ArrayAttr>:$mean);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_CastOp : Top_Op<"Cast", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "The same values in another element type";
  let description = [{
    Floats become integers towards zero, as far as the type reaches (NaN is 0); integers wrap; of an i1 only whether the
    value is zero stays. Between floats it is the identity, since Top computes in fp32.
    Example: `%1 = "top.Cast"(%0) : (tensor<8x3xi64>) -> tensor<8x3xf32>`
  }];
  let arguments = (ins Top_Tensor:$input);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
}
#endif
