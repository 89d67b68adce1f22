//===- PoolOps.td - Pooling --------------------------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_POOL_OPS
#define TPU_MLIR_DIALECT_TOP_IR_POOL_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

class Top_PoolOp<string mnemonic, dag extra = (ins)> : Top_Op<mnemonic, [DeclareOpInterfaceMethods<EvalInterface>, Top_FusesRelu]> {
  let arguments = !con((ins Top_Tensor:$input, DenseI64ArrayAttr:$kernel_shape, DenseI64ArrayAttr:$strides,
                        DenseI64ArrayAttr:$pads), extra, Top_Relu.attrs);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}
def Top_MaxPoolOp : Top_PoolOp<"MaxPool"> {
  let summary = "Maximum over a sliding window";
  let description = [{Padding never wins. pads are top, left, bottom, right and hold what ceil_mode adds.}];
}
def Top_AvgPoolOp : Top_PoolOp<"AvgPool", (ins DefaultValuedAttr<BoolAttr, "false">:$count_include_pad,
                                               DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0}">:$ceil_pad)> {
  let summary = "Mean over a sliding window";
  let description = [{
    The divisor counts the input positions of the window and, with `count_include_pad`, the padded ones too. `ceil_pad`
    (bottom, right) is the part of `pads` that came from ceil_mode: it is outside the divisor always.
  }];
}
#endif
