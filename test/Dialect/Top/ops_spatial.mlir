// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @deconv
func.func @deconv(%x: tensor<1x4x5x6xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<6xf32>) {
  // CHECK: "top.Deconv"(%{{.*}}) <{dilations = array<i64: 1, 1>, do_relu = false, group = 2 : i64,
  // CHECK-SAME: output_padding = array<i64: 1, 0>
  %0 = "top.Deconv"(%x, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 1, 0>,
    group = 2 : i64, output_padding = array<i64: 1, 0>}
    : (tensor<1x4x5x6xf32>, tensor<4x3x3x2xf32>, tensor<6xf32>) -> tensor<1x6x10x7xf32>
  return
}

// CHECK-LABEL: func.func @volumes
func.func @volumes(%x: tensor<1x4x5x6x7xf32>, %w: tensor<3x4x3x3x3xf32>) {
  %none = "top.None"() : () -> none
  // CHECK: "top.Conv3D"(%{{.*}}) <{dilations = array<i64: 1, 1, 1>, do_relu = false, group = 1 : i64,
  %0 = "top.Conv3D"(%x, %w, %none) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 2, 1, 1>,
    pads = array<i64: 1, 0, 1, 1, 0, 0>} : (tensor<1x4x5x6x7xf32>, tensor<3x4x3x3x3xf32>, none) -> tensor<1x3x3x4x6xf32>
  // CHECK: "top.MaxPool3D"(%{{.*}}) <{do_relu = false, kernel_shape = array<i64: 2, 2, 2>
  %1 = "top.MaxPool3D"(%x) {kernel_shape = array<i64: 2, 2, 2>, strides = array<i64: 2, 2, 2>,
    pads = array<i64: 0, 0, 0, 1, 0, 1>} : (tensor<1x4x5x6x7xf32>) -> tensor<1x4x3x3x4xf32>
  // CHECK: "top.AvgPool3D"(%{{.*}}) <{ceil_pad = array<i64: 0, 0, 1>, count_include_pad = false
  %2 = "top.AvgPool3D"(%x) {kernel_shape = array<i64: 5, 6, 2>, strides = array<i64: 1, 1, 2>,
    pads = array<i64: 0, 0, 0, 0, 0, 1>, ceil_pad = array<i64: 0, 0, 1>} : (tensor<1x4x5x6x7xf32>) -> tensor<1x4x1x1x4xf32>
  return
}

// CHECK-LABEL: func.func @interp
func.func @interp(%x: tensor<1x4x5x6xf32>) {
  // CHECK: "top.Interp"(%{{.*}}) <{coord_mode = "align_corners", extrapolation_value = 0.000000e+00 : f64, mode = "linear",
  %0 = "top.Interp"(%x) {sizes = array<i64: 1, 4, 10, 9>, scales = array<f64: 1.0, 1.0, 2.0, 1.5>, coord_mode = "align_corners"}
    : (tensor<1x4x5x6xf32>) -> tensor<1x4x10x9xf32>
  return
}

// CHECK-LABEL: func.func @layers
func.func @layers(%x: tensor<5x2x3xf32>, %w: tensor<2x16x3xf32>, %r: tensor<2x16x4xf32>, %v: tensor<1x12x3xf32>,
                  %s: tensor<1x12x4xf32>, %h: tensor<1x2x4xf32>) {
  %none = "top.None"() : () -> none
  // CHECK: "top.LSTM"(%{{.*}}) <{direction = "bidirectional", hidden_size = 4 : i64, lengths = array<i64: 5, 2>, with_cell = true}>
  %0 = "top.LSTM"(%x, %w, %r, %none, %none, %none) {hidden_size = 4 : i64, direction = "bidirectional",
    lengths = array<i64: 5, 2>, with_cell = true}
    : (tensor<5x2x3xf32>, tensor<2x16x3xf32>, tensor<2x16x4xf32>, none, none, none) -> tensor<6x2x2x4xf32>
  // CHECK: "top.GRU"(%{{.*}}) <{direction = "reverse", hidden_size = 4 : i64, lengths = array<i64>, linear_before_reset = true}>
  %1 = "top.GRU"(%x, %v, %s, %none, %h) {hidden_size = 4 : i64, direction = "reverse"}
    : (tensor<5x2x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>, none, tensor<1x2x4xf32>) -> tensor<5x1x2x4xf32>
  return
}
