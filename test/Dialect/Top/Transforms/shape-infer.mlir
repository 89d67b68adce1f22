// RUN: tpuc-opt %s --shape-infer | FileCheck %s
// RUN: tpuc-opt %s --shape-infer --shape-infer | FileCheck %s

// 2 * 8*8*4*(3*3*3) for the convolution, 8*8*4 for its bias, 8*8*4 for the relu, (2*2 + 1) * 4*4*4 for the mean.
// CHECK: module attributes {module.FLOPs = 14656 : i64
module attributes {module.state = "TOP_F32"} {
  // CHECK: func.func @main(%{{.*}}: tensor<1x3x8x8xf32>{{.*}}) -> (tensor<1x64xf32>, tensor<1x8x8x4xf32>)
  func.func @main(%arg0: tensor<1x3x8x8xf32>) -> (tensor<*xf32>, tensor<?x?x?x4xf32>) {
    // CHECK: "top.Input"{{.*}} -> tensor<1x3x8x8xf32>
    %0 = "top.Input"(%arg0) : (tensor<1x3x8x8xf32>) -> tensor<*xf32> loc("in")
    %1 = "top.Weight"() : () -> tensor<4x3x3x3xf32> loc("f")
    %2 = "top.Weight"() : () -> tensor<4xf32> loc("b")
    // CHECK: "top.Conv"{{.*}} -> tensor<1x4x8x8xf32>
    %3 = "top.Conv"(%0, %1, %2) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<*xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<*xf32> loc("c_Conv")
    // The element type stays.
    // CHECK: "top.Relu"{{.*}} -> tensor<1x4x8x8x!quant.calibrated<f32<0.000000e+00:1.000000e+00>>>
    %4 = "top.Relu"(%3) : (tensor<*xf32>) -> tensor<*x!quant.calibrated<f32<0.0:1.0>>> loc("r_Relu")
    // CHECK: "top.Permute"{{.*}} -> tensor<1x8x8x4xf32>
    %5 = "top.Permute"(%3) {order = array<i64: 0, 2, 3, 1>} : (tensor<*xf32>) -> tensor<?x?x?x4xf32> loc("p")
    // CHECK: "top.AvgPool"{{.*}} -> tensor<1x4x4x4xf32>
    %6 = "top.AvgPool"(%3) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<*xf32>) -> tensor<*xf32> loc("a")
    // CHECK: "top.Flatten"{{.*}} -> tensor<1x64xf32>
    %7 = "top.Flatten"(%6) {start_dim = 1 : i64} : (tensor<*xf32>) -> tensor<*xf32> loc("fl")
    return %7, %5 : tensor<*xf32>, tensor<?x?x?x4xf32>
  }
}
