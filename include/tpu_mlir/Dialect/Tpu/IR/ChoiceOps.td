//===- ChoiceOps.td - Comparing and choosing ---------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TPU_IR_CHOICE_OPS
#define TPU_MLIR_DIALECT_TPU_IR_CHOICE_OPS
include "tpu_mlir/Dialect/Tpu/IR/TpuBase.td"

class Tpu_ChoiceOp<string mnemonic, dag operands> : Tpu_Op<mnemonic> {
  let arguments = !con(operands, Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_CompareOp : Tpu_ChoiceOp<"Compare", (ins Tpu_Tensor:$lhs, Tpu_Tensor:$rhs, StrAttr:$mode)> {
  let summary = "A real 1 where the operands are as `mode` says, else a real 0; operands broadcast";
  let description = [{Modes of top.Compare. What is compared is what is stored, in one number format and scale; for `And`, `Or`
    and `Xor`, whether it is a real 0, and operands need only be as wide as each other. One selection by the comparison, two for
    an order with equality, or for two truth values.}];
}
def Tpu_CompareConstOp : Tpu_ChoiceOp<"CompareConst", (ins Tpu_Tensor:$input, StrAttr:$mode, F64Attr:$const_val)> {
  let summary = "A real 1 where the input is to a number as `mode` says, else a real 0";
  let description = [{`const_val` is in the units in which the input is stored, whole for integers: beyond their ends the answer
    is one for all.}];
}
def Tpu_WhereOp : Tpu_ChoiceOp<"Where", (ins Tpu_Tensor:$cond, Tpu_OptionalTensor:$tbrn, Tpu_OptionalTensor:$fbrn,
    DefaultValuedAttr<F64Attr, "0.0">:$x_const_val, DefaultValuedAttr<F64Attr, "0.0">:$y_const_val)> {
  let summary = "tbrn where cond is not a real 0, else fbrn; operands broadcast";
  let description = [{One selection. A branch that is `none` is the number x_const_val or y_const_val, real and rounded to the
    output's format. Branches and output have one number format and scale; cond is as wide.}];
}
#endif
