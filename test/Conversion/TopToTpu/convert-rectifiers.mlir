// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt f32.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: tpuc-opt out.mlir --weight-reorder --subnet-divide --layer-group --address-assign --codegen="model_file=x.bmodel" -o /dev/null
// RUN: bmodel-tool check x.bmodel
// RUN: tpuc-opt int8.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o i.mlir && FileCheck %s --check-prefix=INT8 < i.mlir

// Rectifiers, bounds and extremes in f32, and relus that an op without one has taken in.

// WEIGHT w f4 [2, 1, 1] = 0.5 -9

//--- f32.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>, %arg1: tensor<1x2x1x4xf32>) -> tensor<1x4x4x4xf32> {
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("x")
    %y = "top.Input"(%arg1) : (tensor<1x2x1x4xf32>) -> tensor<1x2x1x4xf32> loc("y")
    %w = "top.Weight"() : () -> tensor<2x1x1xf32> loc("w")
    // CHECK: "tpu.Clip"({{.*}}<{max = 2.000000e+00 : f64, min = -1.000000e+00 : f64}>
    %0 = "top.Clip"(%x) {min = -1.0, max = 2.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("clip")
    // CHECK: "tpu.LeakyRelu"({{.*}}alpha = 1.000000e-01
    %1 = "top.LeakyRelu"(%0) {alpha = 0.1} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("leaky")
    // CHECK: "tpu.Abs"
    %2 = "top.Abs"(%1) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("abs")
    // CHECK: "tpu.Max"({{.*}}(tensor<1x2x4x4xf32>, tensor<1x2x1x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
    %3 = "top.Max"(%2, %y, %w) : (tensor<1x2x4x4xf32>, tensor<1x2x1x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32> loc("max")
    // CHECK: "tpu.Min"
    %4 = "top.Min"(%3, %x) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("min")
    // CHECK: %[[C:.*]] = "tpu.Concat"
    // CHECK: "tpu.Relu"(%[[C]]) <{do_relu = false, relu_limit = 6.000000e+00 : f64}>
    %5 = "top.Concat"(%4, %x) {axis = 1 : i64, do_relu = true, relu_limit = 6.0} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32> loc("concat")
    return %5 : tensor<1x4x4x4xf32>
  }
}

//--- int8.mlir
!s = !quant.calibrated<f32<-4.0:4.0>>
!u = !quant.calibrated<f32<0.0:4.0>>
!v = !quant.calibrated<f32<0.0:8.0>>
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4x!u>, tensor<1x4x4x4x!u>, tensor<1x4x4x4x!v>, tensor<1x4x4x4x!s>) {
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4x!s> loc("x")
    %w = "top.Weight"() : () -> tensor<2x1x1xf32> loc("w")
    // Weights take the result's format: what lies below it never wins.
    // INT8: "tpu.RequantInt"
    // INT8: "tpu.Max"({{.*}}tensor<2x1x1x!quant.uniform<u8:f32
    %0 = "top.Max"(%x, %w) : (tensor<1x2x4x4x!s>, tensor<2x1x1xf32>) -> tensor<1x2x4x4x!u> loc("max")
    // Where saturation has rectified, nothing else does; elsewhere a clamp.
    // INT8: "tpu.Concat"
    // INT8-NOT: tpu.Lines
    %1 = "top.Concat"(%x, %x) {axis = 1 : i64, do_relu = true} : (tensor<1x2x4x4x!s>, tensor<1x2x4x4x!s>) -> tensor<1x4x4x4x!u> loc("saturates")
    // INT8: %[[C:.*]] = "tpu.Concat"
    // INT8: "tpu.Lines"(%[[C]]) <{{.*}}high = 191 : i64, low = 0 : i64
    %2 = "top.Concat"(%x, %x) {axis = 1 : i64, do_relu = true, relu_limit = 6.0} : (tensor<1x2x4x4x!s>, tensor<1x2x4x4x!s>) -> tensor<1x4x4x4x!v> loc("limited")
    // INT8: %[[D:.*]] = "tpu.Concat"
    // INT8: "tpu.Lines"(%[[D]]) <{{.*}}low = 0 : i64
    %3 = "top.Concat"(%x, %x) {axis = 1 : i64, do_relu = true} : (tensor<1x2x4x4x!s>, tensor<1x2x4x4x!s>) -> tensor<1x4x4x4x!s> loc("signed")
    // Joins that something computes with have one scale.
    %4 = "top.AddConst"(%1) {const_val = 1.0} : (tensor<1x4x4x4x!u>) -> tensor<1x4x4x4x!u> loc("r1")
    %5 = "top.AddConst"(%2) {const_val = 1.0} : (tensor<1x4x4x4x!v>) -> tensor<1x4x4x4x!v> loc("r2")
    %6 = "top.AddConst"(%3) {const_val = 1.0} : (tensor<1x4x4x4x!s>) -> tensor<1x4x4x4x!s> loc("r3")
    return %0, %4, %5, %6 : tensor<1x2x4x4x!u>, tensor<1x4x4x4x!u>, tensor<1x4x4x4x!v>, tensor<1x4x4x4x!s>
  }
}
