//===- EltwiseOps.td - Element-wise ops --------------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TPU_IR_ELTWISE_OPS
#define TPU_MLIR_DIALECT_TPU_IR_ELTWISE_OPS
include "tpu_mlir/Dialect/Tpu/IR/TpuBase.td"

class Tpu_EltwiseOp<string mnemonic, dag operands, dag extra> : Tpu_Op<mnemonic> {
  let arguments = !con(operands, extra, (ins DefaultValuedAttr<BoolAttr, "false">:$do_relu,
    DefaultValuedAttr<F64Attr, "-1.0">:$relu_limit), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_AddOp : Tpu_EltwiseOp<"Add", (ins Variadic<Tpu_Tensor>:$inputs),
    (ins OptionalAttr<DenseI64ArrayAttr>:$multipliers, DefaultValuedAttr<I64Attr, "0">:$rshift,
         OptionalAttr<DenseF64ArrayAttr>:$coeff)> {
  let summary = "Weighted sum, operands broadcast";
  let description = [{Integers: sat((sum of (inputs[i] - its zero point) * multipliers[i] >> rshift, half up) + the
    output's zero point), each product with what is stored an int16 and the multipliers at most 8 bits and a sign. Floats:
    sum of coeff[i] * inputs[i] from left to right, each operation rounded to their format.}];
}
def Tpu_MulOp : Tpu_EltwiseOp<"Mul", (ins Variadic<Tpu_Tensor>:$inputs),
    (ins DefaultValuedAttr<I64Attr, "1">:$multiplier, DefaultValuedAttr<I64Attr, "0">:$rshift)> {
  let summary = "Product of two tensors, operands broadcast";
  let description = [{Integers: sat(((a * b) * multiplier >> rshift, half up) + the output's zero point), a and b without
    theirs and a * b an int32.}];
}
def Tpu_DivOp : Tpu_EltwiseOp<"Div", (ins Variadic<Tpu_Tensor>:$inputs), (ins)> {
  let summary = "Quotient of two tensors of floats, operands broadcast";
  let description = [{The program of division (docs/design/float-functions.md), as tpu.Active's.}];
}
def Tpu_AddConstOp : Tpu_EltwiseOp<"AddConst", (ins Tpu_Tensor:$input), (ins F64Attr:$const_val)> {
  let summary = "input + const_val, of floats";
}
def Tpu_MulConstOp : Tpu_EltwiseOp<"MulConst", (ins Tpu_Tensor:$input), (ins F64Attr:$const_val)> {
  let summary = "input * const_val, of floats";
}
def Tpu_ReluOp : Tpu_EltwiseOp<"Relu", (ins Tpu_Tensor:$input), (ins)> {
  let summary = "max(x, 0), then min(y, relu_limit) where positive, of floats";
}
class Tpu_FloatMapOp<string mnemonic, string formula, dag extra = (ins)> : Tpu_Op<mnemonic> {
  let summary = formula # ", of floats";
  let arguments = !con((ins Tpu_Tensor:$input), extra, Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_ClipOp : Tpu_FloatMapOp<"Clip", "min(max(x, min), max), an infinite bound left out", (ins F64Attr:$min, F64Attr:$max)>;
def Tpu_LeakyReluOp : Tpu_FloatMapOp<"LeakyRelu", "x where x > 0, else alpha * x", (ins F64Attr:$alpha)> {
  let description = [{The larger of x and alpha * x where alpha is below 1, else the smaller: the same number, in two
    commands. An alpha of 0 takes four, so that infinity stays.}];
}
def Tpu_AbsOp : Tpu_FloatMapOp<"Abs", "max(x, -x)">;
def Tpu_ActiveOp : Tpu_FloatMapOp<"Active", "A function of each element",
    (ins StrAttr:$function, DefaultValuedAttr<F64Attr, "1.0">:$alpha, DefaultValuedAttr<F64Attr, "0.0">:$beta)> {
  let description = [{The program of `function` (sigmoid, exp, gelu, …) in the element-wise unit's commands, computed in f32
    and, of 16-bit floats, rounded once more. `alpha` is elu's, and the exponent of pow. docs/design/float-functions.md says how far each result may
    be from the true one, and where.}];
}

class Tpu_ExtremeOp<string mnemonic, string which> : Tpu_Op<mnemonic> {
  let summary = which # " of the inputs, element by element, operands broadcast";
  let description = "All tensors share one number format and scale. In f32 a NaN in any input stays.";
  let arguments = !con((ins Variadic<Tpu_Tensor>:$inputs), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_MaxOp : Tpu_ExtremeOp<"Max", "Largest">;
def Tpu_MinOp : Tpu_ExtremeOp<"Min", "Smallest">;

def Tpu_PReluOp : Tpu_Op<"PRelu"> {
  let summary = "x where x > 0, else slope * x";
  let description = [{
    Floats: max(x, 0) + min(x, 0) * slope, slope a weight that broadcasts. Integers: p(x) = sat(x * multiplier >> rshift, half
    up), and either q(x) = p's rule with the entries of `slope`, a weight of [1, c, 1, 3] int32 for the channels of axis 1
    ({multiplier, -rshift, 0}), or, with an int8 `slope` that broadcasts, q(x) = sat(x * slope * slope_multiplier >>
    slope_rshift, half up), the first product an int16. output = the larger (`takes_max` true) or the smaller (false) of p
    and q of x; where it is not given, sat(p(max(x, 0)) + q(min(x, 0))). Zero points are taken off x and added to p and q.
  }];
  let arguments = !con((ins Tpu_Tensor:$input, Tpu_Tensor:$slope,
    DefaultValuedAttr<I64Attr, "1">:$multiplier, DefaultValuedAttr<I64Attr, "0">:$rshift,
    DefaultValuedAttr<I64Attr, "1">:$slope_multiplier, DefaultValuedAttr<I64Attr, "0">:$slope_rshift,
    OptionalAttr<BoolAttr>:$takes_max), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_LutOp : Tpu_Op<"Lut"> {
  let summary = "Table of 256 results, indexed by the bits of the input";
  let description = [{output = table[input as an unsigned byte]; table is a weight of [1, 1, 1, 256].}];
  let arguments = !con((ins Tpu_Tensor:$input, Tpu_Tensor:$table), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_RequantIntOp : Tpu_Op<"RequantInt"> {
  let summary = "Change of integer scale";
  let description = [{output = sat(input * multiplier >> rshift, half up).}];
  let arguments = !con((ins Tpu_Tensor:$input, I64Attr:$multiplier, I64Attr:$rshift), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_LinesOp : Tpu_Op<"Lines"> {
  let summary = "Up to two lines between two bounds";
  let description = [{
    line[i] = sat(((input * factors[i] + offsets[i]) * multipliers[i] >> rshifts[i], half up) + zero_points[i]), the inner
    sum in int16; output = the larger (`takes_max`) or the
    smaller of the lines, then at least `low` and at most `high` where given. The same 256 results as some table, in a few
    element-wise instructions instead of a lookup, which moves one element a lane and cycle.
  }];
  let arguments = !con((ins Tpu_Tensor:$input, DenseI64ArrayAttr:$multipliers, DenseI64ArrayAttr:$rshifts,
    DenseI64ArrayAttr:$zero_points, DenseI64ArrayAttr:$factors, DenseI64ArrayAttr:$offsets, DefaultValuedAttr<BoolAttr, "true">:$takes_max, OptionalAttr<I64Attr>:$low,
    OptionalAttr<I64Attr>:$high), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_CurveOp : Tpu_Op<"Curve"> {
  let summary = "Larger or smaller of many lines, one after the other";
  let description = [{
    line[i] = sat((u * multipliers[i] >> 22, half up) + zero_points[i]). u = input where starts[i] is 0 and not
    `one_sided[i]`; else u = x - starts[i], saturated to -128 to 127, with x = input, or the larger of input and starts[i]
    where `one_sided[i]` (a line that is flat before its start). output = line[0], then the
    larger (`takes_max[i]`) or the smaller of it and line[i] for each further line. The same 256 results as some table
    (SiLU, GELU, tanh) in about three 8-bit element-wise instructions a line, each 64 elements a lane and cycle; a lookup
    moves one. Multipliers fit int32, zero points int16; starts are values of the input's format.
  }];
  let arguments = !con((ins Tpu_Tensor:$input, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$multipliers,
    DenseI64ArrayAttr:$zero_points, DenseBoolArrayAttr:$one_sided, DenseBoolArrayAttr:$takes_max), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
def Tpu_CastOp : Tpu_Op<"Cast"> {
  let summary = "Between f32 and an integer format with a scale";
  let description = [{f32 to integer: sat(round(input * (1 / scale))), half away from zero, the reciprocal and the product
    in fp32. Integer to f32: float(input) * scale.}];
  let arguments = !con((ins Tpu_Tensor:$input), Tpu_Group.attrs);
  let results = (outs Tpu_Tensor:$output);
}
#endif
