// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @moves
func.func @moves(%x: tensor<1x4x6x8xf32>, %y: tensor<1x2x6x8xf32>) {
  // CHECK: "top.Concat"(%{{.*}}) <{axis = 1 : i64
  %0 = "top.Concat"(%x, %y) : (tensor<1x4x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x6x6x8xf32>
  // CHECK: "top.Slice"(%{{.*}}) <{ends = array<i64: 1, 3, 6, 8>, offset = array<i64: 0, 1, 0, 1>, steps = array<i64: 1, 1, 1, 2>}>
  %1 = "top.Slice"(%x) {offset = array<i64: 0, 1, 0, 1>, steps = array<i64: 1, 1, 1, 2>, ends = array<i64: 1, 3, 6, 8>}
    : (tensor<1x4x6x8xf32>) -> tensor<1x2x6x4xf32>
  // CHECK: "top.Gather"(%{{.*}}) <{axis = 1 : i64, indices = array<i64: 3, 0, 0, 2>}>
  %g = "top.Gather"(%x) {axis = 1 : i64, indices = array<i64: 3, 0, 0, 2>} : (tensor<1x4x6x8xf32>) -> tensor<1x4x6x8xf32>
  // CHECK: "top.Pad"(%{{.*}}) <{mode = "reflect", paddings = array<i64: 0, 0, 1, 2, 0, 0, 3, 4>, val = 0.000000e+00 : f64}>
  %2 = "top.Pad"(%x) {paddings = array<i64: 0, 0, 1, 2, 0, 0, 3, 4>, mode = "reflect"}
    : (tensor<1x4x6x8xf32>) -> tensor<1x4x10x14xf32>
  // CHECK: "top.Reshape"(%{{.*}}) <{shape = array<i64: 0, -1, 8>}>
  %3 = "top.Reshape"(%x) {shape = array<i64: 0, -1, 8>} : (tensor<1x4x6x8xf32>) -> tensor<1x24x8xf32>
  // CHECK: "top.Flatten"(%{{.*}}) <{end_dim = -2 : i64, start_dim = 1 : i64}>
  %4 = "top.Flatten"(%x) {start_dim = 1 : i64, end_dim = -2 : i64} : (tensor<1x4x6x8xf32>) -> tensor<1x24x8xf32>
  // CHECK: "top.Permute"(%{{.*}}) <{order = array<i64: 0, 2, 3, 1>}>
  %5 = "top.Permute"(%x) {order = array<i64: 0, 2, 3, 1>} : (tensor<1x4x6x8xf32>) -> tensor<1x6x8x4xf32>
  // CHECK: "top.Upsample"(%{{.*}}) <{scale_h = 2 : i64, scale_w = 3 : i64}>
  %6 = "top.Upsample"(%x) {scale_h = 2 : i64, scale_w = 3 : i64} : (tensor<1x4x6x8xf32>) -> tensor<1x4x12x24xf32>
  return
}
