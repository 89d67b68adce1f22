// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: not tpuc-opt f32.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" -o out.mlir 2>&1 | FileCheck %s --check-prefix=F32
// RUN: not tpuc-opt int8.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir 2>&1 | FileCheck %s --check-prefix=INT8
// RUN: not tpuc-opt sum.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: not ls out.mlir

// Every op without a form is named, with the reason, before anything is changed; no file is written.

// WEIGHT w f4 [2, 2, 1, 1] = 1
// WEIGHT v f4 [2] = 1
// WEIGHT k f4 [2, 2, 1, 70000] = 1
// WEIGHT big f4 [2, 70000, 1, 1] = 1

// F32: error: {{.*}}'top.Conv' op 'computed_filter' has no tpu lowering in F32 on bm1684x: 'filter' is computed by the network; only constant filters have a form
// F32: error: {{.*}}'top.Conv' op 'kernel' has no tpu lowering in F32 on bm1684x: its kernel has 70000 elements, more than bm1684x takes, 65535
// F32: error: {{.*}}'top.Conv' op 'windows' has no tpu lowering in F32 on bm1684x: its windows, laid out as rows, have 70000 elements, more than bm1684x takes, 65535
// F32: error: {{.*}}'top.BatchNorm' op 'batch_norm' has no tpu lowering in F32 on bm1684x: there is none
// F32: error: {{.*}}'top.Mul' op 'three' has no tpu lowering in F32 on bm1684x: it multiplies 3 tensors; write it as products of two
// F32: error: {{.*}}'top.Cast' op 'whole' has no tpu lowering in F32 on bm1684x: there are no int32 tensors yet
// F32: error: {{.*}}'top.Cast' op 'truth' has no tpu lowering in F32 on bm1684x: there are no bool tensors yet
// F32-NOT: error

//--- f32.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x40x40xf32>, %arg1: tensor<2x2x1x1xf32>) -> tensor<1x2x40x40xf32> {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xf32> loc("x")
    %y = "top.Input"(%arg1) : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1xf32> loc("y")
    %w = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("w")
    %v = "top.Weight"() : () -> tensor<2xf32> loc("v")
    %k = "top.Weight"() : () -> tensor<2x2x1x70000xf32> loc("k")
    %2 = "top.Conv"(%x, %y, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x40x40xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x40x40xf32> loc("computed_filter")
    %3 = "top.Conv"(%x, %k, %none) {kernel_shape = array<i64: 1, 70000>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 70000>}
      : (tensor<1x2x40x40xf32>, tensor<2x2x1x70000xf32>, none) -> tensor<1x2x40x41xf32> loc("kernel")
    %31 = "top.Conv"(%x, %k, %none) {kernel_shape = array<i64: 1, 70000>, strides = array<i64: 16, 1>, pads = array<i64: 0, 0, 0, 70000>}
      : (tensor<1x2x40x40xf32>, tensor<2x2x1x70000xf32>, none) -> tensor<1x2x3x41xf32> loc("windows")
    %4 = "top.BatchNorm"(%x, %v, %v, %v, %v) : (tensor<1x2x40x40xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
      -> tensor<1x2x40x40xf32> loc("batch_norm")
    %6 = "top.Mul"(%x, %x, %x) : (tensor<1x2x40x40xf32>, tensor<1x2x40x40xf32>, tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xf32> loc("three")
    %7 = "top.Cast"(%x) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xi32> loc("whole")
    %8 = "top.Cast"(%x) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xi1> loc("truth")
    return %x : tensor<1x2x40x40xf32>
  }
}

// Where the table lacks a row (edited by hand, here), the tensor is named.
// INT8: error: {{.*}}'x': its range is not in the calibration table; calibrate this .mlir again
// INT8: error: {{.*}}'top.Tanh' op 'tanh' has no tpu lowering in INT8 on bm1684x: its range is not in the calibration table; calibrate this .mlir again
// INT8-NOT: error

//--- int8.mlir
!s = !quant.calibrated<f32<-4.0:4.0>>
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x40x40xf32>) -> tensor<1x2x40x40x!s> {
    %x = "top.Input"(%arg) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xf32> loc("x")
    %0 = "top.Sigmoid"(%x) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40x!s> loc("sigmoid")
    %1 = "top.Tanh"(%0) : (tensor<1x2x40x40x!s>) -> tensor<1x2x40x40xf32> loc("tanh")
    return %0 : tensor<1x2x40x40x!s>
  }
}

// A sum that could leave int32 is refused: 70000 products of 127 and 255, unsigned input.
// SUM: error: {{.*}}'top.Conv' op output channel 0 can sum to 2266950000, beyond int32's 2147483647; keep this op in F32 or split its input channels

//--- sum.mlir
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x70000x1x1xf32>) -> tensor<1x2x1x1x!quant.calibrated<f32<-4.0:4.0>>> {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x70000x1x1xf32>) -> tensor<1x70000x1x1x!quant.calibrated<f32<0.0:4.0>>> loc("x")
    %w = "top.Weight"() : () -> tensor<2x70000x1x1xf32> loc("big")
    %0 = "top.Conv"(%x, %w, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x70000x1x1x!quant.calibrated<f32<0.0:4.0>>>, tensor<2x70000x1x1xf32>, none) -> tensor<1x2x1x1x!quant.calibrated<f32<-4.0:4.0>>> loc("c")
    return %0 : tensor<1x2x1x1x!quant.calibrated<f32<-4.0:4.0>>>
  }
}
