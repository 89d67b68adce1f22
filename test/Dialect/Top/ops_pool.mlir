// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @pools
func.func @pools(%x: tensor<1x8x6x7xf32>) {
  // CHECK: "top.MaxPool"(%{{.*}}) <{do_relu = false, kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>,
  %0 = "top.MaxPool"(%x) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>}
    : (tensor<1x8x6x7xf32>) -> tensor<1x8x3x4xf32>
  // CHECK: "top.AvgPool"(%{{.*}}) <{ceil_pad = array<i64: 1, 0>, count_include_pad = true,
  %1 = "top.AvgPool"(%x) {kernel_shape = array<i64: 3, 7>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 1, 0>,
    ceil_pad = array<i64: 1, 0>, count_include_pad = true} : (tensor<1x8x6x7xf32>) -> tensor<1x8x3x1xf32>
  return
}
