// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --weight-fold -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// Ops whose operands are all weights are evaluated with the chip's numerics; what they leave unused goes.

// WEIGHT a i1 [2, 3] = 1 2 3 -4 -5 127
// WEIGHT t u1 [1, 1, 1, 256] = 7 8 9
// WEIGHT f f4 [2, 3] = 1.5 -2.5 100 -1 0.25 0.75
// WEIGHT used f4 [2, 3] = 1

!h = !quant.uniform<i8:f32, 0.5>
!q = !quant.uniform<i8:f32, 0.25>
!u = !quant.uniform<u8:f32, 0.5>

module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED", module.weight_file = "in.npz"} {
  // CHECK: func.func @main(%[[ARG:.*]]: tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01>>
  func.func @main(%arg: tensor<2x3x!h>) -> (tensor<3x2x!h>, tensor<2x3x!u>, tensor<2x3xf32>, tensor<6x!h>) {
    // CHECK: %[[X:.*]] = "top.Input"
    %x = "top.Input"(%arg) : (tensor<2x3x!h>) -> tensor<2x3x!h> loc("x")
    // CHECK-NOT: tpu.RequantInt
    // CHECK-NOT: tpu.Lut
    // CHECK-NOT: tpu.Cast
    // CHECK-NOT: loc("a")
    %a = "top.Weight"() : () -> tensor<2x3x!h> loc("a")
    %t = "top.Weight"() : () -> tensor<1x1x1x256xui8> loc("t")
    %f = "top.Weight"() : () -> tensor<2x3xf32> loc("f")
    %used = "top.Weight"() : () -> tensor<2x3xf32> loc("used")
    // x * 3 / 2, half up.
    %0 = "tpu.RequantInt"(%a) {multiplier = 3 : i64, rshift = 1 : i64} : (tensor<2x3x!h>) -> tensor<2x3x!q> loc("requant")
    %1 = "tpu.Permute"(%a) {order = array<i64: 1, 0>} : (tensor<2x3x!h>) -> tensor<3x2x!h> loc("permute")
    %2 = "tpu.Lut"(%a, %t) : (tensor<2x3x!h>, tensor<1x1x1x256xui8>) -> tensor<2x3x!u> loc("lut")
    %3 = "tpu.Cast"(%f) : (tensor<2x3xf32>) -> tensor<2x3x!h> loc("cast")
    // A view of a folded value folds too.
    %4 = "tpu.Reshape"(%3) : (tensor<2x3x!h>) -> tensor<6x!h> loc("reshape")
    // CHECK: %[[ADD:.*]] = "tpu.Add"(%[[X]], %[[W:.*]]) <{
    %5 = "tpu.Add"(%x, %0) {multipliers = array<i64: 1, 1>, rshift = 0 : i64} : (tensor<2x3x!h>, tensor<2x3x!q>) -> tensor<2x3x!h> loc("add")
    // CHECK: "tpu.Permute"(%[[ADD]])
    %6 = "tpu.Permute"(%5) {order = array<i64: 1, 0>} : (tensor<2x3x!h>) -> tensor<3x2x!h> loc("out0")
    %7 = "tpu.Add"(%6, %1) {multipliers = array<i64: 1, 1>, rshift = 0 : i64} : (tensor<3x2x!h>, tensor<3x2x!h>) -> tensor<3x2x!h> loc("out1")
    %8 = "tpu.Add"(%x, %2) {multipliers = array<i64: 1, 1>, rshift = 0 : i64} : (tensor<2x3x!h>, tensor<2x3x!u>) -> tensor<2x3x!u> loc("out2")
    %9 = "tpu.Cast"(%x) : (tensor<2x3x!h>) -> tensor<2x3xf32> loc("x_f32")
    %10 = "tpu.Add"(%9, %used) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> loc("out3")
    %11 = "tpu.Reshape"(%x) : (tensor<2x3x!h>) -> tensor<6x!h> loc("x6")
    %12 = "tpu.Add"(%11, %4) {multipliers = array<i64: 1, 1>, rshift = 0 : i64} : (tensor<6x!h>, tensor<6x!h>) -> tensor<6x!h> loc("out4")
    return %7, %8, %10, %12 : tensor<3x2x!h>, tensor<2x3x!u>, tensor<2x3xf32>, tensor<6x!h>
  }
}
// WEIGHTS-DAG: requant_folded i1 [2, 3] = 2 3 5 -6 -7 127
// WEIGHTS-DAG: permute_folded i1 [3, 2] = 1 -4 2 -5 3 127
// Indexed by the bits: -4 is 252, -5 is 251.
// WEIGHTS-DAG: lut_folded u1 [2, 3] = 8 9 7 7 9 8
// Half away from zero; saturated.
// WEIGHTS-DAG: reshape_folded i1 [6] = 3 -5 127 -2 1 2
// WEIGHTS-DAG: used f4 [2, 3] = 1 1 1 1 1 1
