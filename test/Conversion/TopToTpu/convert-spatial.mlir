// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=F16 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir

// Transposed and three-dimensional windows are convolutions in the mode's own format of operands that were laid out;
// interpolation is a product with a constant matrix in f32.

// WEIGHT w f4 [2, 3, 2, 2] = 1 2 3 4
// WEIGHT v f4 [3, 2, 2, 1, 1] = 1 2 3

module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x5xf32>, %arg1: tensor<1x2x4x5x6xf32>)
      -> (tensor<1x3x8x10xf32>, tensor<1x3x3x5x6xf32>, tensor<1x2x4x10xf32>) {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5xf32> loc("x")
    %y = "top.Input"(%arg1) : (tensor<1x2x4x5x6xf32>) -> tensor<1x2x4x5x6xf32> loc("y")
    %w = "top.Weight"() : () -> tensor<2x3x2x2xf32> loc("w")
    %v = "top.Weight"() : () -> tensor<3x2x2x1x1xf32> loc("v")
    // CHECK: %[[BLOCKS:.*]] = "tpu.Pad"(%{{.*}}paddings = array<i64: 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1>{{.*}} -> tensor<1x2x4x2x5x2xf16>
    // CHECK: %[[SPREAD:.*]] = "tpu.Reshape"(%[[BLOCKS]]) {{.*}} -> tensor<1x2x8x10xf16>
    // CHECK: "tpu.Conv2D"(%[[SPREAD]], {{.*}}pads = array<i64: 1, 1, 0, 0>{{.*}}strides = array<i64: 1, 1>{{.*}} -> tensor<1x3x8x10xf16>
    %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x5xf32>, tensor<2x3x2x2xf32>, none) -> tensor<1x3x8x10xf32> loc("deconv")
    // CHECK: "tpu.Conv2D"({{.*}} : (tensor<3x4x5x6xf16>, tensor<3x4x1x1xf16>, none, none) -> tensor<3x3x5x6xf16>
    %1 = "top.Conv3D"(%y, %v, %none) {kernel_shape = array<i64: 2, 1, 1>, strides = array<i64: 1, 1, 1>, pads = array<i64: 0, 0, 0, 0, 0, 0>}
      : (tensor<1x2x4x5x6xf32>, tensor<3x2x2x1x1xf32>, none) -> tensor<1x3x3x5x6xf32> loc("conv3d")
    // CHECK: "tpu.MatMul"({{.*}}weight_form{{.*}} : (tensor<8x1x5xf32>, tensor<10x5x1x1xf32>, none, none) -> tensor<8x1x10xf32>
    %2 = "top.Interp"(%x) {sizes = array<i64: 1, 2, 4, 10>, scales = array<f64: 1.0, 1.0, 1.0, 2.0>}
      : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x10xf32> loc("interp")
    return %0, %1, %2 : tensor<1x3x8x10xf32>, tensor<1x3x3x5x6xf32>, tensor<1x2x4x10xf32>
  }
}
