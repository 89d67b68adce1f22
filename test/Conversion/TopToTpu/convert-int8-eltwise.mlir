// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// WEIGHT k f4 [2, 1, 1] = 0.9921875 -0.5

!s4 = !quant.calibrated<f32<-4.0:4.0>>
!s8 = !quant.calibrated<f32<-8.0:8.0>>
!u = !quant.calibrated<f32<0.0:7.96875>>

module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4x!u>, tensor<1x2x4x4x!s8>, tensor<1x2x4x4x!s8>) {
    // CHECK: %[[X:.*]] = "tpu.Cast"
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!s4> loc("x")
    // Relu into an unsigned result is its saturation: a change of scale, here none (2^-5 to 2^-5).
    // CHECK: %[[R:.*]] = "tpu.RequantInt"(%[[X]]) <{multiplier = 1073741824 : i64, rshift = 30 : i64}>
    // CHECK-SAME: -> tensor<1x2x4x4x!quant.uniform<u8:f32, 3.125000e-02>>
    %r = "top.Relu"(%x) : (tensor<1x2x4x4x!s4>) -> tensor<1x2x4x4x!u> loc("r")
    // A limit that no input reaches: one line.
    // CHECK: "tpu.Lines"(%[[X]]) <{factors = array<i64: 1>, multipliers = array<i64: 4194304>,
    %r6 = "top.Relu"(%x) {relu_limit = 6.0} : (tensor<1x2x4x4x!s4>) -> tensor<1x2x4x4x!u> loc("r6")
    // Factors 2^-5 / 2^-5 = 1: the largest power of two below 256 for signed, at most 128 for unsigned inputs.
    // CHECK: %[[A:.*]] = "tpu.Add"(%[[X]], %[[R]]) <{do_relu = true, multipliers = array<i64: 128, 128>, relu_limit = -1.000000e+00 : f64, rshift = 7 : i64}>
    %a = "top.Add"(%x, %r) {do_relu = true} : (tensor<1x2x4x4x!s4>, tensor<1x2x4x4x!u>) -> tensor<1x2x4x4x!u> loc("a")
    // CHECK: "tpu.Add"(%[[X]], %[[R]]) <{{.*}}multipliers = array<i64: 192, -64>, {{.*}}rshift = 8 : i64}>
    %c = "top.Add"(%x, %r) {coeff = array<f64: 1.5, -0.5>} : (tensor<1x2x4x4x!s4>, tensor<1x2x4x4x!u>) -> tensor<1x2x4x4x!s8> loc("co")
    // CHECK: %[[S:.*]] = "tpu.Add"(%[[X]], %[[R]]) <{{.*}}multipliers = array<i64: 128, -128>, {{.*}}rshift = 8 : i64}>
    %s = "top.Sub"(%x, %r) : (tensor<1x2x4x4x!s4>, tensor<1x2x4x4x!u>) -> tensor<1x2x4x4x!s8> loc("s")
    // 2^-5 * 2^-5 / 2^-4 = 2^30 * 2^-36.
    // CHECK: "tpu.Mul"(%[[X]], %[[R]]) <{do_relu = false, multiplier = 1073741824 : i64, {{.*}}rshift = 36 : i64}>
    %m = "top.Mul"(%x, %r) : (tensor<1x2x4x4x!s4>, tensor<1x2x4x4x!u>) -> tensor<1x2x4x4x!s8> loc("m")
    %k = "top.Weight"() : () -> tensor<2x1x1xf32> loc("k")
    // A constant operand is int8 by its largest magnitude, one array for both users: 0.9921875 / 127 = 2^-7.
    // CHECK: %[[K:.*]] = "top.Weight"() : () -> tensor<2x1x1x!quant.uniform<i8:f32, 7.812500e-03>>
    // CHECK: "tpu.Mul"(%[[X]], %[[K]]) {{.*}}rshift = 38 : i64
    %mk = "top.Mul"(%x, %k) : (tensor<1x2x4x4x!s4>, tensor<2x1x1xf32>) -> tensor<1x2x4x4x!s8> loc("mk")
    // CHECK: "tpu.Add"(%[[X]], %[[K]]) <{{.*}}multipliers = array<i64: 128, 32>{{.*}}rshift = 8 : i64
    %ak = "top.Add"(%x, %k) : (tensor<1x2x4x4x!s4>, tensor<2x1x1xf32>) -> tensor<1x2x4x4x!s8> loc("ak")
    // WEIGHTS: k_i8 i1 [2, 1, 1] = 127 -64
    // WEIGHTS-NOT: k_i8
    // A multiple is a change of scale: 0.75 * 2^-5 / 2^-4 = 3 * 2^-3.
    // CHECK: "tpu.RequantInt"(%[[X]]) <{multiplier = 1610612736 : i64, rshift = 32 : i64}>
    %mc = "top.MulConst"(%x) {const_val = 0.75} : (tensor<1x2x4x4x!s4>) -> tensor<1x2x4x4x!s8> loc("mc")
    // CHECK: "tpu.RequantInt"(%[[X]]) <{multiplier = -1073741824 : i64, rshift = 30 : i64}>
    %mr = "top.MulConst"(%x) {const_val = -1.0, do_relu = true} : (tensor<1x2x4x4x!s4>) -> tensor<1x2x4x4x!u> loc("mr")
    // x / 2 + 16, and ties away from zero: a little more than a half around the input -32 that gives 0.
    // CHECK: "tpu.Lines"(%[[X]]) <{factors = array<i64: 127>, multipliers = array<i64: 16578>, offsets = array<i64: 4064>,
    // CHECK-SAME: -> tensor<1x2x4x4x!quant.uniform<i8:f32, 6.250000e-02>>
    %ac = "top.AddConst"(%x) {const_val = 1.0} : (tensor<1x2x4x4x!s4>) -> tensor<1x2x4x4x!s8> loc("ac")
    return %a, %s, %c : tensor<1x2x4x4x!u>, tensor<1x2x4x4x!s8>, tensor<1x2x4x4x!s8>
  }
}
