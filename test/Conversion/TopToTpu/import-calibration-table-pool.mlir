// RUN: split-file %s %t
// RUN: tpuc-opt %t/net.mlir --import-calibration-table=file=%t/table | FileCheck %s

// A maximum is in the format of what it reads: the range of its result, where it is the larger one, goes to what it reads,
// through a chain of pools too. A smaller one changes nothing, and neither do other ops.

// CHECK: "top.Relu"{{.*}} -> tensor<1x2x4x4x!quant.calibrated<f32<0.000000e+00:3.000000e+00>>>
// CHECK: "top.MaxPool"{{.*}} -> tensor<1x2x3x3x!quant.calibrated<f32<0.000000e+00:3.000000e+00>>>
// CHECK: "top.MaxPool"{{.*}} -> tensor<1x2x2x2x!quant.calibrated<f32<0.000000e+00:3.000000e+00>>>
// CHECK: "top.MulConst"{{.*}} -> tensor<1x2x4x4x!quant.calibrated<f32<-5.000000e+00:5.000000e+00>>>
// CHECK: "top.MaxPool"{{.*}} -> tensor<1x2x3x3x!quant.calibrated<f32<-2.000000e+00:2.000000e+00>>>
// CHECK: "top.AvgPool"{{.*}} -> tensor<1x2x3x3x!quant.calibrated<f32<-9.000000e+00:9.000000e+00>>>

//--- net.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>) {
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("x")
    %r = "top.Relu"(%x) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("r")
    %p = "top.MaxPool"(%r) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32> loc("p")
    %q = "top.MaxPool"(%p) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x2x3x3xf32>) -> tensor<1x2x2x2xf32> loc("q")
    %m = "top.MulConst"(%x) {const_val = 2.0 : f64} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("m")
    %s = "top.MaxPool"(%m) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32> loc("s")
    %a = "top.AvgPool"(%m) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32> loc("a")
    return %q, %s, %a : tensor<1x2x2x2xf32>, tensor<1x2x3x3xf32>, tensor<1x2x3x3xf32>
  }
}
//--- table
x 4 -4 4
r 1 0 4
p 2 0 4
q 3 0 4
m 5 -5 5
s 2 -2 5
a 9 -9 9
