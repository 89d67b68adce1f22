// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<2x6x4x5xf32>, %c: tensor<6xf32>, %w: tensor<5xf32>, %m: tensor<4x5xf32>) {
  %none = "top.None"() : () -> none
  // CHECK: "top.Softmax"(%{{.*}}) <{axis = -1 : i64, beta = 1.000000e+00 : f64, log = false}>
  %0 = "top.Softmax"(%x) {axis = -1 : i64} : (tensor<2x6x4x5xf32>) -> tensor<2x6x4x5xf32>
  // CHECK: "top.Reduce"(%{{.*}}) <{axes = array<i64: 1, -1>, keepdims = true, mode = "L2"}>
  %1 = "top.Reduce"(%x) {axes = array<i64: 1, -1>, mode = "L2"} : (tensor<2x6x4x5xf32>) -> tensor<2x1x4x1xf32>
  // CHECK: "top.Reduce"(%{{.*}}) <{axes = array<i64: 0, 1, 2, 3>, keepdims = false, mode = "Prod"}>
  %2 = "top.Reduce"(%x) {axes = array<i64: 0, 1, 2, 3>, keepdims = false, mode = "Prod"} : (tensor<2x6x4x5xf32>) -> tensor<1xf32>
  // CHECK: "top.CumSum"(%{{.*}}) <{axis = 2 : i64}>
  %3 = "top.CumSum"(%x) {axis = 2 : i64} : (tensor<2x6x4x5xf32>) -> tensor<2x6x4x5xf32>
  // CHECK: "top.LayerNorm"(%{{.*}}) <{axis = -2 : i64, eps = {{.*}}, normalized_shape = array<i64: 4, 5>}>
  %4 = "top.LayerNorm"(%x, %m, %none) {normalized_shape = array<i64: 4, 5>, axis = -2 : i64, eps = 1.0e-5}
    : (tensor<2x6x4x5xf32>, tensor<4x5xf32>, none) -> tensor<2x6x4x5xf32>
  // CHECK: "top.InstanceNorm"
  %5 = "top.InstanceNorm"(%x, %c, %c) {eps = 1.0e-5}
    : (tensor<2x6x4x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<2x6x4x5xf32>
  // CHECK: "top.GroupNorm"(%{{.*}}) <{eps = {{.*}}, num_groups = 3 : i64}>
  %6 = "top.GroupNorm"(%x, %c, %c) {num_groups = 3 : i64, eps = 1.0e-5}
    : (tensor<2x6x4x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<2x6x4x5xf32>
  // CHECK: "top.RMSNorm"
  %7 = "top.RMSNorm"(%x, %w) {eps = 1.0e-5} : (tensor<2x6x4x5xf32>, tensor<5xf32>) -> tensor<2x6x4x5xf32>
  return
}
