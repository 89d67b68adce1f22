// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt f32.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: tpuc-opt out.mlir --weight-reorder --subnet-divide --layer-group --address-assign --codegen="model_file=x.bmodel" -o /dev/null
// RUN: bmodel-tool check x.bmodel
// RUN: tpuc-opt int8.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o i.mlir && FileCheck %s --check-prefix=INT8 < i.mlir

// Steps, dilations and padding that no command holds: windows, or taps, are laid out in global memory.

// WEIGHT patch f4 [8, 3, 16, 16] = 1 2 3
// WEIGHT depth f4 [4, 1, 20, 3] = 1 2 3
// WEIGHT wide f4 [8, 3, 3, 3] = 1 2 3

//--- f32.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x3x48x64xf32>, %arg1: tensor<1x4x64x9xf32>)
      -> (tensor<1x8x3x4xf32>, tensor<1x4x3x7xf32>, tensor<1x8x48x64xf32>, tensor<1x3x3x4xf32>, tensor<1x3x64x97xf32>, tensor<1x3x1x1xf32>, tensor<1x3x2x4xf32>) {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x3x48x64xf32>) -> tensor<1x3x48x64xf32> loc("x")
    %y = "top.Input"(%arg1) : (tensor<1x4x64x9xf32>) -> tensor<1x4x64x9xf32> loc("y")
    // Patches without overlap are another shape, and pixels with all their taps as channels.
    // CHECK: %[[X:.*]] = "top.Input"{{.*}}tensor<1x3x48x64xf32>
    // CHECK: %[[B:.*]] = "tpu.Reshape"(%[[X]]) : (tensor<1x3x48x64xf32>) -> tensor<1x3x3x16x4x16xf32>
    // CHECK-NEXT: %[[P:.*]] = "tpu.Permute"(%[[B]]) <{order = array<i64: 0, 2, 4, 1, 3, 5>}>
    // CHECK-NEXT: %[[R:.*]] = "tpu.Reshape"(%[[P]]) : {{.*}} -> tensor<1x12x768x1xf32>
    // CHECK-NEXT: %[[C:.*]] = "tpu.Permute"(%[[R]]) {{.*}} -> tensor<1x768x1x12xf32>
    // CHECK: %[[M:.*]] = "tpu.Conv2D"(%[[C]], {{.*}}do_relu = true{{.*}}kernel_shape = array<i64: 1, 1>{{.*}} -> tensor<1x8x1x12xf32>
    // CHECK: "tpu.Reshape"(%[[M]]) : (tensor<1x8x1x12xf32>) -> tensor<1x8x3x4xf32>
    %f = "top.Weight"() : () -> tensor<8x3x16x16xf32> loc("patch")
    %0 = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 16, 16>, strides = array<i64: 16, 16>, pads = array<i64: 0, 0, 0, 0>, do_relu = true}
      : (tensor<1x3x48x64xf32>, tensor<8x3x16x16xf32>, none) -> tensor<1x8x3x4xf32> loc("patches")
    // Each channel by itself keeps doing so, with its windows as rows. They overlap, so parts of the input stand twice.
    // CHECK: "tpu.Concat"
    // CHECK: "tpu.Conv2D"({{.*}}group = 4 : i64, kernel_shape = array<i64: 1, 60>{{.*}}(tensor<1x4x21x60xf32>
    // CHECK: -> tensor<1x4x3x7xf32>
    %g = "top.Weight"() : () -> tensor<4x1x20x3xf32> loc("depth")
    %1 = "top.Conv"(%y, %g, %none) {kernel_shape = array<i64: 20, 3>, strides = array<i64: 17, 1>, pads = array<i64: 2, 0, 0, 0>, group = 4 : i64}
      : (tensor<1x4x64x9xf32>, tensor<4x1x20x3xf32>, none) -> tensor<1x4x3x7xf32> loc("depthwise")
    // Of nine taps 64 columns apart, those that see only padding are left out.
    // CHECK: "tpu.Conv2D"({{.*}}kernel_shape = array<i64: 3, 1>{{.*}}(tensor<1x3x3x3072xf32>
    %h = "top.Weight"() : () -> tensor<8x3x3x3xf32> loc("wide")
    %2 = "top.Conv"(%x, %h, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 18, 64, 18, 64>, dilations = array<i64: 18, 64>}
      : (tensor<1x3x48x64xf32>, tensor<8x3x3x3xf32>, none) -> tensor<1x8x48x64xf32> loc("dilated")
    // A maximum of columns, then of rows: views and pools alone.
    // CHECK: "tpu.Pool2D"({{.*}}kernel_shape = array<i64: 1, 16>
    // CHECK-NOT: tpu.Permute
    // CHECK: "tpu.Pool2D"({{.*}}kernel_shape = array<i64: 16, 1>
    %3 = "top.MaxPool"(%x) {kernel_shape = array<i64: 16, 16>, strides = array<i64: 16, 16>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x3x48x64xf32>) -> tensor<1x3x3x4xf32> loc("max")
    // Padding of a maximum is minus infinity.
    // CHECK: "tpu.Pad"({{.*}}paddings = array<i64: 0, 0, 16, 33, 0, 0, 16, 33>, val = 0xFFF0000000000000 : f64
    // CHECK: "tpu.Pool2D"({{.*}}pads = array<i64: 0, 0, 0, 0>
    %4 = "top.MaxPool"(%x) {kernel_shape = array<i64: 17, 34>, strides = array<i64: 1, 1>, pads = array<i64: 16, 33, 16, 33>}
      : (tensor<1x3x48x64xf32>) -> tensor<1x3x64x97xf32> loc("padded")
    // One window takes no step.
    // CHECK: "tpu.Pool2D"({{.*}}kernel_shape = array<i64: 48, 64>{{.*}}strides = array<i64: 1, 1>
    %5 = "top.AvgPool"(%x) {kernel_shape = array<i64: 48, 64>, strides = array<i64: 48, 64>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x3x48x64xf32>) -> tensor<1x3x1x1xf32> loc("global")
    // Divisors of a mean that differ go along the rows of windows.
    // CHECK: "tpu.Pool2D"({{.*}}kernel_shape = array<i64: 1, 1024>{{.*}}(tensor<1x3x8x1024xf32>, tensor<1x1x8x1xf32>) -> tensor<1x3x8x1xf32>
    %6 = "top.AvgPool"(%x) {kernel_shape = array<i64: 32, 32>, strides = array<i64: 32, 20>, pads = array<i64: 8, 8, 8, 20>}
      : (tensor<1x3x48x64xf32>) -> tensor<1x3x2x4xf32> loc("mean")
    return %0, %1, %2, %3, %4, %5, %6 : tensor<1x8x3x4xf32>, tensor<1x4x3x7xf32>, tensor<1x8x48x64xf32>, tensor<1x3x3x4xf32>, tensor<1x3x64x97xf32>, tensor<1x3x1x1xf32>, tensor<1x3x2x4xf32>
  }
}

