// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir

// Moves keep the number format of what they move, whatever the calibration of the result says.

// WEIGHT k f4 [1, 1, 4, 4] = 0.9921875

!s4 = !quant.calibrated<f32<-4.0:4.0>>
!s8 = !quant.calibrated<f32<-8.0:8.0>>

module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> (tensor<1x4x4x4x!s8>, tensor<1x3x4x4x!s8>) {
    // CHECK: %[[X:.*]] = "tpu.Cast"
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!s4> loc("x")
    // CHECK: %[[P:.*]] = "tpu.Permute"(%[[X]]) <{order = array<i64: 0, 1, 3, 2>}> : {{.*}} -> tensor<1x2x4x4x!quant.uniform<i8:f32, 3.125000e-02>>
    %p = "top.Permute"(%x) {order = array<i64: 0, 1, 3, 2>} : (tensor<1x2x4x4x!s4>) -> tensor<1x2x4x4x!s8> loc("p")
    // CHECK: %[[S:.*]] = "tpu.Slice"(%[[P]]) <{offset = array<i64: 0, 0, 0, 1>, steps = array<i64: 1, 1, 1, 2>}> : {{.*}} -> tensor<1x2x4x2x!quant.uniform<i8:f32, 3.125000e-02>>
    %s = "top.Slice"(%p) {offset = array<i64: 0, 0, 0, 1>, steps = array<i64: 1, 1, 1, 2>, ends = array<i64: 1, 2, 4, 4>}
      : (tensor<1x2x4x4x!s8>) -> tensor<1x2x4x2x!s8> loc("s")
    // CHECK: %[[U:.*]] = "tpu.Upsample"(%[[S]]) <{scale_h = 1 : i64, scale_w = 2 : i64}>
    %u = "top.Upsample"(%s) {scale_h = 1 : i64, scale_w = 2 : i64} : (tensor<1x2x4x2x!s8>) -> tensor<1x2x4x4x!s8> loc("u")
    // CHECK: "tpu.Pad"(%[[U]]) <{mode = "constant", paddings = array<i64: 0, 0, 1, 0, 0, 0, 0, 1>, val = 5.000000e-01 : f64}>
    %pad = "top.Pad"(%u) {paddings = array<i64: 0, 0, 1, 0, 0, 0, 0, 1>, val = 0.5} : (tensor<1x2x4x4x!s8>) -> tensor<1x2x5x5x!s8> loc("pad")
    // CHECK: %[[R:.*]] = "tpu.Reshape"(%[[U]]) : {{.*}} -> tensor<1x2x16x!quant.uniform<i8:f32, 3.125000e-02>>
    %r = "top.Reshape"(%u) {shape = array<i64: 1, 2, 16>} : (tensor<1x2x4x4x!s8>) -> tensor<1x2x16x!s8> loc("r")
    // CHECK: "tpu.Reshape"(%[[R]]) : {{.*}} -> tensor<32x!quant.uniform<i8:f32, 3.125000e-02>>
    %f = "top.Flatten"(%r) : (tensor<1x2x16x!s8>) -> tensor<32x!s8> loc("f")
    // Parts of a concatenation that something computes with take its format, each by a requantisation of its own (2^-5
    // to 2^-4).
    // CHECK: %[[Q0:.*]] = "tpu.RequantInt"(%[[X]]) <{multiplier = 1073741824 : i64, rshift = 31 : i64}> {{.*}} loc(#[[N0:.*]])
    // CHECK: %[[Q1:.*]] = "tpu.RequantInt"(%[[U]]) {{.*}} loc(#[[N1:.*]])
    // CHECK: "tpu.Concat"(%[[Q0]], %[[Q1]]) <{axis = 1 : i64}> : {{.*}} -> tensor<1x4x4x4x!quant.uniform<i8:f32, 6.250000e-02>>
    %c = "top.Concat"(%x, %u) {axis = 1 : i64} : (tensor<1x2x4x4x!s4>, tensor<1x2x4x4x!s8>) -> tensor<1x4x4x4x!s8> loc("c")
    // CHECK: "tpu.RequantInt"
    // CHECK: "tpu.RequantInt"(%{{.*}}) <{multiplier = 1073741824 : i64, rshift = 33 : i64}>
    // CHECK: "tpu.Concat"
    %k = "top.Weight"() : () -> tensor<1x1x4x4xf32> loc("k")
    %ck = "top.Concat"(%x, %k) {axis = 1 : i64} : (tensor<1x2x4x4x!s4>, tensor<1x1x4x4xf32>) -> tensor<1x3x4x4x!s8> loc("ck")
    %rc = "top.Relu"(%c) : (tensor<1x4x4x4x!s8>) -> tensor<1x4x4x4x!s8> loc("rc")
    %rck = "top.Relu"(%ck) : (tensor<1x3x4x4x!s8>) -> tensor<1x3x4x4x!s8> loc("rck")
    return %rc, %rck : tensor<1x4x4x4x!s8>, tensor<1x3x4x4x!s8>
  }
}
// CHECK-DAG: #[[N0]] = loc("c_requant_0")
// CHECK-DAG: #[[N1]] = loc("c_requant_1")
