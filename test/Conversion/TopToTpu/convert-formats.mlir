// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt net.mlir --convert-top-to-tpu="mode=F16 chip=bm1684x" | FileCheck %s --check-prefix=F16
// RUN: tpuc-opt net.mlir --convert-top-to-tpu="mode=BF16 chip=bm1684x" | FileCheck %s --check-prefix=BF16
// RUN: tpuc-opt net.mlir --convert-top-to-tpu="mode=INT8 asymmetric=true chip=bm1684x" | FileCheck %s --check-prefix=ASYM
// RUN: tpuc-opt large.mlir --convert-top-to-tpu="mode=F16 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=LARGE

// What a mode makes of formats: casts at the borders alone, biases in the format of sums, and zero points.

// WEIGHT w f4 [2, 2, 1, 1] = 1
// WEIGHT b f4 [2] = 1
// WEIGHT mask f4 [1, 2, 1, 1] = -1e9

//--- net.mlir
!x = !quant.calibrated<f32<-1.0:6.96875>>
!y = !quant.calibrated<f32<-2.0:5.96875>>
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!y> {
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!x> loc("x")
    %w = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("w")
    %b = "top.Weight"() : () -> tensor<2xf32> loc("b")
    // F16: %[[X:.*]] = "tpu.Cast"(%{{.*}}) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf16>
    // F16: "tpu.Conv2D"(%[[X]], {{.*}}) {{.*}} : (tensor<1x2x4x4xf16>, tensor<2x2x1x1xf16>, tensor<2xf32>, none) -> tensor<1x2x4x4xf16>
    // F16: "tpu.Active"(%{{.*}}) <{{.*}}function = "sigmoid"}> : (tensor<1x2x4x4xf16>) -> tensor<1x2x4x4xf16>
    // F16: "tpu.Cast"(%{{.*}}) : (tensor<1x2x4x4xf16>) -> tensor<1x2x4x4xf32>
    // F16-NOT: tpu.Cast
    // BF16: "tpu.Conv2D"({{.*}}) {{.*}} : (tensor<1x2x4x4xbf16>, tensor<2x2x1x1xbf16>, tensor<2xf32>, none) -> tensor<1x2x4x4xbf16>
    // ASYM: "tpu.Cast"(%{{.*}}) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!quant.uniform<i8:f32, 3.125000e-02:-96>>
    // ASYM: "tpu.Conv2D"({{.*}}) {{.*}} tensor<1x2x1x1xi32>, tensor<1x2x1x3xi32>) -> tensor<1x2x4x4x!quant.uniform<i8:f32, 3.125000e-02:-64>>
    %0 = "top.Conv"(%x, %w, %b) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4x!x>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4x!y> loc("c")
    %1 = "top.Sigmoid"(%0) : (tensor<1x2x4x4x!y>) -> tensor<1x2x4x4x!y> loc("s")
    return %1 : tensor<1x2x4x4x!y>
  }
}

//--- large.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("x")
    %m = "top.Weight"() : () -> tensor<1x2x1x1xf32> loc("mask")
    // LARGE: warning: 'mask': its constant -1e+09 is beyond the largest f16, 65504; -32752 stands for it
    %0 = "top.Add"(%x, %m) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32> loc("a")
    return %0 : tensor<1x2x4x4xf32>
  }
}
