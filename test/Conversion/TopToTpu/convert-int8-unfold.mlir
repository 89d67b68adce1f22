// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=INT8 asymmetric=false chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// WEIGHT f f4 [8, 3, 3, 3] = 0.125 0.25 -0.5 0.9921875
// WEIGHT g f4 [8, 8, 3, 3] = 0.125 0.25 -0.5 0.9921875

!s4 = !quant.calibrated<f32<-4.0:4.0>>

module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<2x3x64x64xf32>) -> (tensor<2x8x32x32x!s4>, tensor<2x8x32x32x!s4>) {
    %none = "top.None"() : () -> none
    // CHECK: %[[X:.*]] = "tpu.Cast"
    %x = "top.Input"(%arg) : (tensor<2x3x64x64xf32>) -> tensor<2x3x64x64x!s4> loc("x")
    // Window taps of few channels become channels: one 1 in each plane of the selector, and the filter's taps in the same
    // order, channel, row, column.
    // CHECK: %[[S:.*]] = "top.Weight"() : () -> tensor<1x27x3x3xi8> loc(#[[NS:.*]])
    // CHECK: %[[U:.*]] = "tpu.Unfold"(%[[X]], %[[S]]) <{dilations = array<i64: 1, 1>, kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 0, 0>, strides = array<i64: 2, 2>}>
    // CHECK-SAME: -> tensor<2x27x32x32x!quant.uniform<i8:f32, 3.125000e-02>> loc(#[[NU:.*]])
    // CHECK: %[[F:.*]] = "top.Weight"() : () -> tensor<8x27x1x1xi8>
    // CHECK: %[[C:.*]] = "tpu.Conv2D"(%[[U]], %[[F]],{{.*}}kernel_shape = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>{{.*}}strides = array<i64: 1, 1>
    // CHECK-SAME: -> tensor<2x8x32x32x!quant.uniform<i8:f32, 3.125000e-02>> loc(#[[NC:.*]])
    // WEIGHTS-DAG: c_selector i1 [1, 27, 3, 3] = 1 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 1
    // WEIGHTS-DAG: c_filter_i8 i1 [8, 27, 1, 1] = 16 32 -64 127 16 32
    %f = "top.Weight"() : () -> tensor<8x3x3x3xf32> loc("f")
    %c = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>}
      : (tensor<2x3x64x64x!s4>, tensor<8x3x3x3xf32>, none) -> tensor<2x8x32x32x!s4> loc("c")
    // More channels than the four of images stay as they are.
    // CHECK-NOT: tpu.Unfold
    // CHECK: "tpu.Conv2D"(%[[C]], {{.*}}kernel_shape = array<i64: 3, 3>
    %g = "top.Weight"() : () -> tensor<8x8x3x3xf32> loc("g")
    %d = "top.Conv"(%c, %g, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<2x8x32x32x!s4>, tensor<8x8x3x3xf32>, none) -> tensor<2x8x32x32x!s4> loc("d")
    // CHECK-DAG: #[[NS]] = loc("c_selector")
    // CHECK-DAG: #[[NU]] = loc("c_unfold")
    // CHECK-DAG: #[[NC]] = loc("c")
    return %c, %d : tensor<2x8x32x32x!s4>, tensor<2x8x32x32x!s4>
  }
}
