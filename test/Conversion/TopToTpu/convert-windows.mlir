// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=F32 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: tpuc-opt out.mlir --weight-reorder --subnet-divide --layer-group="lmem=32768" --address-assign --codegen="model_file=x.bmodel" -o /dev/null
// RUN: bmodel-tool check x.bmodel

// Padding stays in the window where every position of it sees some of the input, up to what a command can hold; otherwise it
// becomes an op of its own, so that any part of the result has a part of the input.

// WEIGHT f f4 [4, 2, 1, 1] = 1 2 3
// WEIGHT g f4 [4, 2, 3, 3] = 1 2 3

module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x64x64xf32>) -> (tensor<1x4x66x66xf32>, tensor<1x4x66x66xf32>, tensor<1x4x64x67xf32>, tensor<1x4x68x64xf32>) {
    %none = "top.None"() : () -> none
    // CHECK: %[[X:.*]] = "top.Input"
    %x = "top.Input"(%arg) : (tensor<1x2x64x64xf32>) -> tensor<1x2x64x64xf32> loc("x")
    %f = "top.Weight"() : () -> tensor<4x2x1x1xf32> loc("f")
    %g = "top.Weight"() : () -> tensor<4x2x3x3xf32> loc("g")
    // The corner of the result is the bias alone.
    // CHECK: %[[P:.*]] = "tpu.Pad"(%[[X]]) <{mode = "constant", paddings = array<i64: 0, 0, 1, 1, 0, 0, 1, 1>, val = 0.000000e+00 : f64}>
    // CHECK: "tpu.Conv2D"(%[[P]], {{.*}}pads = array<i64: 0, 0, 0, 0>
    %0 = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x2x64x64xf32>, tensor<4x2x1x1xf32>, none) -> tensor<1x4x66x66xf32> loc("c0")
    // Two of three taps in the padding leave one.
    // CHECK: "tpu.Conv2D"(%[[X]], {{.*}}pads = array<i64: 2, 2, 2, 2>
    %1 = "top.Conv"(%x, %g, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 2, 2, 2, 2>}
      : (tensor<1x2x64x64xf32>, tensor<4x2x3x3xf32>, none) -> tensor<1x4x66x66xf32> loc("c1")
    // CHECK: %[[Q:.*]] = "tpu.Pad"(%[[X]]) <{mode = "constant", paddings = array<i64: 0, 0, 1, 5, 0, 0, 1, 0>
    // CHECK: "tpu.Conv2D"(%[[Q]], {{.*}}pads = array<i64: 0, 0, 0, 0>
    %2 = "top.Conv"(%x, %g, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 5, 1, 0>}
      : (tensor<1x2x64x64xf32>, tensor<4x2x3x3xf32>, none) -> tensor<1x4x64x67xf32> loc("c2")
    // A dilated window reaches further.
    // CHECK: "tpu.Conv2D"(%[[X]], {{.*}}dilations = array<i64: 2, 15>{{.*}}pads = array<i64: 4, 15, 4, 15>
    %3 = "top.Conv"(%x, %g, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 4, 15, 4, 15>, dilations = array<i64: 2, 15>}
      : (tensor<1x2x64x64xf32>, tensor<4x2x3x3xf32>, none) -> tensor<1x4x68x64xf32> loc("c3")
    return %0, %1, %2, %3 : tensor<1x4x66x66xf32>, tensor<1x4x66x66xf32>, tensor<1x4x64x67xf32>, tensor<1x4x68x64xf32>
  }
}
