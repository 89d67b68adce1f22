// RUN: tpuc-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @padding
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x4x4xf32>
func.func @padding(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x3x3xf32>) -> tensor<1x2x6x8xf32> {
  %none = "top.None"() : () -> none
  %0 = "top.Pad"(%x) {paddings = array<i64: 0, 0, 1, 2, 0, 0, 1, 2>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x6x8xf32>
  // CHECK: "top.Conv"(%[[X]], {{.*}}pads = array<i64: 2, 3, 2, 3>
  %1 = "top.Conv"(%0, %w, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
    : (tensor<1x2x6x8xf32>, tensor<2x2x3x3xf32>, none) -> tensor<1x2x6x8xf32>
  return %1 : tensor<1x2x6x8xf32>
}

// CHECK-LABEL: func.func @other_padding
func.func @other_padding(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>, %v: tensor<2x3x1x1xf32>) -> (tensor<1x2x6x4xf32>, tensor<1x2x4x4xf32>) {
  %none = "top.None"() : () -> none
  // CHECK: "top.Pad"{{.*}}val = 1.0
  %0 = "top.Pad"(%x) {paddings = array<i64: 0, 0, 1, 0, 0, 0, 1, 0>, val = 1.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x6x4xf32>
  %1 = "top.Conv"(%0, %w, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x2x6x4xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x6x4xf32>
  // Channels are not padded by a convolution.
  // CHECK: "top.Pad"
  %2 = "top.Pad"(%x) {paddings = array<i64: 0, 1, 0, 0, 0, 0, 0, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x3x4x4xf32>
  %3 = "top.Conv"(%2, %v, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x3x4x4xf32>, tensor<2x3x1x1xf32>, none) -> tensor<1x2x4x4xf32>
  return %1, %3 : tensor<1x2x6x4xf32>, tensor<1x2x4x4xf32>
}
