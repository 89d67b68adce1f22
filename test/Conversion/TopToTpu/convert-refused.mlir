// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: not tpuc-opt f32.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" -o out.mlir 2>&1 | FileCheck %s --check-prefix=F32
// RUN: not tpuc-opt int8.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir 2>&1 | FileCheck %s --check-prefix=INT8
// RUN: not tpuc-opt sum.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: not ls out.mlir

// Every op without a form is named, with the reason, before anything is changed; no file is written.

// WEIGHT w f4 [2, 2, 1, 1] = 1
// WEIGHT v f4 [2] = 1
// WEIGHT big f4 [2, 70000, 1, 1] = 1

// F32: error: {{.*}}'top.Sigmoid' op 'sigmoid' has no tpu lowering in F32 on bm1684x: it has no F32 form on bm1684x yet; INT8 has
// F32: error: {{.*}}'top.Concat' op 'concat' has no tpu lowering in F32 on bm1684x: a relu is fused into it, which F32 does not have
// F32: error: {{.*}}'top.Conv' op 'computed_filter' has no tpu lowering in F32 on bm1684x: 'filter' is computed by the network; only constant filters have a form
// F32: error: {{.*}}'top.Conv' op 'stride' has no tpu lowering in F32 on bm1684x: stride 16 is more than bm1684x takes, 15
// F32: error: {{.*}}'top.BatchNorm' op 'batch_norm' has no tpu lowering in F32 on bm1684x: there is none
// F32: error: {{.*}}'top.Mul' op 'three' has no tpu lowering in F32 on bm1684x: it multiplies 3 tensors; write it as products of two
// F32: error: {{.*}}'top.MatMul' op 'batch' has no tpu lowering in F32 on bm1684x: batch dimensions of 'input' and 'right' differ
// F32-NOT: error

//--- f32.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x40x40xf32>, %arg1: tensor<2x2x1x1xf32>) -> tensor<1x2x40x40xf32> {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xf32> loc("x")
    %y = "top.Input"(%arg1) : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1xf32> loc("y")
    %w = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("w")
    %v = "top.Weight"() : () -> tensor<2xf32> loc("v")
    %0 = "top.Sigmoid"(%x) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xf32> loc("sigmoid")
    %1 = "top.Concat"(%x, %x) {axis = 0 : i64, do_relu = true} : (tensor<1x2x40x40xf32>, tensor<1x2x40x40xf32>) -> tensor<2x2x40x40xf32> loc("concat")
    %2 = "top.Conv"(%x, %y, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x40x40xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x40x40xf32> loc("computed_filter")
    %3 = "top.Conv"(%x, %w, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 16, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x40x40xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x3x40xf32> loc("stride")
    %4 = "top.BatchNorm"(%x, %v, %v, %v, %v) : (tensor<1x2x40x40xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
      -> tensor<1x2x40x40xf32> loc("batch_norm")
    %6 = "top.Mul"(%x, %x, %x) : (tensor<1x2x40x40xf32>, tensor<1x2x40x40xf32>, tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xf32> loc("three")
    %9 = "top.Reshape"(%x) {shape = array<i64: 4, 1, 20, 40>} : (tensor<1x2x40x40xf32>) -> tensor<4x1x20x40xf32> loc("r9")
    %10 = "top.Reshape"(%x) {shape = array<i64: 2, 40, 40>} : (tensor<1x2x40x40xf32>) -> tensor<2x40x40xf32> loc("r10")
    %11 = "top.MatMul"(%9, %10, %none) : (tensor<4x1x20x40xf32>, tensor<2x40x40xf32>, none) -> tensor<4x2x20x40xf32> loc("batch")
    return %x : tensor<1x2x40x40xf32>
  }
}

// Where the table lacks a row (edited by hand, here), the tensor is named.
// INT8: error: {{.*}}'x': its range is not in the calibration table; calibrate this .mlir again
// INT8: error: {{.*}}'top.Tanh' op 'tanh' has no tpu lowering in INT8 on bm1684x: its range is not in the calibration table; calibrate this .mlir again
// INT8: error: {{.*}}'top.Conv' op 'dilation' has no tpu lowering in INT8 on bm1684x: dilation 16 is more than bm1684x takes, 15
// INT8: error: {{.*}}'top.MaxPool' op 'pool' has no tpu lowering in INT8 on bm1684x: padding 16 is more than bm1684x takes, 15
// INT8-NOT: error

//--- int8.mlir
!s = !quant.calibrated<f32<-4.0:4.0>>
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x40x40xf32>) -> tensor<1x2x40x40x!s> {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40xf32> loc("x")
    %w = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("w")
    %0 = "top.Sigmoid"(%x) : (tensor<1x2x40x40xf32>) -> tensor<1x2x40x40x!s> loc("sigmoid")
    %1 = "top.Tanh"(%0) : (tensor<1x2x40x40x!s>) -> tensor<1x2x40x40xf32> loc("tanh")
    %2 = "top.Conv"(%0, %w, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 16, 1>}
      : (tensor<1x2x40x40x!s>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x40x40x!s> loc("dilation")
    %3 = "top.MaxPool"(%0) {kernel_shape = array<i64: 17, 17>, strides = array<i64: 1, 1>, pads = array<i64: 16, 0, 0, 0>}
      : (tensor<1x2x40x40x!s>) -> tensor<1x2x40x24x!s> loc("pool")
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
