// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt net.mlir --import-calibration-table=file=table --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o one.mlir
// RUN: tpuc-opt net.mlir --import-calibration-table=file=table -o calibrated.mlir
// RUN: tpuc-opt calibrated.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o two.mlir
// RUN: grep -o 'quant.uniform<[^>]*>' one.mlir > one.txt && grep -o 'quant.uniform<[^>]*>' two.mlir > two.txt && diff one.txt two.txt
// RUN: %print_weights one_weight.npz > one.txt && %print_weights two_weight.npz > two.txt && diff one.txt two.txt
// RUN: grep -c c_quant one.txt

// A user may stop after any pass: the ranges that the text of the module keeps are those that lowering sees.

// WEIGHT f f4 [2, 2, 1, 1] = 0.1 0.2 0.3 0.7

//--- net.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("x")
    %f = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("f")
    %c = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, do_relu = true}
      : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x4x4xf32> loc("c")
    %s = "top.SiLU"(%c) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("s")
    return %s : tensor<1x2x4x4xf32>
  }
}
//--- table
x 3.14159265358979 -3.0000001 3.14159265358979
c 0.123456789012345 0 0.2
s 1234567.891 -0.01 1234567.891