//--- int8.mlir
!s = !quant.calibrated<f32<-4.0:4.0>>
module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x3x700x700xf32>) -> (tensor<1x8x43x43x!s>, tensor<1x3x1x1x!s>) {
    %none = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<1x3x700x700xf32>) -> tensor<1x3x700x700x!s> loc("x")
    // What no window reaches is cut off, and the sums are those of the filter itself: one scale for each channel.
    // INT8: "tpu.Slice"({{.*}} -> tensor<1x3x688x688x!quant.uniform
    // INT8: "tpu.Conv2D"({{.*}}tensor<1x768x1x1849x!quant.uniform{{.*}}tensor<8x768x1x1xi8>
    %f = "top.Weight"() : () -> tensor<8x3x16x16xf32> loc("patch")
    %0 = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 16, 16>, strides = array<i64: 16, 16>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x3x700x700x!s>, tensor<8x3x16x16xf32>, none) -> tensor<1x8x43x43x!s> loc("patches")
    // A mean over more than local memory holds is the sum of sums, in f32.
    // INT8: "tpu.Cast"({{.*}} -> tensor<1x3x700x700xf32>
    // INT8: "tpu.Pool2D"({{.*}}kernel_shape = array<i64: 1, 700>{{.*}}scale = 1.000000e+00
    // INT8: "tpu.Pool2D"({{.*}}kernel_shape = array<i64: 700, 1>{{.*}}scale = 2.0408
    %1 = "top.AvgPool"(%x) {kernel_shape = array<i64: 700, 700>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x3x700x700x!s>) -> tensor<1x3x1x1x!s> loc("mean")
    return %0, %1 : tensor<1x8x43x43x!s>, tensor<1x3x1x1x!s>
  }
}
