//===- ShapeOps.td - Moving data without arithmetic --------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_SHAPE_OPS
#define TPU_MLIR_DIALECT_TOP_IR_SHAPE_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

def Top_ConcatOp : Top_Op<"Concat", [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let summary = "Joins tensors along an axis";
  let arguments = !con((ins Variadic<Top_Tensor>:$inputs, DefaultValuedAttr<I64Attr, "1">:$axis), Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
}
def Top_SliceOp : Top_Op<"Slice", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Takes every steps[i]-th element of [offset[i], ends[i]) of each axis i";
  let arguments = (ins Top_Tensor:$input, DenseI64ArrayAttr:$offset, DenseI64ArrayAttr:$steps, DenseI64ArrayAttr:$ends);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
}
def Top_GatherOp : Top_Op<"Gather", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Takes the elements of an axis by a list of indices, in any order and any number of times";
  let description = [{
    output[..., i, ...] = input[..., indices[i], ...] along `axis`; indices are at least 0. A reversed axis is one whose
    indices fall by one. Lists that rise evenly are slices.
    Example: `%1 = "top.Gather"(%0) {axis = 1 : i64, indices = array<i64: 2, 1, 0>} : (tensor<1x3x8x8xf32>) ->
    tensor<1x3x8x8xf32>`
  }];
  let arguments = (ins Top_Tensor:$input, DenseI64ArrayAttr:$indices, I64Attr:$axis);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Top_PadOp : Top_Op<"Pad", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Adds elements around a tensor";
  let description = [{paddings holds the counts before each axis, then those after. mode: `constant` (with `val`),
    `reflect` (mirrors without the edge), `edge` (repeats the edge).}];
  let arguments = (ins Top_Tensor:$input, DenseI64ArrayAttr:$paddings, DefaultValuedAttr<F64Attr, "0.0">:$val,
                   DefaultValuedAttr<StrAttr, "\"constant\"">:$mode);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
}
def Top_ReshapeOp : Top_Op<"Reshape", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Same elements in the same order under another shape";
  let description = [{`shape` may hold one -1 (the rest) and zeros (the input's size of that axis).}];
  let arguments = (ins Top_Tensor:$input, DenseI64ArrayAttr:$shape);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Top_FlattenOp : Top_Op<"Flatten", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Joins axes start_dim to end_dim into one";
  let arguments = (ins Top_Tensor:$input, DefaultValuedAttr<I64Attr, "0">:$start_dim, DefaultValuedAttr<I64Attr, "-1">:$end_dim);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}
def Top_PermuteOp : Top_Op<"Permute", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Axis i of the result is axis order[i] of the input";
  let arguments = (ins Top_Tensor:$input, DenseI64ArrayAttr:$order);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Top_UpsampleOp : Top_Op<"Upsample", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Repeats each pixel scale_h times down and scale_w times across";
  let arguments = (ins Top_Tensor:$input, I64Attr:$scale_h, I64Attr:$scale_w);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
  let hasFolder = 1;
}
#endif
