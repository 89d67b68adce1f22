// RUN: tpuc-opt %s --canonicalize | FileCheck %s

// The fused op has the relu's name.
// CHECK-LABEL: func.func @conv
func.func @conv(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32> {
  %none = "top.None"() : () -> none
  // CHECK: %[[C:.*]] = "top.Conv"{{.*}}do_relu = true{{.*}}relu_limit = 6.000000e+00{{.*}} loc(#[[RELU:.*]])
  // CHECK-NEXT: return %[[C]]
  %0 = "top.Conv"(%x, %w, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x4x4xf32> loc("c_Conv")
  %1 = "top.Relu"(%0) {relu_limit = 6.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("r_Relu")
  return %1 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @every_producer
func.func @every_producer(%x: tensor<1x2x4x4xf32>, %m: tensor<4x4xf32>, %v: tensor<2xf32>) -> tensor<1x4x4x4xf32> {
  %none = "top.None"() : () -> none
  // CHECK: "top.MatMul"{{.*}}do_relu = true
  %0 = "top.MatMul"(%x, %m, %none) : (tensor<1x2x4x4xf32>, tensor<4x4xf32>, none) -> tensor<1x2x4x4xf32>
  %1 = "top.Relu"(%0) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.Add"{{.*}}do_relu = true
  %2 = "top.Add"(%1, %x) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %3 = "top.Relu"(%2) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.Sub"{{.*}}do_relu = true
  %4 = "top.Sub"(%3, %x) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %5 = "top.Relu"(%4) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.Mul"{{.*}}do_relu = true
  %6 = "top.Mul"(%5, %x) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %7 = "top.Relu"(%6) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.Scale"{{.*}}do_relu = true
  %8 = "top.Scale"(%7, %v, %v) : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  %9 = "top.Relu"(%8) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.BatchNorm"{{.*}}do_relu = true
  %10 = "top.BatchNorm"(%9, %v, %v, %v, %v)
    : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  %11 = "top.Relu"(%10) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.MaxPool"{{.*}}do_relu = true
  %12 = "top.MaxPool"(%11) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
    : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %13 = "top.Relu"(%12) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.AvgPool"{{.*}}do_relu = true
  %14 = "top.AvgPool"(%13) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
    : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %15 = "top.Relu"(%14) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.AddConst"{{.*}}do_relu = true
  %16 = "top.AddConst"(%15) {const_val = 1.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %17 = "top.Relu"(%16) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.MulConst"{{.*}}do_relu = true
  %18 = "top.MulConst"(%17) {const_val = 2.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %19 = "top.Relu"(%18) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.Concat"{{.*}}do_relu = true
  %20 = "top.Concat"(%19, %x) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32>
  %21 = "top.Relu"(%20) : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  // CHECK-NEXT: return
  return %21 : tensor<1x4x4x4xf32>
}

// CHECK-LABEL: func.func @smaller_limit
func.func @smaller_limit(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK-NEXT: "top.AddConst"{{.*}}relu_limit = 4.000000e+00
  // CHECK-NEXT: return
  %0 = "top.AddConst"(%x) {const_val = 1.0, do_relu = true, relu_limit = 4.0} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.Relu"(%0) {relu_limit = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.Relu"(%1) : (tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// Another use needs the tensor before the relu.
// CHECK-LABEL: func.func @second_use
func.func @second_use(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  // CHECK-NEXT: "top.AddConst"{{.*}}do_relu = false
  %0 = "top.AddConst"(%x) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.Relu"
  %1 = "top.Relu"(%0) : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// A calibrated relu keeps its range.
// CHECK-LABEL: func.func @calibrated
func.func @calibrated(%x: tensor<2x!quant.calibrated<f32<-3.0:3.0>>>) -> tensor<2x!quant.calibrated<f32<0.0:4.0>>> {
  // CHECK-NEXT: "top.AddConst"{{.*}} -> tensor<2x!quant.calibrated<f32<0.000000e+00:4.000000e+00>>>
  // CHECK-NEXT: return
  %0 = "top.AddConst"(%x) {const_val = 1.0}
    : (tensor<2x!quant.calibrated<f32<-3.0:3.0>>>) -> tensor<2x!quant.calibrated<f32<-4.0:4.0>>>
  %1 = "top.Relu"(%0) : (tensor<2x!quant.calibrated<f32<-4.0:4.0>>>) -> tensor<2x!quant.calibrated<f32<0.0:4.0>>>
  return %1 : tensor<2x!quant.calibrated<f32<0.0:4.0>>>
}

// CHECK-LABEL: func.func @clip
func.func @clip(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  // CHECK-NEXT: "top.Relu"(%{{.*}}) <{relu_limit = 6.000000e+00 : f64}>
  %0 = "top.Clip"(%x) {min = 0.0, max = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.Relu"(%{{.*}}) <{relu_limit = -1.000000e+00 : f64}>
  %1 = "top.Clip"(%x) {min = 0.0, max = 3.4028234663852886e+38} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.Clip"
  %2 = "top.Clip"(%x) {min = -1.0, max = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1, %2 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// Bounds in a row are one pair of bounds, in any order; what begins at zero is a relu and fused.
// CHECK-LABEL: func.func @bounds_in_a_row
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
func.func @bounds_in_a_row(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  // CHECK-NEXT: "top.AddConst"(%[[X]]){{.*}}do_relu = true, relu_limit = 6.000000e+00
  %0 = "top.AddConst"(%x) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.Relu"(%0) : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.Clip"(%1) {min = 0xFFF0000000000000 : f64, max = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.AddConst"(%[[X]]){{.*}}do_relu = true, relu_limit = 4.000000e+00
  %3 = "top.AddConst"(%x) {const_val = 2.0} : (tensor<2xf32>) -> tensor<2xf32>
  %4 = "top.Clip"(%3) {min = -1.0, max = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  %5 = "top.Relu"(%4) {relu_limit = 4.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.Clip"(%[[X]]) <{max = 2.000000e+00 : f64, min = -1.000000e+00 : f64}>
  %6 = "top.Clip"(%x) {min = -5.0, max = 2.0} : (tensor<2xf32>) -> tensor<2xf32>
  %7 = "top.Clip"(%6) {min = -1.0, max = 3.0} : (tensor<2xf32>) -> tensor<2xf32>
  // Nothing lies between the two: every element is the second's nearer bound.
  // CHECK-NEXT: "top.Clip"(%[[X]]) <{max = 1.000000e+00 : f64, min = 1.000000e+00 : f64}>
  // CHECK-NEXT: return
  %8 = "top.Clip"(%x) {min = -5.0, max = -2.0} : (tensor<2xf32>) -> tensor<2xf32>
  %9 = "top.Clip"(%8) {min = 1.0, max = 3.0} : (tensor<2xf32>) -> tensor<2xf32>
  return %2, %5, %7, %9 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}
// CHECK-DAG: #[[RELU]] = loc("r_Relu")
