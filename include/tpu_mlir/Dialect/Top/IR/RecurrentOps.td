//===- RecurrentOps.td - Layers with a state ---------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_RECURRENT_OPS
#define TPU_MLIR_DIALECT_TOP_IR_RECURRENT_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

class Top_RecurrentOp<string mnemonic, dag states, dag extra> : Top_Op<mnemonic, [DeclareOpInterfaceMethods<EvalInterface>]> {
  let arguments = !con((ins Top_Tensor:$input, Top_Tensor:$filter, Top_Tensor:$recurrence, Top_OptionalTensor:$bias),
    states, (ins I64Attr:$hidden_size, DefaultValuedAttr<StrAttr, "\"forward\"">:$direction,
    DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$lengths), extra);
  let results = (outs Top_Tensor:$output);
  let hasVerifier = 1;
}

def Top_LSTMOp : Top_RecurrentOp<"LSTM", (ins Top_OptionalTensor:$initial_h, Top_OptionalTensor:$initial_c),
    (ins DefaultValuedAttr<BoolAttr, "false">:$with_cell)> {
  let summary = "Long short-term memory over a sequence";
  let description = [{
    For each step x of `input` ([t, b, i]) and each direction d: i, o, f = sigmoid(x W' + h R' + bias) and g = tanh(the same),
    c = f * c + i * g, h = o * tanh(c), with W = filter[d] ([d, 4 * hidden, i]), R = recurrence[d] ([d, 4 * hidden, hidden]),
    whose rows are those of i, o, f, g in this order, and bias[d] ([d, 8 * hidden]) the sum of its two halves. h and c start
    as `initial_h` and `initial_c` ([d, b, hidden]), zero where there is none. `direction`: `forward`, `reverse` (from the
    last step to the first) or `bidirectional` (both). output is [t, d, b, hidden], h behind each step; with `with_cell`
    [t + 1, d, b, hidden], the last c behind it. `lengths`: how many steps each element of the batch has, all t where it is
    empty; behind its last step the output is zero and the state stays.
  }];
}

def Top_GRUOp : Top_RecurrentOp<"GRU", (ins Top_OptionalTensor:$initial_h),
    (ins DefaultValuedAttr<BoolAttr, "true">:$linear_before_reset)> {
  let summary = "Gated recurrent unit over a sequence";
  let description = [{
    For each step x of `input` and each direction: z, r = sigmoid(x W' + h R' + bias), and with `linear_before_reset`
    n = tanh(x W' + wb + r * (h R' + rb)), without n = tanh(x W' + wb + (r * h) R' + rb); h = (1 - z) * n + z * h. Rows of
    filter ([d, 3 * hidden, i]) and recurrence ([d, 3 * hidden, hidden]) are those of z, r, n; bias ([d, 6 * hidden]) is wb, then
    rb. Everything else is as in top.LSTM, output [t, d, b, hidden].
  }];
}
#endif
