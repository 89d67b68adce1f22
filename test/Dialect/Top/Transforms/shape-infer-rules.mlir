// RUN: tpuc-opt %s --shape-infer --split-input-file | FileCheck %s

// rows (10 + 1 + 2 - 5) / 3 + 1 = 3, columns (8 + 0 + 1 - 3) / 1 + 1 = 7; (2 * 5*3*3 + 1) * 2*3*3*7 FLOPs
// CHECK: module.FLOPs = 11466
func.func @conv(%y: tensor<2x5x10x8xf32>, %w: tensor<3x5x3x3xf32>, %b: tensor<3xf32>) {
  // CHECK: "top.Conv"{{.*}} -> tensor<2x3x3x7xf32>
  %0 = "top.Conv"(%y, %w, %b) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 3, 1>, pads = array<i64: 1, 0, 2, 1>,
    dilations = array<i64: 2, 1>} : (tensor<2x5x10x8xf32>, tensor<3x5x3x3xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

// (2 * 3 + 1 + 1) * 5*2*4*6
// CHECK: module.FLOPs = 1920
func.func @matmul(%l: tensor<5x1x4x3xf32>, %r: tensor<2x6x3xf32>, %b: tensor<6xf32>) {
  // CHECK: "top.MatMul"{{.*}} -> tensor<5x2x4x6xf32>
  %0 = "top.MatMul"(%l, %r, %b) {right_transpose = true, do_relu = true}
    : (tensor<5x1x4x3xf32>, tensor<2x6x3xf32>, tensor<6xf32>) -> tensor<*xf32>
  return
}

// -----

// 2 * 4 * 3*5
// CHECK: module.FLOPs = 120
func.func @left_transpose(%l: tensor<4x3xf32>, %r: tensor<4x5xf32>) {
  %none = "top.None"() : () -> none
  // CHECK: "top.MatMul"{{.*}} -> tensor<3x5xf32>
  %0 = "top.MatMul"(%l, %r, %none) {left_transpose = true} : (tensor<4x3xf32>, tensor<4x5xf32>, none) -> tensor<*xf32>
  return
}

// -----

// The last window starts in row 6 and is cut by the padding; 3*3 comparisons per element.
// CHECK: module.FLOPs = 144
func.func @max_pool(%x: tensor<1x1x7x7xf32>) {
  // CHECK: "top.MaxPool"{{.*}} -> tensor<1x1x4x4xf32>
  %0 = "top.MaxPool"(%x) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 2, 2>}
    : (tensor<1x1x7x7xf32>) -> tensor<*xf32>
  return
}

// -----

// Broadcast of three operands, one coefficient, a relu: (2 + 1 + 1) * 24; two for the subtraction with relu.
// CHECK: module.FLOPs = 144
func.func @eltwise(%a: tensor<2x3x1xf32>, %b: tensor<4xf32>, %c: tensor<1x3x4xf32>) {
  // CHECK: "top.Add"{{.*}} -> tensor<2x3x4xf32>
  %0 = "top.Add"(%a, %b, %c) {coeff = array<f64: 1.0, 2.0, 1.0>, do_relu = true}
    : (tensor<2x3x1xf32>, tensor<4xf32>, tensor<1x3x4xf32>) -> tensor<*xf32>
  // CHECK: "top.Sub"{{.*}} -> tensor<2x3x4xf32>
  %1 = "top.Sub"(%b, %0) {do_relu = true} : (tensor<4xf32>, tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

// 2 + 3 for the scale with a relu, 1 for the sigmoid, 2 for the product with a relu
// CHECK: module.FLOPs = 192
func.func @channels(%x: tensor<1x4x3x2xf32>, %v: tensor<4xf32>) {
  // CHECK: "top.BatchNorm"{{.*}} -> tensor<1x4x3x2xf32>
  %0 = "top.BatchNorm"(%x, %v, %v, %v, %v)
    : (tensor<1x4x3x2xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<*xf32>
  // CHECK: "top.Scale"{{.*}} -> tensor<1x4x3x2xf32>
  %1 = "top.Scale"(%0, %v, %v) {do_relu = true} : (tensor<*xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<*xf32>
  // CHECK: "top.Sigmoid"{{.*}} -> tensor<1x4x3x2xf32>
  %2 = "top.Sigmoid"(%1) : (tensor<*xf32>) -> tensor<*xf32>
  // CHECK: "top.MulConst"{{.*}} -> tensor<1x4x3x2xf32>
  %3 = "top.MulConst"(%2) {const_val = 2.0, do_relu = true} : (tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

// Moving data costs no arithmetic.
// CHECK: module.FLOPs = 0
func.func @moves(%x: tensor<2x4x6x9xf32>) {
  // CHECK: "top.Concat"{{.*}} -> tensor<2x4x12x9xf32>
  %0 = "top.Concat"(%x, %x) {axis = 2 : i64} : (tensor<2x4x6x9xf32>, tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Slice"{{.*}} -> tensor<1x3x3x3xf32>
  %1 = "top.Slice"(%x) {offset = array<i64: 1, 1, 0, 1>, steps = array<i64: 1, 1, 2, 3>, ends = array<i64: 2, 4, 6, 8>}
    : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Pad"{{.*}} -> tensor<3x4x8x12xf32>
  %2 = "top.Pad"(%x) {paddings = array<i64: 1, 0, 0, 1, 0, 0, 2, 2>} : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Reshape"{{.*}} -> tensor<2x24x9xf32>
  %3 = "top.Reshape"(%x) {shape = array<i64: 0, -1, 9>} : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Reshape"{{.*}} -> tensor<432xf32>
  %4 = "top.Reshape"(%x) {shape = array<i64: -1>} : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Flatten"{{.*}} -> tensor<2x24x9xf32>
  %5 = "top.Flatten"(%x) {start_dim = 1 : i64, end_dim = -2 : i64} : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Permute"{{.*}} -> tensor<9x2x6x4xf32>
  %6 = "top.Permute"(%x) {order = array<i64: 3, 0, 2, 1>} : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Upsample"{{.*}} -> tensor<2x4x12x27xf32>
  %7 = "top.Upsample"(%x) {scale_h = 2 : i64, scale_w = 3 : i64} : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  // CHECK: "top.Cast"{{.*}} -> tensor<2x4x6x9xf32>
  %8 = "top.Cast"(%x) : (tensor<2x4x6x9xf32>) -> tensor<*xf32>
  return
}
