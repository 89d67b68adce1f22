// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

!i8 = !quant.uniform<i8:f32, 0.5>

// CHECK-LABEL: func.func @moves
func.func @moves(%x: tensor<1x4x6x8x!i8>, %y: tensor<1x3x6x8x!i8>) {
  // CHECK: "tpu.Concat"(%{{.*}}) <{axis = 1 : i64}>
  %0 = "tpu.Concat"(%x, %y) {axis = 1 : i64} : (tensor<1x4x6x8x!i8>, tensor<1x3x6x8x!i8>) -> tensor<1x7x6x8x!i8>
  // CHECK: "tpu.Slice"(%{{.*}}) <{offset = array<i64: 0, 1, 0, 2>, steps = array<i64: 1, 1, 2, 3>}>
  %1 = "tpu.Slice"(%0) {offset = array<i64: 0, 1, 0, 2>, steps = array<i64: 1, 1, 2, 3>}
    : (tensor<1x7x6x8x!i8>) -> tensor<1x6x3x2x!i8>
  // CHECK: "tpu.Gather"(%{{.*}}) <{axis = 3 : i64, indices = array<i64: 7, 0, 0, 2, 4>}>
  %g = "tpu.Gather"(%x) {axis = 3 : i64, indices = array<i64: 7, 0, 0, 2, 4>} : (tensor<1x4x6x8x!i8>) -> tensor<1x4x6x5x!i8>
  // CHECK: "tpu.Pad"(%{{.*}}) <{mode = "reflect", paddings = array<i64: 0, 0, 1, 0, 0, 0, 2, 1>, val = 0.000000e+00 : f64}>
  %2 = "tpu.Pad"(%1) {mode = "reflect", paddings = array<i64: 0, 0, 1, 0, 0, 0, 2, 1>, val = 0.0 : f64}
    : (tensor<1x6x3x2x!i8>) -> tensor<1x6x6x3x!i8>
  // CHECK: "tpu.Reshape"(%{{.*}}) :
  %3 = "tpu.Reshape"(%2) : (tensor<1x6x6x3x!i8>) -> tensor<2x54x!i8>
  // CHECK: "tpu.Permute"(%{{.*}}) <{order = array<i64: 0, 3, 1, 2>}>
  %4 = "tpu.Permute"(%x) {order = array<i64: 0, 3, 1, 2>} : (tensor<1x4x6x8x!i8>) -> tensor<1x8x4x6x!i8>
  // CHECK: "tpu.Upsample"(%{{.*}}) <{scale_h = 2 : i64, scale_w = 3 : i64}>
  %5 = "tpu.Upsample"(%x) {scale_h = 2 : i64, scale_w = 3 : i64} : (tensor<1x4x6x8x!i8>) -> tensor<1x4x12x24x!i8>
  return
}
