// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=INT8 asymmetric=false chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// Scales are powers of two, so that every number below follows by hand. Signed tensors: scale = threshold / 128;
// unsigned ones: scale = maximum / 255; filters: scale = largest / 127 per output channel.

// WEIGHT f f4 [2, 2, 1, 1] = 0.9921875 -0.5 0.248046875 0.49609375
// WEIGHT b f4 [2] = 0.5 -1.0
// WEIGHT g f4 [4, 2, 1, 1] = 1 2 3 4 5 6 7 8
// WEIGHT d f4 [2, 1, 1, 1] = 1 -1
// WEIGHT r f4 [3, 2] = 1 2 3 4 5 6
// WEIGHT s f4 [2] = 0.9921875 1.984375
// WEIGHT sb f4 [2] = 0 0.5

!s4 = !quant.calibrated<f32<-4.0:4.0>>
!s8 = !quant.calibrated<f32<-8.0:8.0>>
!u = !quant.calibrated<f32<0.0:7.96875>>

// CHECK: module attributes {module.asymmetric = false, module.chip = "bm1684x", module.mode = "INT8", module.state = "TPU_LOWERED", module.weight_file = "out_weight.npz"}
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  // CHECK: func.func @main(%[[ARG:.*]]: tensor<1x2x4x4xf32>{{.*}}) -> (tensor<1x2x4x4xf32>
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4x!u>, tensor<1x4x4x4x!s8>, tensor<1x2x36x36x!s8>, tensor<1x2x4x4x!s8>,
      tensor<1x2x2x2x!s4>, tensor<1x2x1x1x!s8>, tensor<1x2x4x4x!s4>) {
    %none = "top.None"() : () -> none
    // CHECK: %[[IN:.*]] = "top.Input"(%[[ARG]]) {{.*}} -> tensor<1x2x4x4xf32> loc(#[[NIN:.*]])
    // CHECK: %[[X:.*]] = "tpu.Cast"(%[[IN]]) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!quant.uniform<i8:f32, 3.125000e-02>> loc(#[[NX:.*]])
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!s4> loc("x")
    %f = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("f")
    %b = "top.Weight"() : () -> tensor<2xf32> loc("b")

    // A relu makes the result unsigned; the name stays the op's.
    // CHECK: %[[F:.*]] = "top.Weight"() : () -> tensor<2x2x1x1xi8> loc(#[[NF:.*]])
    // CHECK: %[[B:.*]] = "top.Weight"() : () -> tensor<1x2x1x1xi32>
    // CHECK: %[[Q:.*]] = "top.Weight"() : () -> tensor<1x2x1x3xi32>
    // CHECK: %[[C:.*]] = "tpu.Conv2D"(%[[X]], %[[F]], %[[B]], %[[Q]]) <{band = 0 : i64, dilations = array<i64: 1, 1>, do_relu = true, group = 1 : i64
    // CHECK-SAME: -> tensor<1x2x4x4x!quant.uniform<u8:f32, 3.125000e-02>> loc(#[[NC:.*]])
    %c = "top.Conv"(%x, %f, %b) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, do_relu = true}
      : (tensor<1x2x4x4x!s4>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4x!u> loc("c")
    // Channel 0: scale 2^-7; 0.5 / 2^-12 = 2048. Channel 1: scale 2^-8; -1 / 2^-13 = -8192; 0.248046875 / 2^-8 = 63.5, away from zero.
    // 2^-5 * 2^-7 / 2^-5 = 2^30 * 2^-37.
    // WEIGHTS-DAG: c_filter_i8 i1 [2, 2, 1, 1] = 127 -64 64 127
    // WEIGHTS-DAG: c_bias_int32 i4 [1, 2, 1, 1] = 2048 -8192
    // WEIGHTS-DAG: c_quant i4 [1, 2, 1, 3] = 1.07374182e+09 -37 0 1.07374182e+09 -38 0

    // Two groups of one input channel pair lie in one block of lanes, which reads both: blocks on a diagonal.
    // CHECK: "tpu.Conv2D"(%{{.*}}band = 64 : i64{{.*}}group = 2 : i64{{.*}}tensor<4x4x1x1xi8>, none,
    %x4 = "top.Concat"(%c, %c) {axis = 1 : i64} : (tensor<1x2x4x4x!u>, tensor<1x2x4x4x!u>) -> tensor<1x4x4x4x!u> loc("x4")
    %g = "top.Weight"() : () -> tensor<4x2x1x1xf32> loc("g")
    %cg = "top.Conv"(%x4, %g, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x4x4x4x!u>, tensor<4x2x1x1xf32>, none) -> tensor<1x4x4x4x!s8> loc("cg")
    // WEIGHTS-DAG: cg_filter_i8 i1 [4, 4, 1, 1] = 64 127 0 0 95 127 0 0 0 0 106 127 0 0 111 127

    // Padding beyond the command's field becomes an op of its own.
    // CHECK: %[[PAD:.*]] = "tpu.Pad"(%{{.*}}) <{mode = "constant", paddings = array<i64: 0, 0, 16, 16, 0, 0, 16, 16>, val = 0.000000e+00 : f64}> {{.*}} loc(#[[NPAD:.*]])
    // CHECK: "tpu.Conv2D"(%[[PAD]]{{.*}}group = 2 : i64{{.*}}pads = array<i64: 0, 0, 0, 0>
    %d = "top.Weight"() : () -> tensor<2x1x1x1xf32> loc("d")
    %dw = "top.Conv"(%c, %d, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 16, 16, 16, 16>, group = 2 : i64}
      : (tensor<1x2x4x4x!u>, tensor<2x1x1x1xf32>, none) -> tensor<1x2x36x36x!s8> loc("dw")

    // Scale is a depth-wise convolution of one pixel.
    // CHECK: "tpu.Conv2D"({{.*}}do_relu = false, group = 2 : i64, kernel_shape = array<i64: 1, 1>
    %s = "top.Weight"() : () -> tensor<2xf32> loc("s")
    %sb = "top.Weight"() : () -> tensor<2xf32> loc("sb")
    %sc = "top.Scale"(%x, %s, %sb) : (tensor<1x2x4x4x!s4>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4x!s8> loc("sc")
    // WEIGHTS-DAG: sc_filter_i8 i1 [2, 1, 1, 1] = 127 127
    // WEIGHTS-DAG: sc_bias_int32 i4 [1, 2, 1, 1] = 0 1024

    // The maximum of a format is in that format: the input's scale stays.
    // CHECK: "tpu.Pool2D"(%[[X]], %{{.*}}) <{do_relu = false, kernel_shape = array<i64: 3, 3>, multiplier = 1 : i64, pads = array<i64: 1, 1, 0, 0>, pool_mode = "Max"
    // CHECK-SAME: -> tensor<1x2x2x2x!quant.uniform<i8:f32, 3.125000e-02>>
    %mp = "top.MaxPool"(%x) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>}
      : (tensor<1x2x4x4x!s4>) -> tensor<1x2x2x2x!s4> loc("mp")

    // 2^-5 / 2^-4 / 16 = 2^30 * 2^-35. A single output position has no stride.
    // CHECK: "tpu.Pool2D"(%[[X]], %{{.*}}multiplier = 1073741824 : i64{{.*}}pool_mode = "Avg"{{.*}}rshift = 35 : i64{{.*}}strides = array<i64: 1, 1>
    %ap = "top.AvgPool"(%x) {kernel_shape = array<i64: 4, 4>, strides = array<i64: 4, 4>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4x!s4>) -> tensor<1x2x1x1x!s8> loc("ap")

    // Windows that reach into the padding have smaller divisors: a table of multipliers with one shift.
    // CHECK: "tpu.Pool2D"(%[[X]], %[[DIV:.*]]) <{{.*}}rshift = 30 : i64
    %ad = "top.AvgPool"(%x) {kernel_shape = array<i64: 2, 1>, strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 0>}
      : (tensor<1x2x4x4x!s4>) -> tensor<1x2x4x4x!s4> loc("ad")
    // WEIGHTS-DAG: ad_divisors i4 [1, 1, 4, 4] = 1.07374182e+09 1.07374182e+09 1.07374182e+09 1.07374182e+09 536870912 536870912

    // CHECK: %[[R0:.*]] = "tpu.Cast"(%[[C]]) : {{.*}} -> tensor<1x2x4x4xf32> loc(#[[NR0:.*]])
    // CHECK: return %[[R0]], %{{.*}} : tensor<1x2x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x2x36x36xf32>
    return %c, %cg, %dw, %sc, %mp, %ap, %ad : tensor<1x2x4x4x!u>, tensor<1x4x4x4x!s8>, tensor<1x2x36x36x!s8>, tensor<1x2x4x4x!s8>,
      tensor<1x2x2x2x!s4>, tensor<1x2x1x1x!s8>, tensor<1x2x4x4x!s4>
  }
}
// CHECK-DAG: #[[NIN]] = loc("x")
// CHECK-DAG: #[[NX]] = loc("x_si8")
// CHECK-DAG: #[[NF]] = loc("c_filter_i8")
// CHECK-DAG: #[[NC]] = loc("c")
// CHECK-DAG: #[[NPAD]] = loc("dw_pad")
// CHECK-DAG: #[[NR0]] = loc("c_f32")
