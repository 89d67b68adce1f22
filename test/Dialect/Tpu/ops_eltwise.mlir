// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

!i8 = !quant.uniform<i8:f32, 0.5>
!u8 = !quant.uniform<u8:f32, 0.25>

// CHECK-LABEL: func.func @integers
func.func @integers(%x: tensor<2x3x4x5x!i8>, %y: tensor<3x1x5x!u8>, %t: tensor<1x1x1x256xui8>, %f: tensor<2x3x4x5xf32>,
                    %s: tensor<1x3x1x3xi32>, %w: tensor<4x1xi8>) {
  // CHECK: "tpu.Add"(%{{.*}}) <{do_relu = false, multipliers = array<i64: 128, -64>, relu_limit = -1.000000e+00 : f64, rshift = 7 : i64}>
  // CHECK-SAME: (tensor<2x3x4x5x!quant.uniform<i8:f32, 5.000000e-01>>, tensor<3x1x5x!quant.uniform<u8:f32, 2.500000e-01>>)
  %0 = "tpu.Add"(%x, %y) {multipliers = array<i64: 128, -64>, rshift = 7 : i64}
    : (tensor<2x3x4x5x!i8>, tensor<3x1x5x!u8>) -> tensor<2x3x4x5x!i8>
  // CHECK: "tpu.Mul"(%{{.*}}) <{do_relu = true, multiplier = 1073741824 : i64, relu_limit = -1.000000e+00 : f64, rshift = 33 : i64}>
  %1 = "tpu.Mul"(%x, %y) {multiplier = 1073741824 : i64, rshift = 33 : i64, do_relu = true}
    : (tensor<2x3x4x5x!i8>, tensor<3x1x5x!u8>) -> tensor<2x3x4x5x!u8>
  // CHECK: "tpu.PRelu"(%{{.*}}) <{multiplier = 1073741824 : i64, rshift = 30 : i64, slope_multiplier = 1 : i64, slope_rshift = 0 : i64, takes_max = true}>
  %p = "tpu.PRelu"(%x, %s) {multiplier = 1073741824 : i64, rshift = 30 : i64, takes_max = true}
    : (tensor<2x3x4x5x!i8>, tensor<1x3x1x3xi32>) -> tensor<2x3x4x5x!u8>
  // CHECK: "tpu.PRelu"(%{{.*}}) <{multiplier = 1073741824 : i64, rshift = 30 : i64, slope_multiplier = 1073741824 : i64, slope_rshift = 37 : i64}>
  %q = "tpu.PRelu"(%x, %w) {multiplier = 1073741824 : i64, rshift = 30 : i64, slope_multiplier = 1073741824 : i64, slope_rshift = 37 : i64}
    : (tensor<2x3x4x5x!i8>, tensor<4x1xi8>) -> tensor<2x3x4x5x!i8>
  // CHECK: "tpu.Lut"(%{{.*}}) :
  %2 = "tpu.Lut"(%x, %t) : (tensor<2x3x4x5x!i8>, tensor<1x1x1x256xui8>) -> tensor<2x3x4x5x!u8>
  // CHECK: "tpu.Lines"(%{{.*}}) <{factors = array<i64: 1, 127>, low = -3 : i64, multipliers = array<i64: 421121, 4194369>,
  // CHECK-SAME: offsets = array<i64: 0, 64>, rshifts = array<i64: 22, 22>, takes_max = false, zero_points = array<i64: 0, -1>}>
  %l = "tpu.Lines"(%x) {multipliers = array<i64: 421121, 4194369>, rshifts = array<i64: 22, 22>, zero_points = array<i64: 0, -1>,
    factors = array<i64: 1, 127>, offsets = array<i64: 0, 64>, takes_max = false, low = -3 : i64} : (tensor<2x3x4x5x!i8>) -> tensor<2x3x4x5x!u8>
  // CHECK: "tpu.Curve"(%{{.*}}) <{multipliers = array<i64: 0, 4194304>, one_sided = array<i1: false, true>,
  // CHECK-SAME: starts = array<i64: 0, 17>, takes_max = array<i1: true, false>, zero_points = array<i64: 100, 3>}>
  %c = "tpu.Curve"(%x) {multipliers = array<i64: 0, 4194304>, one_sided = array<i1: false, true>, starts = array<i64: 0, 17>,
    takes_max = array<i1: true, false>, zero_points = array<i64: 100, 3>} : (tensor<2x3x4x5x!i8>) -> tensor<2x3x4x5x!u8>
  // CHECK: "tpu.RequantInt"(%{{.*}}) <{multiplier = -1073741824 : i64, rshift = 30 : i64}>
  %3 = "tpu.RequantInt"(%x) {multiplier = -1073741824 : i64, rshift = 30 : i64} : (tensor<2x3x4x5x!i8>) -> tensor<2x3x4x5x!u8>
  // CHECK: "tpu.Cast"(%{{.*}}) : (tensor<2x3x4x5xf32>) -> tensor<2x3x4x5x!quant.uniform<i8:f32, 5.000000e-01>>
  %4 = "tpu.Cast"(%f) : (tensor<2x3x4x5xf32>) -> tensor<2x3x4x5x!i8>
  // CHECK: "tpu.Cast"(%{{.*}}) : (tensor<2x3x4x5x!quant.uniform<i8:f32, 5.000000e-01>>) -> tensor<2x3x4x5xf32>
  %5 = "tpu.Cast"(%4) : (tensor<2x3x4x5x!i8>) -> tensor<2x3x4x5xf32>
  // CHECK: "tpu.Cast"(%{{.*}}) : (tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xbf16>
  %6 = "tpu.Cast"(%5) : (tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xbf16>
  // CHECK: "tpu.Active"(%{{.*}}) <{alpha = 5.000000e-01 : f64, beta = 0.000000e+00 : f64, function = "elu"}>
  %7 = "tpu.Active"(%6) {function = "elu", alpha = 0.5 : f64} : (tensor<2x3x4x5xbf16>) -> tensor<2x3x4x5xbf16>
  return
}

// CHECK-LABEL: func.func @floats
func.func @floats(%x: tensor<2x3xf32>, %y: tensor<1x3xf32>) {
  // CHECK: "tpu.Add"(%{{.*}}) <{coeff = array<f64: 1.000000e+00, -1.000000e+00>, do_relu = false, ginfo = #tpu.tile<n = 2, c = 3, h = 1, w = 1, buffers = 1>,
  %0 = "tpu.Add"(%x, %y) {coeff = array<f64: 1.0, -1.0>, ginfo = #tpu.tile<n = 2, c = 3, h = 1, w = 1, buffers = 1>}
    : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.AddConst"(%{{.*}}) <{const_val = 5.000000e-01 : f64, do_relu = false, relu_limit = -1.000000e+00 : f64}>
  %1 = "tpu.AddConst"(%0) {const_val = 0.5 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.MulConst"(%{{.*}}) <{const_val = -2.000000e+00 : f64, do_relu = true, relu_limit = 6.000000e+00 : f64}>
  %2 = "tpu.MulConst"(%1) {const_val = -2.0 : f64, do_relu = true, relu_limit = 6.0 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Relu"(%{{.*}}) <{do_relu = false, relu_limit = 6.000000e+00 : f64}>
  %3 = "tpu.Relu"(%2) {relu_limit = 6.0 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Clip"(%{{.*}}) <{max = 2.000000e+00 : f64, min = -1.000000e+00 : f64}>
  %4 = "tpu.Clip"(%3) {min = -1.0 : f64, max = 2.0 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.LeakyRelu"(%{{.*}}) <{alpha = 1.000000e-01 : f64}>
  %5 = "tpu.LeakyRelu"(%4) {alpha = 0.1 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Abs"(%{{.*}}) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %6 = "tpu.Abs"(%5) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Max"(%{{.*}}) : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %7 = "tpu.Max"(%6, %y) : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Min"(%{{.*}}) : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %8 = "tpu.Min"(%7, %x, %y) : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Div"(%{{.*}}) <{do_relu = false, relu_limit = -1.000000e+00 : f64}>
  %9 = "tpu.Div"(%8, %y) : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Active"(%{{.*}}) <{alpha = 2.500000e+00 : f64, beta = 0.000000e+00 : f64, function = "pow"}>
  %10 = "tpu.Active"(%9) {function = "pow", alpha = 2.5 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
