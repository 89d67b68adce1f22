//===- ChoiceOps.td - Comparing and choosing ---------------------*- tablegen -*-===//
// On the chip truth values and indices are numbers: 1 and 0, and whole numbers, which
// fp32 holds exactly up to 2^24. Comparisons to i1 and choices by i1, of any element
// type, are the host's.
#ifndef TPU_MLIR_DIALECT_TOP_IR_CHOICE_OPS
#define TPU_MLIR_DIALECT_TOP_IR_CHOICE_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

class Top_ChoiceOp<string mnemonic> : Top_Op<mnemonic, [DeclareOpInterfaceMethods<EvalInterface>]> {
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_CompareOp : Top_ChoiceOp<"Compare"> {
  let summary = "1 where the operands are as `mode` says, else 0";
  let description = [{
    mode: `Equal`, `NotEqual`, `Greater`, `GreaterOrEqual`, `Less`, `LessOrEqual` of lhs against rhs; `And`, `Or`, `Xor` of
    truth values, any number but 0 being true. Operands broadcast as in numpy. NaN differs from everything and is in no order.
    Of a result of i1 the operands have one element type, whichever, and only the first six modes are there.
    Example: `%2 = "top.Compare"(%0, %1) {mode = "Less"} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>`
  }];
  let arguments = (ins Top_Tensor:$lhs, Top_Tensor:$rhs, StrAttr:$mode);
}

def Top_CompareConstOp : Top_ChoiceOp<"CompareConst"> {
  let summary = "1 where the input is to a number as `mode` says, else 0";
  let description = [{
    The first six modes of top.Compare, input against const_val. Not of a truth value is `Equal` to 0.
    Example: `%1 = "top.CompareConst"(%0) {mode = "Greater", const_val = 0.5} : (tensor<2x3xf32>) -> tensor<2x3xf32>`
  }];
  let arguments = (ins Top_Tensor:$input, StrAttr:$mode, F64Attr:$const_val);
}

def Top_WhereOp : Top_ChoiceOp<"Where"> {
  let summary = "tbrn where cond is not 0, else fbrn";
  let description = [{
    All broadcast as in numpy; a condition of i1 chooses between tensors of one element type. A branch that is one number is no tensor: `x_is_const` and `x_const_val` stand for tbrn,
    `y_is_const` and `y_const_val` for fbrn.
    Example: `%2 = "top.Where"(%0, %1, %none) {y_is_const = true, y_const_val = 0.0} : (tensor<2x3xf32>, tensor<2x3xf32>,
    none) -> tensor<2x3xf32>`
  }];
  let arguments = (ins Top_Tensor:$cond, Top_OptionalTensor:$tbrn, Top_OptionalTensor:$fbrn,
    DefaultValuedAttr<BoolAttr, "false">:$x_is_const, DefaultValuedAttr<BoolAttr, "false">:$y_is_const,
    DefaultValuedAttr<F64Attr, "0.0">:$x_const_val, DefaultValuedAttr<F64Attr, "0.0">:$y_const_val);
}

def Top_ArgOp : Top_ChoiceOp<"Arg"> {
  let summary = "Index of the largest or the smallest element of an axis";
  let description = [{
    mode: `ArgMax` or `ArgMin`. Of equal elements the first, or the last with `select_last_index`. With `keepdims` the axis
    stays, with length 1; else it goes, and the last one that goes leaves a vector of one.
    Example: `%1 = "top.Arg"(%0) {axis = 1 : i64, mode = "ArgMax"} : (tensor<2x3xf32>) -> tensor<2x1xf32>`
  }];
  let arguments = (ins Top_Tensor:$input, I64Attr:$axis, StrAttr:$mode, DefaultValuedAttr<BoolAttr, "true">:$keepdims,
    DefaultValuedAttr<BoolAttr, "false">:$select_last_index);
}

def Top_TopKOp : Top_ChoiceOp<"TopK"> {
  let summary = "The K largest or smallest elements of an axis, in order, or where they are";
  let description = [{
    `gives` says what the result holds: `values` or `indices`; both of one input are found together. Of equal elements the one
    with the lower index comes first.
    Example: `%1 = "top.TopK"(%0) {axis = 1 : i64, K = 2 : i64, gives = "indices"} : (tensor<4x9xf32>) -> tensor<4x2xf32>`
  }];
  let arguments = (ins Top_Tensor:$input, I64Attr:$axis, I64Attr:$K, DefaultValuedAttr<BoolAttr, "true">:$largest,
    StrAttr:$gives);
}

def Top_TakeOp : Top_ChoiceOp<"Take"> {
  let summary = "Elements of an axis by indices that the network computes or is given";
  let description = [{
    output[a..., i..., b...] = input[a..., indices[i...], b...] along `axis`. An index below 0 counts from the end; where there
    is no such element the result is 0. Indices that are constant are top.Gather's.
    Example: `%2 = "top.Take"(%0, %1) {axis = 0 : i64} : (tensor<100x16xf32>, tensor<2x7xf32>) -> tensor<2x7x16xf32>`
  }];
  let arguments = (ins Top_Tensor:$input, Top_Tensor:$indices, I64Attr:$axis);
}
#endif
