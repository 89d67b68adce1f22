// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// WEIGHT r f4 [2, 3] = 1 2 -3 4 5 6
// WEIGHT rt f4 [3, 2] = 1 4 2 5 -3 6
// WEIGHT b f4 [3] = 1 -1 0.5
// WEIGHT l f4 [5, 2] = 1.984375 -1

!s4 = !quant.calibrated<f32<-4.0:4.0>>
!s8 = !quant.calibrated<f32<-8.0:8.0>>

module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<5x2xf32>) -> (tensor<5x3x!s8>, tensor<5x3x!s8>, tensor<5x5x!s8>, tensor<2x2x!s8>, tensor<5x5x!s8>) {
    %none = "top.None"() : () -> none
    // CHECK: %[[X:.*]] = "tpu.Cast"
    %x = "top.Input"(%arg) : (tensor<5x2xf32>) -> tensor<5x2x!s4> loc("x")
    %r = "top.Weight"() : () -> tensor<2x3xf32> loc("r")
    %rt = "top.Weight"() : () -> tensor<3x2xf32> loc("rt")
    %b = "top.Weight"() : () -> tensor<3xf32> loc("b")
    // A constant right operand is the filter of a convolution of one pixel, quantised per output column.
    // CHECK: "tpu.MatMul"(%[[X]], %{{.*}}weight_form}> : ({{.*}}, tensor<3x2x1x1xi8>, tensor<1x3x1x1xi32>, tensor<1x3x1x3xi32>) -> tensor<5x3x!quant.uniform<i8:f32, 6.250000e-02>>
    %0 = "top.MatMul"(%x, %r, %b) : (tensor<5x2x!s4>, tensor<2x3xf32>, tensor<3xf32>) -> tensor<5x3x!s8> loc("m0")
    // WEIGHTS-DAG: m0_filter_i8 i1 [3, 2, 1, 1] = 32 127 51 127 -64 127
    // WEIGHTS-DAG: m0_bias_int32 i4 [1, 3, 1, 1] = 1016 -813 339
    %1 = "top.MatMul"(%x, %rt, %none) {right_transpose = true} : (tensor<5x2x!s4>, tensor<3x2xf32>, none) -> tensor<5x3x!s8> loc("m1")
    // WEIGHTS-DAG: m1_filter_i8 i1 [3, 2, 1, 1] = 32 127 51 127 -64 127

    // Between computed tensors: one multiplier, 2^-10 / 2^-4 = 2^30 * 2^-36. A transposed operand is permuted first.
    // CHECK: %[[P:.*]] = "tpu.Permute"(%[[X]]) <{order = array<i64: 1, 0>}> : {{.*}} -> tensor<2x5x!quant.uniform<i8:f32, 3.125000e-02>> loc(#[[NP:.*]])
    // CHECK: "tpu.MatMul"(%[[X]], %[[P]], %{{.*}}) <{do_relu = false, multiplier = 1073741824 : i64, relu_limit = -1.000000e+00 : f64, rshift = 36 : i64}>
    %2 = "top.MatMul"(%x, %x, %none) {right_transpose = true} : (tensor<5x2x!s4>, tensor<5x2x!s4>, none) -> tensor<5x5x!s8> loc("m2")
    // CHECK: %[[PL:.*]] = "tpu.Permute"(%[[X]]){{.*}} loc(#[[NPL:.*]])
    // CHECK: "tpu.MatMul"(%[[PL]], %[[X]],
    %3 = "top.MatMul"(%x, %x, %none) {left_transpose = true} : (tensor<5x2x!s4>, tensor<5x2x!s4>, none) -> tensor<2x2x!s8> loc("m3")
    // A constant left operand takes the scale of its largest magnitude, 1.984375 / 127 = 2^-6.
    // CHECK: %[[L:.*]] = "top.Weight"() : () -> tensor<5x2x!quant.uniform<i8:f32, 1.562500e-02>>
    // CHECK: "tpu.MatMul"(%[[L]], %{{.*}}multiplier = 1073741824 : i64, relu_limit = -1.000000e+00 : f64, rshift = 37 : i64}>
    %l = "top.Weight"() : () -> tensor<5x2xf32> loc("l")
    %4 = "top.MatMul"(%l, %x, %none) {right_transpose = true} : (tensor<5x2xf32>, tensor<5x2x!s4>, none) -> tensor<5x5x!s8> loc("m4")
    // WEIGHTS-DAG: l_i8 i1 [5, 2] = 127 -64 127 -64
    return %0, %1, %2, %3, %4 : tensor<5x3x!s8>, tensor<5x3x!s8>, tensor<5x5x!s8>, tensor<2x2x!s8>, tensor<5x5x!s8>
  }
}
// CHECK-DAG: #[[NP]] = loc("m2_right_transpose")
// CHECK-DAG: #[[NPL]] = loc("m3_left_transpose")
