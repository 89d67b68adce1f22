// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

!i8 = !quant.uniform<i8:f32, 0.5>
!u8 = !quant.uniform<u8:f32, 0.25>

// CHECK-LABEL: func.func @conv_int8
func.func @conv_int8(%x: tensor<1x6x9x7x!i8>, %f: tensor<4x3x3x2xi8>, %b: tensor<1x4x1x1xi32>, %q: tensor<1x4x1x3xi32>) {
  // CHECK: "tpu.Conv2D"(%{{.*}}) <{band = 0 : i64, dilations = array<i64: 1, 1>, do_relu = true,
  // CHECK-SAME: ginfo = #tpu.tile<n = 1, c = 4, h = 3, w = 6, buffers = 2>, group = 2 : i64, kernel_shape = array<i64: 3, 2>,
  // CHECK-SAME: pads = array<i64: 1, 0, 0, 0>, relu_limit = -1.000000e+00 : f64, strides = array<i64: 2, 1>}>
  // CHECK-SAME: -> tensor<1x4x4x6x!quant.uniform<u8:f32, 2.500000e-01>>
  %0 = "tpu.Conv2D"(%x, %f, %b, %q) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 0, 0>,
    group = 2 : i64, do_relu = true, ginfo = #tpu.tile<n = 1, c = 4, h = 3, w = 6, buffers = 2>}
    : (tensor<1x6x9x7x!i8>, tensor<4x3x3x2xi8>, tensor<1x4x1x1xi32>, tensor<1x4x1x3xi32>) -> tensor<1x4x4x6x!u8>
  return
}

// CHECK-LABEL: func.func @conv_f32
func.func @conv_f32(%x: tensor<2x3x5x5xf32>, %f: tensor<4x3x3x3xf32>) -> tensor<2x4x5x5xf32> {
  %n = "top.None"() : () -> none
  // CHECK: "tpu.Conv2D"(%{{.*}}) <{band = 0 : i64, dilations = array<i64: 2, 2>, do_relu = false, group = 1 : i64,
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 2, 2, 2, 2>,
    dilations = array<i64: 2, 2>} : (tensor<2x3x5x5xf32>, tensor<4x3x3x3xf32>, none, none) -> tensor<2x4x5x5xf32>
  // An address is the encoding of a type.
  // CHECK: return %{{.*}} : tensor<2x4x5x5xf32>
  return %0 : tensor<2x4x5x5xf32>
}

// CHECK-LABEL: func.func @addressed
// CHECK-SAME: tensor<1x2x2x2xf32, 4295012352 : i64>
func.func @addressed(%x: tensor<1x2x2x2xf32, 4295012352 : i64>) {
  // CHECK: -> tensor<1x2x2x2x!quant.uniform<i8:f32, 5.000000e-01>, 4295016448 : i64>
  %0 = "tpu.Cast"(%x) : (tensor<1x2x2x2xf32, 4295012352 : i64>) -> tensor<1x2x2x2x!i8, 4295016448 : i64>
  return
}

// CHECK-LABEL: func.func @unfold
func.func @unfold(%x: tensor<2x3x6x7x!i8>, %s: tensor<1x18x3x2xi8>) {
  // CHECK: "tpu.Unfold"(%{{.*}}) <{dilations = array<i64: 1, 1>, ginfo = #tpu.group<id = 3, n = 1, h = 2, weights = false, stored = true, joins = false>,
  // CHECK-SAME: kernel_shape = array<i64: 3, 2>, pads = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 1>}>
  // CHECK-SAME: -> tensor<2x18x3x7x!quant.uniform<i8:f32, 5.000000e-01>>
  %0 = "tpu.Unfold"(%x, %s) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 0, 1>,
    ginfo = #tpu.group<id = 3, n = 1, h = 2, weights = false, stored = true, joins = false>}
    : (tensor<2x3x6x7x!i8>, tensor<1x18x3x2xi8>) -> tensor<2x18x3x7x!i8>
  return
}

// CHECK-LABEL: func.func @matmul
func.func @matmul(%x: tensor<2x5x7x!i8>, %r: tensor<9x7x1x1xi8>, %b: tensor<1x9x1x1xi32>, %q: tensor<1x9x1x3xi32>, %y: tensor<2x7x3x!i8>,
                  %shared: tensor<1x7x3x!i8>) {
  %n = "top.None"() : () -> none
  // CHECK: "tpu.MatMul"(%{{.*}}) <{do_relu = false, multiplier = 1 : i64, relu_limit = -1.000000e+00 : f64, rshift = 0 : i64, weight_form}>
  %0 = "tpu.MatMul"(%x, %r, %b, %q) {weight_form}
    : (tensor<2x5x7x!i8>, tensor<9x7x1x1xi8>, tensor<1x9x1x1xi32>, tensor<1x9x1x3xi32>) -> tensor<2x5x9x!i8>
  // CHECK: "tpu.MatMul"(%{{.*}}) <{do_relu = true, multiplier = 1431655765 : i64, relu_limit = 6.000000e+00 : f64, rshift = 40 : i64}>
  %1 = "tpu.MatMul"(%x, %y, %n, %n) {multiplier = 1431655765 : i64, rshift = 40 : i64, do_relu = true, relu_limit = 6.0 : f64}
    : (tensor<2x5x7x!i8>, tensor<2x7x3x!i8>, none, none) -> tensor<2x5x3x!u8>
  // CHECK: "tpu.MatMul"
  %2 = "tpu.MatMul"(%x, %shared, %n, %n) : (tensor<2x5x7x!i8>, tensor<1x7x3x!i8>, none, none) -> tensor<2x5x3x!i8>
  return
}

// CHECK-LABEL: func.func @pools
func.func @pools(%x: tensor<1x8x6x7x!i8>, %d: tensor<1x1x3x7xi32>, %y: tensor<1x8x6x7xf32>) {
  %n = "top.None"() : () -> none
  // CHECK: "tpu.Pool2D"(%{{.*}}) <{do_relu = false, kernel_shape = array<i64: 3, 3>, multiplier = 1 : i64,
  // CHECK-SAME: pads = array<i64: 1, 1, 1, 1>, pool_mode = "Max", relu_limit = -1.000000e+00 : f64, rshift = 0 : i64,
  // CHECK-SAME: scale = 1.000000e+00 : f64, strides = array<i64: 2, 2>}>
  %0 = "tpu.Pool2D"(%x, %n) {pool_mode = "Max", kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>}
    : (tensor<1x8x6x7x!i8>, none) -> tensor<1x8x3x4x!i8>
  // CHECK: "tpu.Pool2D"(%{{.*}}) <{do_relu = false, kernel_shape = array<i64: 2, 1>, multiplier = 1 : i64,
  // CHECK-SAME: pool_mode = "Avg",{{.*}}rshift = 31 : i64
  %1 = "tpu.Pool2D"(%x, %d) {pool_mode = "Avg", kernel_shape = array<i64: 2, 1>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>,
    rshift = 31 : i64} : (tensor<1x8x6x7x!i8>, tensor<1x1x3x7xi32>) -> tensor<1x8x3x7x!u8>
  // CHECK: "tpu.Pool2D"(%{{.*}}scale = 2.380000e-02 : f64
  %2 = "tpu.Pool2D"(%y, %n) {pool_mode = "Avg", kernel_shape = array<i64: 6, 7>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    scale = 0.0238 : f64} : (tensor<1x8x6x7xf32>, none) -> tensor<1x8x1x1xf32>
  return
}
