// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @conv
func.func @conv(%in: tensor<2x6x9x7xf32>, %filter: tensor<4x3x3x2xf32>, %bias: tensor<4xf32>) -> tensor<2x4x4x8xf32> {
  // CHECK: "top.Conv"(%{{.*}}) <{dilations = array<i64: 2, 1>, do_relu = true, group = 2 : i64,
  // CHECK-SAME: kernel_shape = array<i64: 3, 2>, pads = array<i64: 1, 0, 1, 2>, relu_limit = 6.000000e+00 : f64,
  // CHECK-SAME: strides = array<i64: 2, 1>}>
  %0 = "top.Conv"(%in, %filter, %bias) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 1>,
    pads = array<i64: 1, 0, 1, 2>, dilations = array<i64: 2, 1>, group = 2 : i64, do_relu = true, relu_limit = 6.0 : f64}
    : (tensor<2x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<2x4x4x8xf32>
  return %0 : tensor<2x4x4x8xf32>
}

// CHECK-LABEL: func.func @depthwise
func.func @depthwise(%in: tensor<1x6x4x4xf32>, %filter: tensor<6x1x3x3xf32>) -> tensor<1x6x2x2xf32> {
  %none = "top.None"() : () -> none
  // CHECK: "top.Conv"{{.*}}group = 6
  %0 = "top.Conv"(%in, %filter, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>,
    pads = array<i64: 0, 0, 0, 0>, group = 6 : i64}
    : (tensor<1x6x4x4xf32>, tensor<6x1x3x3xf32>, none) -> tensor<1x6x2x2xf32>
  return %0 : tensor<1x6x2x2xf32>
}

// CHECK-LABEL: func.func @matmul
func.func @matmul(%a: tensor<5x1x2x3xf32>, %b: tensor<4x6x3xf32>, %bias: tensor<6xf32>) -> tensor<5x4x2x6xf32> {
  // CHECK: "top.MatMul"(%{{.*}}) <{do_relu = false, left_transpose = false, relu_limit = -1.000000e+00 : f64, right_transpose = true}>
  %0 = "top.MatMul"(%a, %b, %bias) {right_transpose = true}
    : (tensor<5x1x2x3xf32>, tensor<4x6x3xf32>, tensor<6xf32>) -> tensor<5x4x2x6xf32>
  return %0 : tensor<5x4x2x6xf32>
}

// CHECK-LABEL: func.func @norms
func.func @norms(%in: tensor<1x3x2x2xf32>, %v: tensor<3xf32>) -> tensor<1x3x2x2xf32> {
  %none = "top.None"() : () -> none
  // CHECK: "top.BatchNorm"(%{{.*}}) <{do_relu = false, epsilon = 1.000000e-05 : f64
  %0 = "top.BatchNorm"(%in, %v, %v, %v, %none) : (tensor<1x3x2x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, none)
    -> tensor<1x3x2x2xf32>
  // CHECK: "top.Scale"(%{{.*}}) <{do_relu = true
  %1 = "top.Scale"(%0, %v, %v) {do_relu = true} : (tensor<1x3x2x2xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x2x2xf32>
  return %1 : tensor<1x3x2x2xf32>
}
