// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt int8.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" | FileCheck %s --check-prefix=INT8
// RUN: tpuc-opt f32.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" | FileCheck %s --check-prefix=F32

// Lists of indices, slopes per channel, and operands that broadcast in more than four axes.

// WEIGHT slope f4 [6, 1, 1] = 0.25
// WEIGHT column f4 [5] = 0.5
// WEIGHT pattern f4 [2, 1, 4, 1, 6] = 2

//--- int8.mlir
!s = !quant.calibrated<f32<-4.0:4.0>>
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x6x100x5xf32>) -> (tensor<1x6x100x5x!s>, tensor<1x6x100x5x!s>) {
    %slope = "top.Weight"() : () -> tensor<6x1x1xf32> loc("slope")
    %column = "top.Weight"() : () -> tensor<5xf32> loc("column")
    %x = "top.Input"(%arg) : (tensor<1x6x100x5xf32>) -> tensor<1x6x100x5x!s> loc("x")
    // INT8: "tpu.Gather"(%{{.*}}) <{axis = 1 : i64, indices = array<i64: 5, 4, 3, 2, 1, 0>}>
    %0 = "top.Gather"(%x) {axis = 1 : i64, indices = array<i64: 5, 4, 3, 2, 1, 0>} : (tensor<1x6x100x5x!s>) -> tensor<1x6x100x5x!s> loc("flip")
    // A slope for each channel is an entry of a requantisation; the larger of two lines is right below slopes of 1.
    // INT8: "tpu.PRelu"({{.*}}takes_max = true}> : ({{.*}}, tensor<1x6x1x3xi32>)
    %1 = "top.PRelu"(%0, %slope) : (tensor<1x6x100x5x!s>, tensor<6x1x1xf32>) -> tensor<1x6x100x5x!s> loc("prelu")
    // INT8: "tpu.PRelu"({{.*}}slope_multiplier{{.*}} : ({{.*}}, tensor<5x!quant.uniform<i8:f32,
    %2 = "top.PRelu"(%0, %column) : (tensor<1x6x100x5x!s>, tensor<5xf32>) -> tensor<1x6x100x5x!s> loc("prelu_column")
    return %1, %2 : tensor<1x6x100x5x!s>, tensor<1x6x100x5x!s>
  }
}

//--- f32.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<2x3x4x5x6xf32>, %arg1: tensor<100xf32>) -> (tensor<2x3x4x5x6xf32>, tensor<2x3x4x5x6xf32>, tensor<100xf32>) {
    %pattern = "top.Weight"() : () -> tensor<2x1x4x1x6xf32> loc("pattern")
    %x = "top.Input"(%arg) : (tensor<2x3x4x5x6xf32>) -> tensor<2x3x4x5x6xf32> loc("x")
    %y = "top.Input"(%arg1) : (tensor<100xf32>) -> tensor<100xf32> loc("y")
    // A constant is stored repeated; what the network computes is repeated by copies.
    // F32: "tpu.Mul"(%{{.*}}, %{{.*}}) {{.*}} : (tensor<2x3x4x5x6xf32>, tensor<2x3x4x1x6xf32>)
    %0 = "top.Mul"(%x, %pattern) : (tensor<2x3x4x5x6xf32>, tensor<2x1x4x1x6xf32>) -> tensor<2x3x4x5x6xf32> loc("constant")
    %1 = "top.Slice"(%x) {offset = array<i64: 0, 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1, 1>, ends = array<i64: 2, 1, 4, 1, 6>}
      : (tensor<2x3x4x5x6xf32>) -> tensor<2x1x4x1x6xf32> loc("part")
    // F32: "tpu.Gather"(%{{.*}}) <{axis = 1 : i64, indices = array<i64: 0, 0, 0>}>{{.*}} -> tensor<2x3x4x1x6xf32>
    // F32-NEXT: "tpu.Add"
    %2 = "top.Add"(%x, %1) : (tensor<2x3x4x5x6xf32>, tensor<2x1x4x1x6xf32>) -> tensor<2x3x4x5x6xf32> loc("computed")
    // A long reversal is one of blocks and one within them: 20 moves instead of 100.
    // F32: "tpu.Gather"(%{{.*}}) <{axis = 0 : i64, indices = array<i64: 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>}> : (tensor<10x10xf32>)
    // F32: "tpu.Gather"(%{{.*}}) <{axis = 1 : i64, indices = array<i64: 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>}> : (tensor<10x10xf32>)
    %3 = "top.Gather"(%y) {axis = 0 : i64, indices = array<i64: 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 88, 87, 86, 85, 84, 83, 82,
      81, 80, 79, 78, 77, 76, 75, 74, 73, 72, 71, 70, 69, 68, 67, 66, 65, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50,
      49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,
      17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>} : (tensor<100xf32>) -> tensor<100xf32> loc("reversed")
    return %0, %2, %3 : tensor<2x3x4x5x6xf32>, tensor<2x3x4x5x6xf32>, tensor<100xf32>
  }
}
