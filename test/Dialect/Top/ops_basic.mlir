// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK: module @net attributes {module.FLOPs = 12 : i64, module.name = "net", module.state = "TOP_F32"}
module @net attributes {module.name = "net", module.state = "TOP_F32", module.FLOPs = 12 : i64} {
  // CHECK-LABEL: func.func @main
  // CHECK-SAME: tensor<1x3x8x8xf32> loc("image")
  func.func @main(%arg0: tensor<1x3x8x8xf32> loc("image")) -> tensor<1x3x8x8xf32> {
    // CHECK: "top.None"() : () -> none
    %none = "top.None"() : () -> none
    // CHECK: %[[IN:.*]] = "top.Input"(%arg0) <{
    // CHECK-SAME: channel_format = "nchw", do_preprocess = true, keep_aspect_ratio = true, keep_ratio_mode = "letterbox",
    // CHECK-SAME: mean = array<f64: 1.000000e+00, 2.000000e+00, 3.000000e+00>, pad_type = "center", pad_value = 114 : i64
    // CHECK-SAME: pixel_format = "rgb", resize_dims = array<i64: 9, 9>, scale = array<f64: 5.000000e-01>
    %0 = "top.Input"(%arg0) {do_preprocess = true, pixel_format = "rgb", channel_format = "nchw",
      resize_dims = array<i64: 9, 9>, keep_aspect_ratio = true, keep_ratio_mode = "letterbox", pad_value = 114 : i64,
      pad_type = "center", scale = array<f64: 0.5>, mean = array<f64: 1.0, 2.0, 3.0>}
      : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32> loc("image")
    // CHECK: "top.Weight"() : () -> tensor<3xf32> loc(#[[W:.*]])
    %1 = "top.Weight"() : () -> tensor<3xf32> loc("w")
    // CHECK: "top.Weight"() <{address = 4096 : i64, pack = 64 : i64, scale = array<f64: 1.000000e-01>, store = "conv_nic"}>
    %2 = "top.Weight"() {store = "conv_nic", pack = 64 : i64, scale = array<f64: 0.1>, address = 4096 : i64}
      : () -> tensor<4x3x3x3xi8> loc("packed")
    // CHECK: "top.Cast"(%[[IN]]) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32> loc(#[[CAST:.*]])
    %3 = "top.Cast"(%0) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32> loc("image_Cast")
    return %3 : tensor<1x3x8x8xf32>
  }
}

// Calibrated and already quantised values are carried too.
// CHECK-LABEL: func.func @formats
func.func @formats(%a: tensor<1x4x!quant.calibrated<f32<-1.0:2.0>>>, %b: tensor<1x4x!quant.uniform<u8:f32, 0.5:128>>) {
  // CHECK: "top.Sigmoid"(%{{.*}}) : (tensor<1x4x!quant.calibrated<f32<-1.000000e+00:2.000000e+00>>>)
  %0 = "top.Sigmoid"(%a) : (tensor<1x4x!quant.calibrated<f32<-1.0:2.0>>>) -> tensor<1x4x!quant.calibrated<f32<0.0:1.0>>>
  // CHECK: "top.Reshape"{{.*}}!quant.uniform<u8:f32, 5.000000e-01:128>
  %1 = "top.Reshape"(%b) {shape = array<i64: 4>}
    : (tensor<1x4x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:128>>
  return
}
// CHECK-DAG: #[[W]] = loc("w")
// CHECK-DAG: #[[CAST]] = loc("image_Cast")
