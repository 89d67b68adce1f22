//===- ShapeOps.td - Moving data without arithmetic --------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TPU_IR_SHAPE_OPS
#define TPU_MLIR_DIALECT_TPU_IR_SHAPE_OPS
include "tpu_mlir/Dialect/Tpu/IR/TpuBase.td"

class Tpu_ShapeOp<string mnemonic, string text, dag operands, bit hasLocalForm = 0> : Tpu_Op<mnemonic> {
  let summary = text;
  let description = "Attributes as the Top op of the same name; input and output share one number format and scale.";
  let arguments = operands;
  let results = (outs Tpu_Tensor:$output);
  let extraClassDeclaration = !if(hasLocalForm, Tpu_LocalForm.declaration, "");
}
def Tpu_ConcatOp : Tpu_ShapeOp<"Concat", "Joins tensors along an axis", (ins Variadic<Tpu_Tensor>:$inputs, I64Attr:$axis), 1>;
def Tpu_SliceOp : Tpu_ShapeOp<"Slice", "Takes a strided part", (ins Tpu_Tensor:$input, DenseI64ArrayAttr:$offset,
                              DenseI64ArrayAttr:$steps), 1>;
def Tpu_GatherOp : Tpu_ShapeOp<"Gather", "Takes elements of an axis by a list of indices", (ins Tpu_Tensor:$input,
                               DenseI64ArrayAttr:$indices, I64Attr:$axis)>;
def Tpu_PadOp : Tpu_ShapeOp<"Pad", "Adds elements around a tensor; `val` is in the output's units",
                            (ins Tpu_Tensor:$input, DenseI64ArrayAttr:$paddings, F64Attr:$val, StrAttr:$mode)>;
def Tpu_ReshapeOp : Tpu_ShapeOp<"Reshape", "Another shape for the same bytes", (ins Tpu_Tensor:$input)>;
def Tpu_PermuteOp : Tpu_ShapeOp<"Permute", "Reorders axes", (ins Tpu_Tensor:$input, DenseI64ArrayAttr:$order), 1>;
def Tpu_UpsampleOp : Tpu_ShapeOp<"Upsample", "Repeats pixels", (ins Tpu_Tensor:$input, I64Attr:$scale_h, I64Attr:$scale_w)>;
#endif
